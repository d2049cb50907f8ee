"""Where the service keeps what must outlive it: notes in Postgres, the number of visits in Redis. Either may be absent.

The release that brings a migration runs beside the one before it, before and after the schema changes; so the notes are
read as the rows that there are, and no column is named that a migration adds or takes away.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import postgres
from .dependencies import PATIENCE, Needed

#: Connections to Postgres that are kept open for the next request.
KEPT = 4
#: The columns that may hold a note's words: since revision 0002, and before 0003.
WORDS = ("body", "text")


class Database:
    """The notes, in Postgres. Only reads, so whatever fails on a kept connection is asked again on a new one."""

    name = "database"

    def __init__(self, url: str, connect: Callable[[str, float], postgres.Connection] = postgres.connect) -> None:
        self._url, self._connect = url, connect
        self._idle: queue.LifoQueue[postgres.Connection] = queue.LifoQueue(KEPT)

    def ask(self) -> None:
        """Raise ConnectionError, with the problem in words, where it does not answer."""
        try:
            self._read("SELECT 1")
        except Exception as error:
            raise ConnectionError(postgres.told(error)) from error

    def notes(self) -> list[Mapping[str, Any]]:
        """Return the notes, the oldest first; none where no migration has made their table yet."""
        try:
            rows = self._read("SELECT to_jsonb(notes) FROM notes ORDER BY id LIMIT 100")
        except Exception as error:
            if postgres.code(error) == postgres.UNDEFINED_TABLE:
                return []
            raise
        return [_note(row) for (row,) in rows]

    def _read(self, sql: str) -> list[list[Any]]:
        while True:
            try:
                connection, fresh = self._idle.get_nowait(), False
            except queue.Empty:
                connection, fresh = self._connect(self._url, PATIENCE), True
            try:
                rows = connection.run(sql)
            except Exception:
                with contextlib.suppress(Exception):
                    connection.close()
                if fresh:
                    raise
                continue
            try:
                self._idle.put_nowait(connection)
            except queue.Full:
                connection.close()
            return rows or []


def _note(row: Mapping[str, Any]) -> Mapping[str, Any]:
    words = next((row[name] for name in WORDS if row.get(name) is not None), "")
    return {"body": words, "written_at": row.get("written_at")}


class Counter:
    """The number of visits, in Redis."""

    name = "cache"

    def __init__(self, url: str, connect: Callable[[str], Any] | None = None) -> None:
        self._redis = (connect or _redis)(url)

    def ask(self) -> None:
        """Raise ConnectionError, with the problem in words, where it does not answer."""
        try:
            self._redis.ping()
        except Exception as error:
            raise ConnectionError(str(error)) from error

    def visit(self) -> int:
        """Count one more visit and return how many there were."""
        return int(self._redis.incr("visits"))


def _redis(url: str) -> Any:
    # Only here: without a store, the service runs without its driver.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # One more try, for a kept connection that has died meanwhile.
    again = Retry(NoBackoff(), 1)
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=again)


@dataclass(frozen=True)
class Stores:
    """The stores that the service was given."""

    database: Database | None = None
    counter: Counter | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Stores:
        """Take those that DATABASE_URL and REDIS_URL name; connects to none of them yet."""
        database, counter = environment.get("DATABASE_URL", ""), environment.get("REDIS_URL", "")
        return cls(Database(database) if database else None, Counter(counter) if counter else None)

    def needed(self) -> list[Needed]:
        """Return those that there are."""
        return [store for store in (self.database, self.counter) if store]

    def board(self) -> dict[str, Any]:
        """Count a visit and return the notes, each where there is a store for it."""
        visits = {"visits": self.counter.visit()} if self.counter else {}
        return {**visits, **({"notes": self.database.notes()} if self.database else {})}
