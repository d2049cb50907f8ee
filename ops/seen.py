"""What is known of an environment at this moment: from its bucket, CodeDeploy, CloudWatch, and Pulumi's locks.

The bucket must be readable; whatever else cannot be seen is named, and hides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from delivery.alarms import State, states
from delivery.aws import error_code, explained
from delivery.deployments import Deployments
from delivery.errors import DeliveryError, RecordError
from delivery.hold import Hold
from delivery.locks import Lock
from delivery.meaning import Phase, View
from delivery.records import TAKEN_BACK, Journal, Pointer, Record
from ops import backend
from ops.place import Place

T = TypeVar("T")
#: How far back is looked for what failed, or was taken back, since what serves began to.
_WITHIN = 10


@dataclass(slots=True, kw_only=True)
class Seen:
    """One look.

    pointer, record: what serves, and its record; None where nothing does, or the record cannot be read.
    journal: what is under way; flights: its deployments, by service.
    hold: what keeps it at what it serves; None where nothing does.
    taken_back, failed: the newest release since that CodeDeploy took back, or that did not succeed.
    warm: whether all tasks that served before are still kept. None: not known.
    alarms: what watches what serves and what is under way, by name. None: not known.
    locks: of Pulumi. None: not known.
    unknown: what could not be seen, and why. unreadable: records that cannot be read.
    """

    pointer: Pointer | None
    record: Record | None
    journal: Journal | None
    hold: Hold | None
    taken_back: Record | None
    failed: Record | None
    flights: Mapping[str, View] = field(default_factory=dict)
    warm: bool | None = None
    alarms: Mapping[str, State | None] | None = None
    locks: list[Lock] | None = None
    unknown: list[str] = field(default_factory=list)
    unreadable: tuple[RecordError, ...] = ()

    @property
    def ringing(self) -> dict[str, State]:
        """The alarms that ring."""
        return {name: state for name, state in (self.alarms or {}).items() if state and state.value == "ALARM"}

    @property
    def missing(self) -> list[str]:
        """The alarms that do not exist."""
        return [name for name, state in (self.alarms or {}).items() if state is None]


def see(place: Place) -> Seen:
    """Look once."""
    store = place.store()
    pointer, journal, found = store.pointer(), store.journal(), store.look(_WITHIN)
    since = pointer.since if pointer else ""
    later = [record for record in found.records if record.finished >= since]
    seen = Seen(
        pointer=pointer,
        record=next((one for one in found.records if pointer and one.id == pointer.release), None),
        journal=journal,
        hold=store.hold(),
        taken_back=next((one for one in later if one.result == TAKEN_BACK), None),
        failed=next((one for one in later if one.result in ("failed", "refused", "cancelled")), None),
        unreadable=found.unreadable,
    )
    if pointer and seen.record is None and not found.unreadable:
        seen.record = _try(seen, "the record of what serves", lambda: store.find(pointer.record))
    under_way = journal.record if journal and not journal.record.finished else None
    if under_way:
        seen.flights = _try(seen, "how far its deployments are", lambda: _flights(place, under_way)) or {}
    record = seen.record
    if record and record.deployments and record.result == "succeeded":
        seen.warm = _try(seen, "whether the old tasks are still warm", lambda: _warm(place, record))
    watched = {name for one in (record, under_way) if one for names in one.watched.values() for name in names}
    if watched:
        seen.alarms = _try(seen, "which alarms ring", lambda: _alarms(place, watched))
    seen.locks = _try(seen, "who holds Pulumi's lock", lambda: backend.locks(place, backend.url()).all())
    return seen


def _try(seen: Seen, what: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except DeliveryError as error:
        seen.unknown.append(f"{what}: {error.message}")
    except (BotoCoreError, ClientError, OSError) as error:
        seen.unknown.append(f"{what}: {explained(error).message}")
    return None


def _flights(place: Place, record: Record) -> dict[str, View]:
    deployments = Deployments(place.client("codedeploy"))
    return {name: deployments.look(one) for name, one in record.deployments.items() if one}


def _warm(place: Place, record: Record) -> bool:
    deployments = Deployments(place.client("codedeploy"))
    started = [one for one in record.deployments.values() if one]
    try:
        return bool(started) and all(deployments.glance(one).phase == Phase.SHIFTED for one in started)
    except ClientError as error:
        if error_code(error) == "DeploymentDoesNotExistException":
            return False
        raise


def _alarms(place: Place, names: set[str]) -> dict[str, State | None]:
    found = states(place.client("cloudwatch"), names)
    return {name: found.get(name) for name in sorted(names)}
