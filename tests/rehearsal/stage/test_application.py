"""Every change of the story applies to the example, and has the bug that it is told to have, and no other."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.stage.application import Application, change
from rehearsal.stage.workspace import CHECKOUT

pytestmark = pytest.mark.process

EXAMPLE = CHECKOUT / "example" / "backend"


@pytest.fixture
def application(tmp_path: Path) -> Application:
    made = Application(tmp_path / "app")
    made.begin(EXAMPLE, "1.0.0")
    return made


@contextmanager
def loaded(application: Application, name: str) -> Iterator[ModuleType]:
    """The application's own code, as it stands in its folder."""
    before = {key for key in sys.modules if key.split(".")[0] == "service"}
    assert not before
    sys.path.insert(0, str(application.folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(f"service.{name}")
    finally:
        sys.path.remove(str(application.folder))
        for key in [key for key in sys.modules if key.split(".")[0] == "service"]:
            del sys.modules[key]


def history(application: Application) -> list[str]:
    return [line for line in git(application, "log", "--format=%s").splitlines() if line]


def git(application: Application, *words: str) -> str:
    import subprocess

    done = subprocess.run(["git", *words], cwd=application.folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_first_release_is_the_example(application: Application) -> None:
    assert git(application, "describe", "--tags") == "v1.0.0"
    assert (application.folder / "Dockerfile").read_text() == (EXAMPLE / "Dockerfile").read_text()
    assert git(application, "status", "--porcelain") == ""


def test_releases_follow_each_other_as_in_the_story(application: Application) -> None:
    assert application.release(change(2)) == "1.1.0"
    for number, version in ((3, "1.2.0"), (4, "1.2.1"), (5, "1.3.0")):
        assert application.release(change(number)) == version
        assert git(application, "describe", "--tags") == f"v{version}"
        application.revert()
        assert (application.folder / "VERSION").read_text() == "1.1.0\n"
    assert history(application)[-3:] == ["Greet in the visitor's language", "Greet more warmly", "The first release"]


def page(module: ModuleType, target: str) -> Any:
    return module.Shop("x").page(target)


def test_release_2_is_good(application: Application) -> None:
    application.release(change(2))
    with loaded(application, "pages") as pages:
        assert page(pages, "/").content["greeting"] == "Welcome to the shop, world!"
        assert page(pages, "/health").status == 200


def test_release_3_is_healthy_and_fails_its_users(application: Application) -> None:
    application.release(change(2))
    application.release(change(3))
    with loaded(application, "pages") as pages:
        assert page(pages, "/health").status == 200
        assert page(pages, "/version").status == 200
        assert page(pages, "/?lang=de").content["greeting"] == "Willkommen im Laden, world!"
        with pytest.raises(KeyError):
            page(pages, "/")


def test_release_4_never_becomes_healthy(application: Application) -> None:
    application.release(change(2))
    application.release(change(4))
    text = (application.folder / "service" / "__main__.py").read_text()
    assert 'stock = Dependency("stock-cache", "127.0.0.1", 6379)' in text
    with loaded(application, "pages") as pages, loaded_beside("dependencies") as dependencies:
        shop = pages.Shop("x", [dependencies.Dependency("stock-cache", "127.0.0.1", 1)])
        assert shop.page("/health").status == 503
        assert shop.page("/").status == 200


@contextmanager
def loaded_beside(name: str) -> Iterator[ModuleType]:
    yield importlib.import_module(f"service.{name}")


def test_release_5_is_slow_only_under_traffic_and_stays_below_the_limit(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.release(change(2))
    application.release(change(5))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with loaded(application, "pages") as pages:
        shop = pages.Shop("x")
        assert shop.page("/health").status == 200
        assert slept == []
        for _ in range(40):
            assert shop.page("/").status == 200
    # Three checks are quick; real traffic is slower than the alarm's second, and faster than a user's two.
    assert max(slept[:3]) < 0.5
    assert min(slept[10:]) > 1.2
    assert max(slept) < 1.6


def test_release_6_brings_a_migration_and_code_for_either_schema(application: Application) -> None:
    application.release(change(2))
    for number in (3, 4, 5):
        application.release(change(number))
        application.revert()
    assert application.release(change(6)) == "1.4.0"
    assert git(application, "describe", "--tags") == "v1.4.0"
    assert git(application, "status", "--porcelain") == ""
    with loaded(application, "stores") as stores, loaded_beside("revisions") as revisions:
        assert [revision.number for revision in revisions.known()] == ["0001", "0002", "0003", "0004"]
        before = {"id": 1, "body": "one", "written_at": "now"}
        assert stores._note(before)["pinned"] is False
        rows = [[before], [{**before, "body": "two", "pinned": True}]]
        connection = SimpleNamespace(run=lambda _sql: rows, close=lambda: None)
        database = stores.Database("url", lambda *_: connection)
        assert [note["body"] for note in database.notes()] == ["two", "one"]


@pytest.mark.parametrize("earlier", [(), (2,), (2, 6)])
def test_release_7_brings_a_migration_that_fails_after_any_release(
    application: Application, earlier: tuple[int, ...]
) -> None:
    for number in earlier:
        application.release(change(number))
    assert application.release(change(7)) == f"1.{len(earlier) + 1}.0"
    with loaded(application, "revisions") as revisions:
        last = revisions.known()[-1]
        assert str(last) == "0005 name_authors"
        # The first statement would go well: what it makes must go when the second one fails.
        assert [line.split(" ")[:2] for line in last.up.splitlines()] == [["CREATE", "TABLE"], ["ALTER", "TABLE"]]


def test_each_change_tells_what_it_is() -> None:
    for number in (2, 3, 4, 5, 6, 7):
        assert change(number).subject
        assert change(number).story.endswith(".")
    assert change(3).story.startswith("The bug: ")


def test_an_application_that_is_not_the_example(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    (source / ".venv").mkdir(parents=True)
    (source / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    made = Application(tmp_path / "copy")
    made.begin(source, "1.0.0")
    assert not (made.folder / ".venv").exists()
    assert made.touch("1.1.0") == "1.1.0"
    assert git(made, "describe", "--tags") == "v1.1.0"
    assert 'LABEL slipway.rehearsal.version="1.1.0"' in (made.folder / "Dockerfile").read_text()
    assert "LABEL" not in (source / "Dockerfile").read_text()


def test_an_application_without_a_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="has no Dockerfile"):
        Application(tmp_path / "copy").begin(tmp_path, "1.0.0")
