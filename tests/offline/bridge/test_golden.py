from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offline import names
from offline.bridge import cty
from offline.bridge.convert import ToPulumi, ToTerraform
from tests.offline import schemas
from tests.offline.bridge import golden, golden_github
from tests.offline.bridge.golden import Golden

CASES = {"aws": golden.CASES, "github": golden_github.CASES}


def sparse(value: Any) -> Any:
    """Drop what is null or empty: fields that the program did not speak of."""
    if isinstance(value, dict):
        return {name: one for name, inner in value.items() if (one := sparse(inner)) not in (None, [], {})}
    return [sparse(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", [case for cases in CASES.values() for case in cases], ids=lambda case: case.token)
def test_inputs_become_the_configuration_and_come_back(case: Golden, tmp_path: Path) -> None:
    named = names.load(case.token.partition(":")[0]).resource(case.token)
    block = schemas.load("resources", named.terraform).block
    conversion = ToTerraform(named, tmp_path)

    config = conversion.block(block, case.inputs)

    assert sparse(config) == case.config
    assert conversion.unused == []
    assert sparse(ToPulumi(named).block(block, cty.decode(cty.encode(config)))) == (case.shown or case.inputs)


@pytest.mark.parametrize("package", CASES)
def test_every_type_of_the_table_has_a_golden_conversion(package: str) -> None:
    assert [case.token for case in CASES[package]] == sorted(names.load(package).raw["resources"])
