"""Brings the database's schema to where this image wants it: `python3 -m service.migrate up`, or `down REVISION`.

`up` applies what is missing; `down 0002` undoes every revision after 0002, the last one first, and `down 0000` all of
them. Each revision runs in a transaction of its own together with its row in `schema_revisions`: it is there whole, or
not at all. An advisory lock keeps a second migration waiting until the first one is done. The database is
DATABASE_URL's.

The last line on standard output is `{"schema": {"revision": "0003", "known": ["0001", "0002", "0003"]}}`: where the
database is afterwards (empty where nothing is applied), and what this image knows. Exit 0: all of it was done, or there
was nothing to do; 1: something failed, and standard error says what; 2: it was called in a wrong way.

Expand and contract. A migration runs while the release before it serves, and the way back must stay open, so the code
of each release works with the schema before its own migration and after it. A change that would break this is made in
two releases: one expands (adds what is new beside what is old, and fills it), the next one contracts (takes away what
nobody reads any more). `0002` and `0003` are such a pair.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import postgres
from .revisions import NOTHING, Revision, known

#: The advisory lock of this service's migrations: any number that no other user of the database takes.
LOCK = 7_305_808_869
#: How long to wait for another migration to end.
LOCK_PATIENCE = "120s"
#: How long a revision may wait for a table. Whoever reads the table waits behind it, users too.
TABLE_PATIENCE = "5s"

_TABLE = """CREATE TABLE IF NOT EXISTS schema_revisions (
    revision text PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)"""


class MigrationError(Exception):
    """A migration cannot be made, or failed; its text says why, and where the database is now."""


@dataclass(frozen=True)
class Schema:
    """The schema of a database, as this image can change it. Made by `locked`, which holds the lock."""

    connection: postgres.Connection
    revisions: Sequence[Revision]

    def applied(self) -> list[str]:
        """Return the revisions that the database has, in order."""
        return [row[0] for row in self.connection.run("SELECT revision FROM schema_revisions ORDER BY revision") or []]

    def told(self) -> str:
        """Return where the database is, as the last line tells it."""
        numbers = [revision.number for revision in self.revisions]
        return json.dumps({"schema": {"revision": ["", *self.applied()][-1], "known": numbers}})

    def up(self) -> None:
        """Apply what the database does not have; one that is ahead of this image stays as it is."""
        applied = set(self.applied())
        for revision in self.revisions:
            if revision.number not in applied:
                self._step(
                    f"{revision}: applied",
                    revision,
                    revision.up,
                    "INSERT INTO schema_revisions (revision, name) VALUES (:number, :name)",
                    {"number": revision.number, "name": revision.name},
                )

    def down(self, target: str) -> None:
        """Undo what came after `target`; raise MigrationError, touching nothing, where this image does not know how."""
        ours = {revision.number: revision for revision in self.revisions}
        undone = [number for number in reversed(self.applied()) if number > target]
        if target not in (NOTHING, *ours):
            raise MigrationError(f"there is no revision {target}; this image knows {', '.join(ours) or 'none'}.")
        if strange := [number for number in undone if number not in ours]:
            raise MigrationError(
                f"revision {', '.join(strange)} is not known to this image, so it cannot undo it; "
                "run this with the image that brought it."
            )
        for number in undone:
            revision = ours[number]
            self._step(
                f"{revision}: undone",
                revision,
                revision.down,
                "DELETE FROM schema_revisions WHERE revision = :number",
                {"number": number},
            )

    def _step(self, done: str, revision: Revision, sql: str, note: str, values: Mapping[str, str]) -> None:
        """Run one script and note it, both or neither."""
        run = self.connection.run
        run("BEGIN")
        try:
            if sql:
                run(sql)
            run(note, **values)
            run("COMMIT")
        except Exception as error:
            with contextlib.suppress(Exception):
                run("ROLLBACK")
            raise MigrationError(
                f"revision {revision} failed: {postgres.told(error)}. Nothing of it was kept."
            ) from error
        print(done, flush=True)


@contextlib.contextmanager
def locked(connection: postgres.Connection, revisions: Sequence[Revision]) -> Iterator[Schema]:
    """Hold the lock, and the table of revisions ready; closing the connection lets go of the lock."""
    try:
        connection.run(f"SET lock_timeout = '{LOCK_PATIENCE}'")
        connection.run("SELECT pg_advisory_lock(:key)", key=LOCK)
        connection.run(f"SET lock_timeout = '{TABLE_PATIENCE}'")
        connection.run("SET client_min_messages = warning")
        connection.run(_TABLE)
        yield Schema(connection, revisions)
    finally:
        with contextlib.suppress(Exception):
            connection.close()


def main(
    words: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    connect: Callable[[str], postgres.Connection] = postgres.connect,
) -> int:
    """Do what the words say; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m service.migrate", description="Brings the database's schema to where this image wants it."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="apply every revision that the database does not have")
    verbs.add_parser("down", help="undo every revision after this one").add_argument("revision")
    asked = parser.parse_args(words)
    url = environment.get("DATABASE_URL", "")
    if not url:
        return _fail("DATABASE_URL is not set, so there is no database to migrate.", 2)
    try:
        revisions, connection = known(), connect(url)
    except Exception as error:
        return _fail(f"the migration did not begin: {postgres.told(error)}.")
    try:
        with locked(connection, revisions) as schema:
            try:
                schema.up() if asked.verb == "up" else schema.down(asked.revision)
            finally:
                print(schema.told(), flush=True)
    except MigrationError as error:
        return _fail(str(error))
    except Exception as error:
        return _fail(f"the migration stopped: {postgres.told(error)}.")
    return 0


def _fail(what: str, code: int = 1) -> int:
    print(f"Error: {what}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
