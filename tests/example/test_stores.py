"""The shop's stores: either may be absent, away, or replaced while it runs; and any schema that a release may meet."""

from __future__ import annotations

from typing import Any

import pytest

from example.backend.service import postgres
from example.backend.service.pages import Shop
from example.backend.service.stores import Counter, Database, Stores

NOTE = {"id": 1, "written_at": "2026-01-01"}


class PostgresError(Exception):
    """As the driver raises it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__({"S": "ERROR", "C": code, "M": message})


class Server:
    """A database: answers with rows, or with what is wrong; counts who connects."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = rows
        self.problem: Exception | None = None
        self.generation = 0
        self.connected = 0

    def connect(self, _url: str, _patience: float) -> postgres.Connection:
        self.connected += 1
        return Connection(self)


class Connection:
    def __init__(self, server: Server) -> None:
        self.server, self.generation = server, server.generation

    def run(self, sql: str, **values: Any) -> list[list[Any]]:
        if self.server.problem:
            raise self.server.problem
        if self.generation != self.server.generation:
            raise OSError("network error")
        return [[row] for row in self.server.rows]

    def close(self) -> None:
        pass


class Redis:
    def __init__(self, problem: Exception | None = None) -> None:
        self.visits, self.problem = 0, problem

    def ping(self) -> None:
        if self.problem:
            raise self.problem

    def incr(self, _key: str) -> int:
        self.visits += 1
        return self.visits


def shop(server: Server | None = None, redis: Redis | None = None) -> Shop:
    database = Database("postgresql://shop@db/shop", server.connect) if server else None
    return Shop("1.2.3", stores=Stores(database, Counter("redis://cache", lambda _url: redis) if redis else None))


def test_without_stores_it_runs_as_ever() -> None:
    assert Stores.of({"DATABASE_URL": "", "PATH": "/bin"}) == Stores()
    assert Shop("1.2.3").page("/notes").status == 404


def test_a_store_is_taken_from_the_environment_without_connecting() -> None:
    made = Stores.of({"DATABASE_URL": "postgresql://shop:x@nowhere/shop"})
    assert [needed.name for needed in made.needed()] == ["database"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{**NOTE, "text": "open"}], "open"),
        ([{**NOTE, "text": "open", "body": None}], "open"),
        ([{**NOTE, "text": "old", "body": "open"}], "open"),
        ([{**NOTE, "body": "open", "more": 1}], "open"),
    ],
)
def test_the_board_is_the_same_in_every_schema(rows: list[dict[str, Any]], words: str) -> None:
    page = shop(Server(*rows), Redis()).page("/notes")
    assert page.content == {
        "visits": 1,
        "notes": [{"body": words, "written_at": "2026-01-01"}],
        "version": "1.2.3",
    }


def test_the_board_is_empty_before_the_first_migration() -> None:
    server = Server()
    server.problem = PostgresError("42P01", 'relation "notes" does not exist')
    assert shop(server).page("/notes").content == {"notes": [], "version": "1.2.3"}


def test_a_visit_is_counted_without_a_database() -> None:
    alone = shop(redis=Redis())
    alone.page("/notes")
    assert alone.page("/notes").content == {"visits": 2, "version": "1.2.3"}


def test_connections_are_kept_and_replaced_when_they_have_died() -> None:
    server = Server(NOTE)
    alone = shop(server)
    for _ in range(3):
        alone.page("/notes")
    assert server.connected == 1
    server.generation += 1
    assert alone.page("/notes").status == 200
    assert server.connected == 2


def test_health_has_one_entry_per_store() -> None:
    page = shop(Server(), Redis()).page("/health")
    assert (page.status, page.content["dependencies"]) == (
        200,
        [{"name": "database", "healthy": True}, {"name": "cache", "healthy": True}],
    )


def test_health_says_what_is_wrong_with_a_store() -> None:
    server = Server()
    server.problem = PostgresError("28P01", 'password authentication failed for user "shop"')
    page = shop(server, Redis(TimeoutError("Timeout connecting to server"))).page("/health")
    assert (page.status, page.content["dependencies"]) == (
        503,
        [
            {"name": "database", "healthy": False, "problem": 'password authentication failed for user "shop"'},
            {"name": "cache", "healthy": False, "problem": "Timeout connecting to server"},
        ],
    )


def test_a_database_url_is_read() -> None:
    assert postgres.arguments("postgresql://shop:p%40ss%2F@db.example:6432/board") == {
        "user": "shop",
        "password": "p@ss/",
        "host": "db.example",
        "port": 6432,
        "database": "board",
    }
    assert postgres.arguments("postgres://shop@db")["database"] == "shop"


@pytest.mark.parametrize("url", ["mysql://shop:topsecret@db/x", "postgresql://db/x", "topsecret"])
def test_a_database_url_that_cannot_be_read_is_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL: expected postgresql://") as raised:
        postgres.arguments(url)
    assert "topsecret" not in str(raised.value)
