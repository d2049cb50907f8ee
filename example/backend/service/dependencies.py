"""What the service needs from others, and whether they answer."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

#: Seconds that a dependency has to answer: a load balancer asks for health every few seconds.
PATIENCE = 1.0


class Needed(Protocol):
    """Whatever the service cannot do its work without."""

    @property
    def name(self) -> str:
        """How `/health` calls it."""

    def ask(self) -> None:
        """Return if it answers; raise OSError, with the problem in words, if not."""


@dataclass(frozen=True)
class Dependency:
    """Another service, reached by TCP."""

    name: str
    host: str
    port: int

    @classmethod
    def parse_all(cls, text: str) -> list[Dependency]:
        """Read `name=tcp://host:port …`, separated by spaces; raise ValueError for anything else."""
        return [cls.parse(word) for word in text.split()]

    @classmethod
    def parse(cls, word: str) -> Dependency:
        """Read one `name=tcp://host:port`."""
        name, _, url = word.partition("=")
        parts = urlsplit(url)
        if not name or parts.scheme != "tcp" or not parts.hostname or parts.port is None:
            raise ValueError(f"DEPENDENCIES: expected name=tcp://host:port, got {word!r}")
        return cls(name, parts.hostname, parts.port)

    def ask(self) -> None:
        """Connect."""
        socket.create_connection((self.host, self.port), timeout=PATIENCE).close()


@dataclass(frozen=True)
class State:
    """What was found when a dependency was asked."""

    name: str
    problem: str | None

    @classmethod
    def of(cls, needed: Needed) -> State:
        """Ask a dependency now."""
        try:
            needed.ask()
        except OSError as error:
            return cls(needed.name, error.strerror or str(error))
        return cls(needed.name, None)

    @property
    def healthy(self) -> bool:
        """Whether it answered."""
        return self.problem is None

    def told(self) -> dict[str, Any]:
        """The state as `/health` shows it."""
        return {"name": self.name, "healthy": self.healthy} | ({"problem": self.problem} if self.problem else {})
