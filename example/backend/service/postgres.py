"""One connection to Postgres, by URL. The driver is https://github.com/tlocke/pg8000, which is pure Python."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

#: What Postgres answers where there is no such table: https://www.postgresql.org/docs/current/errcodes-appendix.html
UNDEFINED_TABLE = "42P01"


class Connection(Protocol):
    """What the service uses of a connection."""

    def run(self, sql: str, **values: Any) -> list[list[Any]] | None:
        """Run SQL, `:name` standing for a value; several statements at once where there are no values."""

    def close(self) -> None:
        """Close it; what is not committed is undone."""


def arguments(url: str) -> dict[str, Any]:
    """Read `postgresql://user:password@host:port/database`; raise ValueError, without the URL in it, for others."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.username:
        raise ValueError("DATABASE_URL: expected postgresql://user:password@host:port/database")
    return {
        "user": unquote(parts.username),
        "password": unquote(parts.password or ""),
        "host": parts.hostname,
        "port": parts.port or 5432,
        "database": unquote(parts.path.removeprefix("/")) or unquote(parts.username),
    }


def connect(url: str, patience: float | None = None) -> Connection:
    """Connect, with TLS where the server has it.

    patience: seconds that the server may be silent, then and later; None for as long as it takes.
    """
    # Only here: without a store, the service runs without its driver.
    from pg8000.native import Connection as Native

    connection: Connection = Native(**arguments(url), timeout=patience, application_name="shop")
    return connection


def told(error: Exception) -> str:
    """Return what went wrong in Postgres's or the system's own words."""
    if isinstance(error.__cause__, OSError):
        return error.__cause__.strerror or str(error.__cause__)
    return str(_fields(error).get("M") or error)


def code(error: Exception) -> str:
    """Return Postgres's code of what went wrong; empty where the problem is not of the database."""
    return str(_fields(error).get("C", ""))


def _fields(error: Exception) -> dict[str, Any]:
    # https://www.postgresql.org/docs/current/protocol-error-fields.html
    first = error.args[0] if error.args else None
    return first if isinstance(first, dict) else {}
