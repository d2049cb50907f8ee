"""Rate limits as GitHub counts and announces them, and refusals on demand.

Primary: so many requests an hour for each token (5000) or anonymous client (60); an answer of 304 costs a token
nothing. Secondary: only when asked for. https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.clock import Clock
from rehearsal.github.errors import DOCS, Refused
from rehearsal.github.world import Token

HOUR = 3600
SECONDARY = f"{DOCS}/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
PRIMARY = f"{DOCS}/overview/rate-limits-for-the-rest-api"


@dataclass
class Window:
    """One hour of one client."""

    limit: int
    used: int
    reset: float


@dataclass
class Trouble:
    """Requests that are refused because a rehearsal wants it: by method, path and how often.

    `times` counts down; None is until it is ended. `retry_after` (seconds) becomes the header.
    """

    name: str
    path: re.Pattern[str]
    method: str | None
    status: int
    message: str
    times: int | None
    retry_after: int | None
    met: int = 0

    @classmethod
    def of(cls, wish: dict[str, Any]) -> Trouble:
        """Read what a rehearsal asks for.

        Raises:
            ValueError: It cannot be read; the message says what is wrong.

        """
        unknown = set(wish) - {"name", "path", "method", "status", "message", "times", "retry_after"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        status = wish.get("status", 502)
        if not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"status is a number from 400 to 599, got {status!r}")
        for key in ("times", "retry_after"):
            if (value := wish.get(key)) is not None and (not isinstance(value, int) or value < 0):
                raise ValueError(f"{key} is a whole number, got {value!r}")
        try:
            path = re.compile(str(wish.get("path", "")))
        except re.error as error:
            raise ValueError(f"path is a regular expression: {error}") from error
        secondary = status in (403, 429)
        usual = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return cls(
            str(wish.get("name", "trouble")),
            path,
            wish.get("method"),
            status,
            str(wish.get("message", usual if secondary else "Server Error")),
            wish.get("times"),
            wish.get("retry_after", 60 if secondary else None),
        )

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is one of them; counts it."""
        if self.times == 0 or (self.method and self.method != method) or not self.path.search(path):
            return False
        self.met += 1
        if self.times is not None:
            self.times -= 1
        return True

    def refusal(self) -> Refused:
        """The answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Refused(
            self.status, self.message, docs=SECONDARY if self.status in (403, 429) else None, headers=headers
        )


@dataclass
class Limits:
    """Counts requests; `per_hour` and what is left can be set by a rehearsal."""

    clock: Clock
    per_hour: int = 5000
    anonymous: int = 60
    troubles: list[Trouble] = field(default_factory=list)
    _windows: dict[str, Window] = field(default_factory=dict)

    def window(self, token: Token | None) -> Window:
        """The hour that counts now."""
        key = "" if token is None else token.text
        found = self._windows.get(key)
        if found is None or found.reset <= self.clock.now():
            limit = self.anonymous if token is None else self.per_hour
            found = self._windows[key] = Window(limit, 0, self.clock.now() + HOUR)
        return found

    def leave(self, token: Token | None, remaining: int, reset_in: float) -> None:
        """Let a client have so many requests left until a reset in so many seconds."""
        window = self.window(token)
        window.used = max(0, window.limit - remaining)
        window.reset = self.clock.now() + reset_in

    def take(self, token: Token | None, who: int | None) -> None:
        """Count a request.

        Raises:
            Refused: 403, the hour's requests are used up.

        """
        window = self.window(token)
        if window.used >= window.limit:
            name = "your address" if who is None else f"user ID {who}"
            raise Refused(403, f"API rate limit exceeded for {name}.", docs=PRIMARY)
        window.used += 1

    def give_back(self, token: Token | None) -> None:
        """Do not count a request that was answered with 304."""
        if token is not None:
            self.window(token).used -= 1

    def headers(self, token: Token | None) -> dict[str, str]:
        """What every answer says about the hour."""
        window = self.window(token)
        return {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.limit - window.used),
            "X-RateLimit-Reset": str(int(window.reset)),
            "X-RateLimit-Used": str(window.used),
            "X-RateLimit-Resource": "core",
        }

    def shown(self, token: Token | None) -> dict[str, Any]:
        """The body of `GET /rate_limit`."""
        window = self.window(token)
        rate = {
            "limit": window.limit,
            "used": window.used,
            "remaining": window.limit - window.used,
            "reset": int(window.reset),
        }
        resources = dict.fromkeys(("core", "search", "graphql"), rate)
        return {"resources": resources, "rate": rate}

    def strike(self, method: str, path: str) -> None:
        """Refuse a request that a rehearsal wants refused.

        Raises:
            Refused: It is one.

        """
        for trouble in self.troubles:
            if trouble.strikes(method, path):
                raise trouble.refusal()
