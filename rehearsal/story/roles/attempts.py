"""One call that somebody makes in a role, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.story.roles.taking import Taken

#: What AWS's services say where policies refuse.
DENIALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


@dataclass(frozen=True)
class Attempt:
    """A call by name. `denied` is the action that AWS must refuse; empty for one that it must let through."""

    what: str
    """In words, such as `update production's service`."""
    call: Callable[[Taken], Any]
    denied: str = ""


def outcome(attempt: Attempt, role: Taken) -> str:
    """Make the call; return what is wrong with what came of it, nothing where all is well.

    A call that is let through and finds nothing there was let through.
    """
    try:
        attempt.call(role)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500:
            return f"the emulator failed: {code} {said}"
        if code not in DENIALS:
            return f"it should have been refused, and is answered: {code} {said}" if attempt.denied else ""
        if not attempt.denied:
            return f"it should have been let through, and is refused: {said}"
        missing = [word for word in (role.name, attempt.denied) if word not in said]
        return f"its refusal does not say {' and '.join(missing)}: {said}" if missing else ""
    return "it should have been refused, and went through" if attempt.denied else ""
