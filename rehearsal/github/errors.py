"""What GitHub says when it refuses: one exception, and a constructor for each kind of refusal, in GitHub's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCS = "https://docs.github.com/rest"


class Refused(Exception):  # noqa: N818 - GitHub refuses; nothing here is broken
    """An answer of 4xx. `errors` is GitHub's list of details; `headers` go out with the answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Any] | None = None,
        docs: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.docs = docs
        self.headers = dict(headers or {})

    def body(self, docs: str) -> dict[str, Any]:
        """The JSON of the answer; `docs` is the page of the endpoint that refuses."""
        content: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            content["errors"] = list(self.errors)
        return {**content, "documentation_url": self.docs or docs, "status": str(self.status)}


def not_found() -> Refused:
    """What is not there, and what the token may not know of."""
    return Refused(404, "Not Found")


def invalid(*errors: Any) -> Refused:
    """A body whose values do not fit together."""
    return Refused(422, "Validation Failed", errors=errors)


def field(resource: str, name: str, code: str, message: str | None = None) -> dict[str, str]:
    """One entry of `errors`; `code` is missing, missing_field, invalid, already_exists or custom."""
    entry = {"resource": resource, "code": code, "field": name}
    return entry if message is None else {**entry, "message": message}


def missing(name: str) -> Refused:
    """A body without a key that must be there."""
    return Refused(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')


def wrong(detail: str) -> Refused:
    """A body with a value of the wrong kind."""
    return Refused(422, f"Invalid request.\n\n{detail}")


def upgrade() -> Refused:
    """What the plan does not include for a private repository."""
    return Refused(403, "Upgrade to GitHub Pro or make this repository public to enable this feature.")
