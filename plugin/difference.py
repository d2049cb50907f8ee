"""What a preview says about a release: whether the update would do something, and what, in words.

It looks at the world: CodeDeploy may have gone back after the last update ended, and then equal inputs are no reason to
do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery import lines
from delivery.plan import ServicePlan
from delivery.serving import World
from delivery.store import Store
from plugin.wire import read_plan, unknown


@dataclass(frozen=True, slots=True)
class Difference:
    """changed: whether the update would do something; words: what; warning: what to know before it does."""

    changed: bool
    words: str = ""
    warning: str = ""


def difference(olds: Mapping[str, Any], news: Mapping[str, Any], world: World, store: Store) -> Difference:
    """Compare what should serve with what serves. olds: the last outputs; news: inputs, some perhaps not known yet."""
    found = _compare(olds, news, world, store)
    if not found.changed or unknown(news.get("recordsBucket")):
        return found
    return replace(found, warning=_taken_back(_version(news), store))


def _compare(olds: Mapping[str, Any], news: Mapping[str, Any], world: World, store: Store) -> Difference:
    was, will = str(olds.get("version", "")), _version(news)
    if unknown(news.get("services")) or unknown(news.get("recordsBucket")):
        return Difference(True, f"{was} → {will}" if was != will else f"{will}: settings change")
    plan = read_plan({**news, "version": will})
    reasons = [reason for service in plan.services for reason in _reasons(service, world)]
    gone = sorted(set(_names(olds)) - {service.name for service in plan.services})
    if gone:
        reasons.append(f"{', '.join(gone)}: no longer part of it")
    if not reasons:
        interrupted = _interrupted(store)
        return Difference(bool(interrupted), interrupted)
    return Difference(True, f"{was} → {will}" if was != will else f"{will} again: {'; '.join(reasons)}")


def first(news: Mapping[str, Any]) -> str:
    """What a preview says about an environment's first release."""
    return f"first release: {_version(news)}"


def _reasons(service: ServicePlan, world: World) -> list[str]:
    return [f"{service.name}: {reason}" for reason in world.differences(service, world.look(service))]


def _interrupted(store: Store) -> str:
    journal = store.journal()
    if journal is None:
        return ""
    return f"{journal.record.version}: goes on where the update was interrupted ({journal.step})"


def _taken_back(will: str, store: Store) -> str:
    """What CodeDeploy took back since the last release, and that the update would bring it, or something else."""
    record = store.taken_back()
    if record is None:
        return ""
    again = " again" if will == record.version else ""
    return f"{lines.taken_back(record, store.pointer())}. This update would release {will}{again}"


def _names(olds: Mapping[str, Any]) -> list[str]:
    services = olds.get("services")
    return [str(service.get("name")) for service in services] if isinstance(services, list) else []


def _version(news: Mapping[str, Any]) -> str:
    found = news.get("version")
    return "a new version" if unknown(found) else str(found)
