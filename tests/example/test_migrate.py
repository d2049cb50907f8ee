"""Migrations go up and down in order, each whole or not at all, and say at the end where the database is."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from example.backend.service import migrate
from example.backend.service.revisions import Revision, known

FOUR = ["0001", "0002", "0003", "0004"]
URL = {"DATABASE_URL": "postgresql://shop:topsecret@db/shop"}


class Database:
    """A database that knows transactions, the table of revisions, and words: `+word`, `-word`, `fail`."""

    def __init__(self, *revisions: str) -> None:
        self.revisions: list[str] = list(revisions)
        self.words: list[str] = []
        self.ran: list[str] = []
        self.closed = False
        self.before: tuple[list[str], list[str]] = ([], [])

    def run(self, sql: str, **values: Any) -> list[list[Any]] | None:
        self.ran.append(sql)
        if sql == "BEGIN":
            self.before = copy.deepcopy((self.revisions, self.words))
        elif sql == "ROLLBACK":
            self.revisions, self.words = self.before
        elif sql.startswith("SELECT revision"):
            return [[number] for number in sorted(self.revisions)]
        elif sql.startswith("INSERT INTO schema_revisions"):
            self.revisions.append(values["number"])
        elif sql.startswith("DELETE FROM schema_revisions"):
            self.revisions.remove(values["number"])
        for mark, word in re.findall(r"^([+-])(\w+)$", sql, re.MULTILINE):
            self.words.append(word) if mark == "+" else self.words.remove(word)
        if "fail" in sql:
            raise RuntimeError({"C": "42703", "M": 'column "author" does not exist'})
        return None

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number in FOUR:
        (tmp_path / f"{number}_step.sql").write_text(f"-- why\n\n-- up\n+w{number}\n-- down\n-w{number}\n")
    monkeypatch.setattr(migrate, "known", lambda: known(tmp_path))
    return tmp_path


def run(database: Database, *words: str) -> int:
    return migrate.main(words, URL, lambda _url: database)


def last(output: str) -> Any:
    return json.loads(output.splitlines()[-1])["schema"]


def test_up_applies_what_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database("0001", "0002")
    assert run(database, "up") == 0
    assert (database.revisions, database.words) == (FOUR, ["w0003", "w0004"])
    said = capsys.readouterr().out
    assert said.splitlines()[:2] == ["0003 step: applied", "0004 step: applied"]
    assert last(said) == {"revision": "0004", "known": FOUR}
    assert database.closed


def test_up_again_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(*FOUR)
    assert run(database, "up") == 0
    assert "BEGIN" not in database.ran
    assert last(capsys.readouterr().out) == {"revision": "0004", "known": FOUR}


def test_an_older_image_leaves_a_newer_database_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(*FOUR, "0005")
    assert run(database, "up") == 0
    assert last(capsys.readouterr().out) == {"revision": "0005", "known": FOUR}


@pytest.mark.parametrize(("target", "left"), [("0002", ["0001", "0002"]), ("0004", FOUR), ("0000", [])])
def test_down_undoes_the_last_ones_first(
    folder: Path, capsys: pytest.CaptureFixture[str], target: str, left: list[str]
) -> None:
    database = Database()
    run(database, "up")
    capsys.readouterr()
    assert run(database, "down", target) == 0
    assert (database.revisions, database.words) == (left, [f"w{number}" for number in left])
    said = capsys.readouterr().out
    assert said.splitlines()[:-1] == [f"{number} step: undone" for number in reversed(FOUR[len(left) :])]
    assert last(said)["revision"] == "".join(left[-1:])


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("0009", "there is no revision 0009; this image knows 0001, 0002, 0003, 0004."),
        ("0003", "revision 0005 is not known to this image, so it cannot undo it; run this with the image that"),
    ],
)
def test_down_touches_nothing_where_it_does_not_know_the_way(
    folder: Path, capsys: pytest.CaptureFixture[str], target: str, says: str
) -> None:
    database = Database(*FOUR, "0005")
    assert run(database, "down", target) == 1
    assert database.revisions == [*FOUR, "0005"]
    said = capsys.readouterr()
    assert says in said.err
    assert last(said.out)["revision"] == "0005"


def test_a_revision_that_fails_leaves_nothing_and_says_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "0003_step.sql").write_text("-- up\n+authors\nfail\n-- down\n")
    database = Database()
    assert run(database, "up") == 1
    assert (database.revisions, database.words) == (["0001", "0002"], ["w0001", "w0002"])
    said = capsys.readouterr()
    assert said.err == ('Error: revision 0003 step failed: column "author" does not exist. Nothing of it was kept.\n')
    assert last(said.out) == {"revision": "0002", "known": FOUR}
    assert database.closed


def test_the_lock_is_taken_before_anything_is_read(folder: Path) -> None:
    database = Database()
    run(database, "up")
    order = [sql.split("(")[0] for sql in database.ran]
    assert order.index("SELECT pg_advisory_lock") < order.index("CREATE TABLE IF NOT EXISTS schema_revisions ")


def test_no_database_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert migrate.main(["up"], {}) == 2
    assert capsys.readouterr().err == "Error: DATABASE_URL is not set, so there is no database to migrate.\n"


def test_a_database_that_is_away_is_told_without_its_url(capsys: pytest.CaptureFixture[str]) -> None:
    def away(_url: str) -> Any:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise RuntimeError(f"no connection with {_url}") from error

    assert migrate.main(["up"], URL, away) == 1
    assert capsys.readouterr().err == "Error: the migration did not begin: Connection refused.\n"


def test_the_shop_has_its_revisions_and_a_way_back_from_each() -> None:
    shipped = known()
    assert [str(revision) for revision in shipped] == ["0001 create_notes", "0002 add_body", "0003 drop_text"]
    assert all(revision.up and revision.down for revision in shipped)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("0005.sql", "-- up\n-- down\n"),
        ("five_x.sql", "-- up\n-- down\n"),
        ("0000_x.sql", "-- up\n-- down\n"),
        ("0005_x.sql", "-- up\nSELECT 1;\n"),
        ("0005_x.sql", "SELECT 1;\n"),
    ],
)
def test_a_file_that_is_no_revision_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=rf"{name}: expected 0001_name\.sql with"):
        Revision.read(tmp_path / name)


def test_an_image_without_its_revisions_does_not_pass_for_done(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.iterdir():
        path.unlink()
    database = Database("0001")
    assert run(database, "up") == 1
    assert capsys.readouterr().err == f"Error: the migration did not begin: there are no revisions in {folder}.\n"


def test_two_revisions_with_one_number_are_refused(folder: Path) -> None:
    (folder / "0002_other.sql").write_text("-- up\n-- down\n")
    with pytest.raises(ValueError, match="two revisions are called 0002"):
        known(folder)
