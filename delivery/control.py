"""What a person asks of a release that is under way, wherever it runs: one object in the environment's bucket.

    control/3f9c1e2a.json   for the release of that id; gone when it has ended

The verb that asks writes it; the release looks for it every few seconds (`delivery.wishes`) and removes it at its end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, cast

from delivery.documents import Fields
from delivery.errors import RecordError

SCHEMA = 1
CONTROL = "control/"

Wish = Literal["skip-bake", "abort"]
WISHES: tuple[Wish, ...] = ("skip-bake", "abort")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One wish.

    release: the id of the release it is meant for; no other one follows it.
    wish: `skip-bake` ends the bake, `abort` takes the release back.
    who: the identity that asks; reason: why, in a person's words.
    asked: when, by AWS's clock, ISO 8601 in UTC.
    """

    release: str
    wish: Wish
    who: str
    reason: str
    asked: str

    @property
    def key(self) -> str:
        """Where in the bucket it lies."""
        return control_key(self.release)

    @property
    def told(self) -> str:
        """Who wished what and why, as it stands in the record."""
        return f"{'bake skipped' if self.wish == 'skip-bake' else 'aborted'} by {self.who}: {self.reason}"

    def to_json(self) -> str:
        """The wish as it is stored."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str, release: str) -> Control:
        """Read a stored wish; `where` names it in errors. Raises `RecordError`, also where it is not for `release`."""
        found = Fields.parse(text, where, SCHEMA)
        control = cls(
            release=found.text("release"),
            wish=cast(Wish, found.choice("wish", WISHES)),
            who=found.text("who"),
            reason=found.text("reason"),
            asked=found.text("asked"),
        )
        if control.release != release:
            raise RecordError(
                f"{where}: is meant for release {control.release}, not for {release}",
                "remove it and ask again: `./slipway status` says what is under way",
            )
        return control


def control_key(release: str) -> str:
    """Where the wish to a release lies."""
    return f"{CONTROL}{release}.json"
