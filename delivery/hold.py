"""A hold: a person keeps an environment at what it serves, until they or somebody else lifts it.

    hold.json   in the environment's bucket; a lifted one stays until the next, and says who lifted it

Going back sets one, so that the next automatic delivery does not bring what was gone back from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from delivery.clock import moment
from delivery.documents import Fields
from delivery.records import Served

SCHEMA = 1
HOLD = "hold.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold.

    version: what the environment is kept at; images: by service, `repository@sha256:…`; empty before a first release.
    definitions: by service, the ARN of the task definition: other settings make another release. Empty in a hold that
    was set before those were written down; images alone are kept then.
    who, why, since: the identity that set it, the reason, and when, by AWS's clock, ISO 8601 in UTC.
    lifted_by, lifted_why, lifted_at: the same of its end; empty as long as it holds.
    """

    version: str
    images: Mapping[str, str]
    who: str
    why: str
    since: str
    lifted_by: str = ""
    lifted_why: str = ""
    lifted_at: str = ""
    definitions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, version: str, services: Mapping[str, Served], who: str, why: str, since: str) -> Hold:
        """Keep an environment at what these services run."""
        return cls(
            version=version,
            images={name: served.image for name, served in services.items()},
            definitions={name: served.task_definition for name, served in services.items()},
            who=who,
            why=why,
            since=since,
        )

    @property
    def active(self) -> bool:
        """Whether it holds."""
        return not self.lifted_at

    @property
    def told(self) -> str:
        """Who holds what since when, and why."""
        at = f" at {self.version}" if self.version else ""
        return f"held{at} by {self.who} since {moment(self.since):%Y-%m-%d %H:%M} UTC: {self.why}"

    def lifted(self, who: str, why: str, at: str) -> Hold:
        """The same hold, at its end."""
        return replace(self, lifted_by=who, lifted_why=why, lifted_at=at)

    def keeps(self, images: Mapping[str, str]) -> bool:
        """Whether a release of these images has the images that the environment is kept at."""
        return dict(images) == dict(self.images)

    def to_json(self) -> str:
        """The hold as it is stored."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Hold:
        """Read a stored hold; `where` names it in errors. Raises `RecordError`."""
        found = Fields.parse(text, where, SCHEMA)
        names = ("version", "who", "why", "since", "lifted_by", "lifted_why", "lifted_at")
        definitions = found.texts("definitions") if found.has("definitions") else {}
        texts = {name: found.text(name) for name in names}
        return cls(images=found.texts("images"), definitions=definitions, **texts)


def lift_words(environment: str) -> str:
    """How a hold is lifted."""
    return f"`./slipway hold -s {environment} --lift --reason …` lifts it"
