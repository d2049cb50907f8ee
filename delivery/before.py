"""What served before a release: what ECS and the listener said when it began, under the name it was written down by.

The pointer says what the last release brought. Somebody may have deployed past Slipway since, or CodeDeploy gone back
while nobody listened: then another release served, or one that nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from delivery.definitions import Definitions
from delivery.records import Pointer, Record, Served, good
from delivery.serving import short

#: How far back is looked for who brought what served.
WITHIN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What served.

    version: whose images they were; empty where no release of ours had them. release: the id of the release that ran
    just that; empty where none did. past: what differs from the pointer, in words; empty where it is right.
    """

    version: str = ""
    release: str = ""
    past: str = ""

    @property
    def told(self) -> str:
        """What to call it; empty where nothing of ours ever served."""
        if self.release or not self.past:
            return self.version
        return f"{self.version} by hand" if self.version else "what was deployed by hand"


def before(
    ran: Mapping[str, Served],
    pointer: Pointer | None,
    records: Callable[[], Iterable[Record]],
    definitions: Definitions,
) -> Before:
    """Say what served, by what ran: by service, for those that were looked at.

    records: the newest, newest first; asked for only where the pointer is wrong.
    """
    if pointer is None:
        return Before()
    named = sorted(ran.keys() & pointer.services.keys())
    wrong = [name for name in named if not _same(ran[name], pointer.services[name], definitions)]
    if not wrong:
        return Before(version=pointer.version, release=pointer.release)
    newest = list(good(records()))
    found = next((one for one in newest if _all(ran, one, lambda s, o: _same(s, o, definitions))), None)
    like = found or next((one for one in newest if _all(ran, one, lambda s, o: s.image == o.image)), None)
    words = "; ".join(f"{name}: {short(ran[name].task_definition)} ({ran[name].image})" for name in wrong)
    whose = f", the images of {like.version}" if like else ", which no release brought"
    return Before(
        version=like.version if like else "",
        release=found.id if found else "",
        past=f"not {pointer.version} served, as was written down, but {words}{whose}: "
        "somebody deployed past Slipway, or CodeDeploy went back",
    )


def _all(ran: Mapping[str, Served], record: Record, alike: Callable[[Served, Served], bool]) -> bool:
    """Whether a release is what ran, service by service; what it had besides was not looked at."""
    return all(name in record.services and alike(served, record.services[name]) for name, served in ran.items())


def _same(served: Served, other: Served, definitions: Definitions) -> bool:
    """Whether tasks of both would be equal. One whose definition is gone is known by its image."""
    if served.image != other.image:
        return False
    one, two = served.task_definition, other.task_definition
    return definitions.same(one, two) or definitions.get(two) is None
