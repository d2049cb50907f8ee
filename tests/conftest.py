"""What all tests share: how hard property tests try, what the garbage collector need not walk, AWS's models."""

from __future__ import annotations

import functools
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import botocore.loaders
import pytest

from tests import examples

examples.load()

# What is loaded while tests are collected stays: the collector need not walk it then, nor later. With the AWS SDK in
# memory one of its rounds takes a tenth of a second.
gc.disable()


#: What `./slipway test --unit` leaves out. pytest's own `--ignore` goes through all of it for every file there is.
LEFT_OUT = frozenset(os.environ.get("SLIPWAY_TESTS_LEFT_OUT", "").split(os.pathsep))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what is not asked for; pytest decides about all else."""
    return str(collection_path) in LEFT_OUT or None


def pytest_collection_finish() -> None:
    """Let the collector look after what tests make, and after nothing else."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """Share what botocore reads of AWS's models: megabytes of JSON, else for every session anew."""
    with patch("botocore.session.create_loader", functools.cache(botocore.loaders.create_loader)):
        yield


@pytest.fixture(scope="session", autouse=True)
def git_is_asked_where_it_is() -> Iterator[None]:
    """Start no git for the version of a project that is in no repository, as most in a temporary folder are."""
    version = sys.modules.get("settings.version")
    if version is None:
        yield
        return
    ask = version._git

    def asked(folder: Path, *words: str) -> str:
        here = folder.resolve()
        return ask(folder, *words) if any((one / ".git").exists() for one in (here, *here.parents)) else ""

    with patch.object(version, "_git", asked):
        yield
