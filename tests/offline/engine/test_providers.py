from __future__ import annotations

import json
from pathlib import Path

import pytest

from offline.engine.cache import Cache
from offline.engine.parts import AWS, GITHUB
from offline.engine.providers import behind, binary
from offline.errors import OfflineError


def noted(cache: Cache, part: object, path: Path) -> None:
    folder = cache.part(part)  # type: ignore[arg-type]
    folder.mkdir(parents=True)
    (folder / "part.json").write_text(json.dumps({"path": str(path)}))


def test_a_provider_that_was_found_is_taken_from_where_it_was(tmp_path: Path) -> None:
    found = tmp_path / "terraform-provider-aws_v5"
    found.touch()
    noted(Cache(tmp_path), AWS, found)
    assert binary(AWS, Cache(tmp_path)) == found


def test_a_provider_that_is_built_lies_in_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    noted(cache, GITHUB, tmp_path)
    built = cache.part(GITHUB) / "bin" / "terraform-provider-github"
    built.parent.mkdir()
    built.touch()
    assert binary(GITHUB, cache) == built


def test_one_that_is_not_built_yet_says_how(tmp_path: Path) -> None:
    with pytest.raises(OfflineError) as told:
        binary(GITHUB, Cache(tmp_path))
    assert told.value.what == f"github {GITHUB.version} is not built yet."
    assert told.value.fix == "`./slipway toolchain install --parts github`."


def test_a_package_without_a_bridge_is_told() -> None:
    assert behind("github") is GITHUB
    with pytest.raises(OfflineError, match="there is no bridge for the package gcp"):
        behind("gcp")
