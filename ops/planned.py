"""A plan: what an update would do, as a document that is the same for as long as the plan is, and its hash.

It is read from the engine's own preview (`pulumi preview --json`), and has what decides: what is done with each
resource, which properties change, from what to what; the version and the digests that are released. It has nothing that
changes by itself (times, order, where files lie), no difference that is none (`ops/values.py`), and no secret: the
engine masks those it knows, and what looks like one is masked here. So two plans with one hash do the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from delivery.errors import DeliveryError
from delivery.redact import shown
from ops.values import ABSENT, AFTERWARDS, SECRET, at, hidden, leaves, same, settled

Operation = Literal["create", "update", "replace", "delete"]

#: So much of the hash is shown and compared: 48 bits.
SHOWN: Final = 12
#: The resource that moves what the others declare.
RELEASE: Final = "slipway:index:Release"
#: What the engine calls each step, and what it is to a person. A replacement is up to three steps.
_OPERATIONS: Final[Mapping[str, Operation]] = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "import-replacement": "replace",
    "read-replacement": "replace",
    "delete-replaced": "replace",
    "discard-replaced": "replace",
    "delete": "delete",
    "discard": "delete",
    "remove-pending-replace": "delete",
}
#: Said about a release, and no part of what it does: why it is made, and what the provider writes down about it.
_ABOUT: Final = frozenset({"reason", "releaseId", "result", "serving", "recordKey", "started", "seconds"})
_HASH = re.compile(rf"[0-9a-f]{{{SHOWN},64}}")


@dataclass(frozen=True, slots=True)
class Change:
    """What is done with one resource.

    properties: what changes, by path, from what to what; of a replacement also what forces it (`forced`).
    deleted_first: of a replacement, whether the old one is gone before the new one is made.
    """

    urn: str
    operation: Operation
    properties: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    forced: tuple[str, ...] = ()
    deleted_first: bool = False

    @property
    def type(self) -> str:
        """Its type, such as `aws:ecs/service:Service`."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an update of `environment` would do. digests: of what is released, by service; `warnings` are not hashed."""

    environment: str
    version: str
    digests: Mapping[str, str]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """What is hashed, and kept for whoever asks what differs."""
        return {
            "environment": self.environment,
            "version": self.version,
            "digests": dict(sorted(self.digests.items())),
            "changes": [
                {
                    "urn": change.urn,
                    "operation": change.operation,
                    "deleted_first": change.deleted_first,
                    "forced": sorted(change.forced),
                    "properties": {path: list(pair) for path, pair in sorted(change.properties.items())},
                }
                for change in sorted(self.changes, key=lambda change: change.urn)
            ],
        }

    @property
    def hash(self) -> str:
        """The beginning of the SHA-256 of the document, in hexadecimal."""
        return hash_of(self.document)


def hash_of(document: Mapping[str, Any]) -> str:
    """Return the hash of a plan's document."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]


def equal(given: str, found: str) -> bool:
    """Tell whether a hash that a person or a workflow gives is the one that was found."""
    return _HASH.fullmatch(given.strip().lower()) is not None and given.strip().lower()[:SHOWN] == found


def read(preview: Mapping[str, Any], environment: str) -> Plan:
    """Return the plan of a preview, as the engine writes it with `--json`. Raises `DeliveryError` where it is none."""
    steps = preview.get("steps") or []
    if not isinstance(steps, list) or not all(isinstance(step, Mapping) for step in steps):
        raise DeliveryError(
            "the engine's preview has no list of steps", "use the version of Pulumi in requirements.txt"
        )
    by_urn: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        if str(step.get("op")) in _OPERATIONS:  # the others leave everything as it is: `same`, `read`, `refresh`
            by_urn.setdefault(str(step.get("urn")), []).append(step)
    changes = [_change(urn, found) for urn, found in by_urn.items()]
    version, digests = _released(by_urn)
    return Plan(
        environment=environment,
        version=version,
        digests=digests,
        changes=tuple(sorted((one for one in changes if one is not None), key=lambda one: one.urn)),
        warnings=tuple(_warnings(preview)),
    )


def errors(preview: Mapping[str, Any]) -> list[str]:
    """Return what a preview that failed says is wrong."""
    return list(_said(preview, "error"))


def _warnings(preview: Mapping[str, Any]) -> Iterator[str]:
    yield from dict.fromkeys(_said(preview, "warning"))


def _said(preview: Mapping[str, Any], severity: str) -> Iterator[str]:
    for one in preview.get("diagnostics") or []:
        if one.get("severity") == severity and str(one.get("message", "")).strip():
            yield shown(str(one["message"]).strip(), 2000)


def _change(urn: str, steps: Sequence[Mapping[str, Any]]) -> Change | None:
    """Return what is done with one resource; None where it looks like a change and is none."""
    kinds = [str(step["op"]) for step in steps]
    operations = {_OPERATIONS[kind] for kind in kinds}
    if "replace" in operations or len(operations) > 1:
        return _replacement(urn, steps, kinds)
    (operation,) = operations
    if operation == "delete":
        return Change(urn, "delete")
    old, new = _inputs(steps[0], "oldState"), _inputs(steps[0], "newState")
    if operation == "create":
        return Change(urn, "create", _shown(urn, leaves("", ABSENT, new)))
    found = _changed(urn, steps[0])
    # A release is never left out: it may have to move what somebody moved behind the engine's back.
    listed = bool(steps[0].get("detailedDiff")) and not _is_release(urn)
    if not found and listed and same(_own(old), _own(new)):
        return None
    return Change(urn, "update", found)


def _replacement(urn: str, steps: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> Change:
    """Return a replacement, put together from its steps."""
    told = next((step for step in steps if step.get("oldState") and step.get("newState")), steps[0])
    made = [at for at, kind in enumerate(kinds) if kind in ("create-replacement", "import-replacement", "create")]
    gone = [at for at, kind in enumerate(kinds) if kind in ("delete-replaced", "delete")]
    forced = {_top(path) for step in steps for path in step.get("replaceReasons") or []}
    return Change(
        urn,
        "replace",
        _changed(urn, told),
        forced=tuple(sorted(path for path in forced if not path.startswith("__"))),
        deleted_first=bool(made and gone) and gone[0] < made[0],
    )


def _changed(urn: str, step: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the properties that change: those that the provider names, else those whose inputs differ."""
    old, new = _inputs(step, "oldState"), _inputs(step, "newState")
    before, after = _state(step, "oldState").get("outputs") or {}, _state(step, "newState").get("outputs") or {}
    detailed: Mapping[str, Any] = step.get("detailedDiff") or {}
    found: list[tuple[str, Any, Any]] = []
    for path in detailed:
        was, will = at(old, path), at(new, path)
        if was is ABSENT and will is ABSENT:
            # Nobody asks for it: it follows from the rest, and the provider often knows it only afterwards.
            will = at(after, path)
            if will is ABSENT or AFTERWARDS in json.dumps(settled(will)):
                continue
            was = at(before, path)
        elif same(was, will) and at(before, path) is not ABSENT:
            # Somebody else has changed it since: what was asked for then is asked for still.
            was = at(before, path)
        found += leaves(path, was, will)
    if not detailed:
        named = {_top(path) for path in [*(step.get("diffReasons") or []), *(step.get("replaceReasons") or [])]}
        for name in sorted({*old, *new}):
            differ = list(leaves(name, old.get(name, ABSENT), new.get(name, ABSENT)))
            found += [one for one in differ if name in named or not _masked(one)]
    return _shown(urn, found)


def _masked(leaf: tuple[str, Any, Any]) -> bool:
    """Whether a leaf is a secret on both sides: that it differs, only the provider can say."""
    return bool(leaf[1] == SECRET and leaf[2] == SECRET)


def _shown(urn: str, found: Iterable[tuple[str, Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return leaves by path, fit to be shown, without what is the bookkeeping of the engine and its providers."""
    return {
        path: (hidden(path, old), hidden(path, new))
        for path, old, new in found
        if not any(part.startswith("__") for part in re.split(r"[.\[\]\"]+", path))
        and not (_is_release(urn) and _top(path) in _ABOUT)
        and not _made_up(urn, new)
    }


def _made_up(urn: str, value: Any) -> bool:
    """Whether a value is the name that the engine gives what has none: another one in each preview of what is new.

    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
    """
    name = urn.split("::", 3)[3]
    return isinstance(value, str) and re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{7}}", value) is not None


def _released(by_urn: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[str, dict[str, str]]:
    """Return the version that is released and its digests, in the engine's words; nothing where nothing is released."""
    for urn, steps in by_urn.items():
        if not _is_release(urn):
            continue
        news = next((_inputs(step, "newState") for step in steps if step.get("newState")), {})
        services = news.get("services")
        digests = {
            str(one.get("name")): str(settled(one.get("image"))).rpartition("@")[2]
            for one in (services if isinstance(services, list) else [])
        }
        return str(settled(news.get("version", ""))), digests
    return "", {}


def _is_release(urn: str) -> bool:
    return urn.split("::")[2].rpartition("$")[2] == RELEASE


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _own(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _state(step: Mapping[str, Any], which: str) -> Mapping[str, Any]:
    found = step.get(which)
    return found if isinstance(found, Mapping) else {}


def _inputs(step: Mapping[str, Any], which: str) -> Mapping[str, Any]:
    found = _state(step, which).get("inputs")
    return found if isinstance(found, Mapping) else {}
