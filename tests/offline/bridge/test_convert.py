from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offline.bridge.assets import Asset
from offline.bridge.convert import MismatchError, ToPulumi, ToTerraform, unjson
from offline.bridge.cty import UNKNOWN
from offline.bridge.schema import Block
from offline.bridge.wire import Secret
from offline.names import Names
from tests.offline import schemas
from tests.offline.schemas import load_block

BLOCK = load_block(
    {
        "name": ["string", "required"],
        "password": ["string", "optional sensitive"],
        "sizes": [["list", "number"], "optional"],
        "only": [["list", ["object", {"deep_value": "string"}]], "optional"],
        "labels": [["map", "string"], "optional"],
        "box": {"nesting": 2, "min": 0, "max": 1, "fields": {"a_b": ["bool", "optional"]}},
        "item": {"nesting": 3, "min": 0, "max": 0, "fields": {"key": ["string", "required"]}},
    }
)
NAMES = Names(terraform="x", renamed={"item": "items"}, single=frozenset({"only", "box"}))


def convert(given: dict[str, Any], tmp_path: Path, block: Block = BLOCK) -> tuple[Any, list[str]]:
    conversion = ToTerraform(NAMES, tmp_path)
    return conversion.block(block, given), conversion.unused


def test_every_field_is_there(tmp_path: Path) -> None:
    assert convert({}, tmp_path) == (
        {"name": None, "password": None, "sizes": None, "only": None, "labels": None, "box": [], "item": []},
        [],
    )


def test_single_things_become_lists_and_back(tmp_path: Path) -> None:
    given = {"only": {"deepValue": "x"}, "box": {"aB": True}, "items": [{"key": "k"}]}
    config, _ = convert(given, tmp_path)
    assert (config["only"], config["box"], config["item"]) == ([{"deep_value": "x"}], [{"a_b": True}], [{"key": "k"}])
    assert ToPulumi(NAMES).block(BLOCK, config) == given


def test_unknown_values_keep_their_place(tmp_path: Path) -> None:
    config, _ = convert({"only": UNKNOWN, "sizes": UNKNOWN, "box": UNKNOWN, "items": [UNKNOWN]}, tmp_path)
    assert (config["only"], config["sizes"], config["box"], config["item"]) == ([UNKNOWN], UNKNOWN, UNKNOWN, [UNKNOWN])


def test_what_has_no_place_is_named_with_its_path(tmp_path: Path) -> None:
    _, unused = convert({"nam": 1, "only": {"deap": 2}, "items": [{"key": "k", "kee": 1}]}, tmp_path)
    assert unused == ["only.deap", "items[0].kee", "nam"]


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        ({"sizes": ["a"]}, "sizes[0]", "a number is needed, got 'a'"),
        ({"sizes": 3}, "sizes", "a list is needed, got 3"),
        ({"labels": "x"}, "labels", "a map is needed, got 'x'"),
        ({"only": "x"}, "only", "an object is needed, got 'x'"),
        ({"items": ["x"]}, "items[0]", "an object is needed, got 'x'"),
        ({"box": {"aB": "maybe"}}, "box.aB", "a bool is needed, got 'maybe'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(given: dict[str, Any], where: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(MismatchError) as refused:
        convert(given, tmp_path)
    assert (refused.value.property, refused.value.reason) == (where, why)


def test_an_asset_becomes_a_file(tmp_path: Path) -> None:
    config, _ = convert({"name": Asset({"hash": "abc", "text": "x"})}, tmp_path)
    assert config["name"] == "abc"


def test_what_is_sensitive_is_marked_unless_it_is_unknown() -> None:
    assert ToPulumi(NAMES).block(BLOCK, {"password": "p"}) == {"password": Secret("p")}
    assert ToPulumi(NAMES, mark=False).block(BLOCK, {"password": "p"}) == {"password": "p"}
    assert ToPulumi(NAMES).block(BLOCK, {"password": UNKNOWN}) == {"password": UNKNOWN}


def test_the_providers_settings_come_as_json_and_are_read_by_type() -> None:
    block = schemas.load("provider", "aws").block
    named = Names(terraform="aws", renamed={"allowed_account_ids": "allowedAccountIds"})
    given = {
        "region": "[not json]",
        "allowedAccountIds": '["111122223333"]',
        "s3UsePathStyle": "true",
        "defaultTags": {"tags": {}},
    }
    assert unjson(block, given, named) == {
        "region": "[not json]",
        "allowedAccountIds": ["111122223333"],
        "s3UsePathStyle": True,
        "defaultTags": {"tags": {}},
    }


def test_a_setting_that_is_no_json_is_refused() -> None:
    with pytest.raises(MismatchError, match="JSON is needed"):
        unjson(schemas.load("provider", "aws").block, {"endpoints": "[{"}, Names(terraform="aws"))
