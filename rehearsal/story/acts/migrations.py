"""Releases that change the database: one that does, one that fails to, and the way back over the schema."""

from __future__ import annotations

import time

from rehearsal.errors import RehearsalError
from rehearsal.story.notes import ReleaseNote
from rehearsal.story.play import Play

WHY = "A release brings its schema: before any traffic, with the new image, once. One that cannot moves nothing."
REASON = "rehearsal: the new notes confuse customers"


def play(play: Play) -> None:
    """Bring a migration, see one fail, and go back with the schema."""
    play.forward()
    before, schema = play.serving, _schema(play)

    update, note = play.release(21, play.change(6), "brings a migration")
    play.expect_success(update, note)
    play.prove(note.version)
    newer = _schema(play)
    if newer == schema:
        raise RehearsalError(f"the schema should have moved on from {schema}.", f"its log is {update.done.log}.")
    play.console.good(f"the database went from schema {schema} to {newer} before {note.version} had a user")

    version = play.change(7)
    update, failed = play.release(22, version, "its migration fails")
    play.expect_failure(update, failed)
    if failed.result != "refused":
        raise RehearsalError(
            f"{version} should have been refused, not {failed.result}.", f"its log is {update.done.log}."
        )
    play.prove(play.serving)
    play.stage.application.revert()

    note = ReleaseNote(23, before, "back, with the schema", "back with the schema", time.time())
    play.rollback(note, REASON, "--downgrade")
    if _schema(play) != schema:
        raise RehearsalError(
            f"the way back should have brought schema {schema}, and the database is at {_schema(play)}.",
            f"the logs are in {play.stage.home.logs}.",
        )
    play.console.good(f"{before} serves again, on schema {schema}")


def _schema(play: Play) -> str:
    """Return what the database is at: what the newest record that names it says."""
    service = play.stage.project.service
    found = next((one["schemas"][service] for one in play.records() if service in one.get("schemas", {})), None)
    return str(found["revision"]) if found else "none"
