"""What a preview says about a release: whether the update would do something, and what, in words.

It looks at the world: CodeDeploy may have gone back after the last update ended, and then equal inputs are no reason to
do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from delivery import lines
from delivery.before import WITHIN, Before, before
from delivery.clock import moment
from delivery.errors import RecordError
from delivery.plan import ServicePlan
from delivery.policy import Policy, Wish
from delivery.records import NOW
from delivery.serving import World
from delivery.store import Store
from delivery.tools import Tools
from plugin.wire import read_gates, read_plan, read_service, unknown


@dataclass(frozen=True, slots=True)
class Difference:
    """changed: whether the update would do something; words: what; warning: what to know before it does."""

    changed: bool
    words: str = ""
    warning: str = ""


def difference(olds: Mapping[str, Any], news: Mapping[str, Any], tools: Tools, store: Store) -> Difference:
    """Compare what should serve with what serves. olds: the last outputs; news: inputs, some perhaps not known yet."""
    known = not unknown(news.get("recordsBucket"))
    adopts = known and _adopts(olds, news, store)
    found = _compare(olds, news, tools.world, store)
    if adopts:
        # The state still names what was gone back from, also where nothing has to move any more.
        words = f"{_version(news)} serves already: taken into the state; only other settings move traffic"
        found = Difference(True, words)
    if not found.changed and known:
        words = _elsewhere(news, store)
        return Difference(bool(words), words)
    if not known:
        return found
    served = _before(olds, news, tools.world, store)
    if served.past and not adopts:
        # What the books say of taking back is about something that does not serve.
        if olds.get("version") != _version(news):
            found = replace(found, words=f"{served.told} → {_version(news)}")
        warnings = [f"{served.past}. This update would release {_version(news)}"]
    else:
        warnings = [_taken_back(_version(news), store), _by_hand(olds, news, store)]
    if not adopts:
        warnings.append(refused(news, tools, store))
    return replace(found, warning="\n".join(filter(None, warnings)))


def refused(news: Mapping[str, Any], tools: Tools, store: Store) -> str:
    """What people have decided against the update, and whether it would be refused; empty where nothing is."""
    images = _images(news)
    wish = Wish(
        version=_version(news),
        images=images or {},
        complete=images is not None,
        definitions=_definitions(news),
        asked=news.get("source") == "pin",
    )
    policy = Policy(str(news.get("environment")), read_gates(news), store, tools)
    verdict = policy.ask(replace(wish, lift_hold=bool(news.get("liftHold"))))
    if verdict.objections and images is not None:
        pinned = news.get("source") == "pin"
        declared = None if pinned else (str(news.get("settingsHash", "")), dict(news.get("secrets") or {}))
        served = store.served_before(frozenset(wish.digests.values()), declared)
        verdict = policy.ask(replace(wish, served=True)) if served else verdict
    told = [f"This update would be refused: {what}. Fix: {fix}" for what, fix in verdict.objections]
    return "\n".join([*told, *(f"This update would go on all the same: {one}" for one in verdict.overrides)])


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


def _before(olds: Mapping[str, Any], news: Mapping[str, Any], world: World, store: Store) -> Before:
    """What serves now, by the world; nothing is said of it while a release is under way."""
    given = olds if unknown(news.get("services")) else news
    if not isinstance(given.get("services"), list) or store.journal() is not None:
        return Before()
    services = [read_service(service) for service in given["services"]]
    looked = [(service, world.look(service)) for service in services]
    ran = {service.name: world.served(service, seen.task_definition) for service, seen in looked if seen is not None}
    return before(ran, store.pointer(), lambda: store.latest(WITHIN), world.definitions)


def _interrupted(store: Store) -> str:
    journal = store.journal()
    if journal is None:
        return ""
    return f"{journal.record.version}: goes on where the update was interrupted ({journal.step})"


def _elsewhere(news: Mapping[str, Any], store: Store) -> str:
    """That what is written down of how services are delivered is out of date: a listener was made anew, perhaps.

    Whoever has no engine goes by that (`rollback --now`, `doctor`). The update writes it, and moves nothing.
    """
    try:
        ground = store.ground()
    except RecordError as error:
        return f"{_version(news)}: {error.message}; it is written anew, nothing moves"
    had = {one.name: _delivered(one) for one in ground or ()}
    services = [read_service(one) for one in news["services"]]
    moved = [one.name for one in services if one.name in had and had[one.name] != _delivered(one)]
    return f"{_version(news)}: {', '.join(moved)}: delivered another way, nothing moves" if moved else ""


def _delivered(service: ServicePlan) -> tuple[object, ...]:
    names = (service.cluster, service.service, service.application, service.deployment_group)
    doors = (service.listener, service.test_listener, service.load_balancer)
    return (*(name or "" for name in (*names, *doors)), service.target_groups, service.alarms)


def _taken_back(will: str, store: Store) -> str:
    """What CodeDeploy took back since the last release, and that the update would bring it, or something else."""
    record = store.taken_back()
    if record is None:
        return ""
    again = " again" if will == record.version else ""
    return f"{lines.taken_back(record, store.pointer())}. This update would release {will}{again}"


def _by_hand(olds: Mapping[str, Any], news: Mapping[str, Any], store: Store) -> str:
    """That a person took the environment back past the engine, and how to go forward again."""
    pointer = store.pointer()
    record = store.find(pointer.record) if pointer else None
    if pointer is None or record is None or record.source != NOW:
        return ""
    # Two configurations of one image differ in the release alone.
    if _images(olds) == pointer.images and olds.get("releaseId") in (None, pointer.release):
        return ""
    will, stack = _version(news), record.environment
    lift = f"`./slipway hold -s {stack} --lift --reason …`, then " if store.hold() else ""
    forward = f"`pulumi up -s {stack}`" if news.get("source") == "build" else f"`./slipway promote -s {stack}`"
    comes = "takes that into the state" if _adopts(olds, news, store) else f"would release {will}"
    return (
        f"{stack} was taken back by hand to {pointer.version} at {moment(record.finished):%Y-%m-%d %H:%M} UTC "
        f"by {record.who}: {record.why}. This update {comes}. To go forward again: {lift}{forward}"
    )


def _adopts(olds: Mapping[str, Any], news: Mapping[str, Any], store: Store) -> bool:
    """Whether a person has brought past the engine the very images that the update would release."""
    images = _images(news)
    if images is None or images == _images(olds):
        return False
    pointer = store.pointer()
    if pointer is None or images != pointer.images:
        return False
    record = store.find(pointer.record)
    return record is not None and record.source == NOW


def _images(news: Mapping[str, Any]) -> dict[str, str] | None:
    """The image of each service; None where one is not known yet."""
    services = news.get("services")
    if not isinstance(services, list) or any(unknown(one.get("image")) for one in services):
        return None
    return {str(one.get("name")): str(one.get("image")) for one in services}


def _definitions(news: Mapping[str, Any]) -> dict[str, str]:
    """The task definition of each service for which it is known: one that is about to be made is not."""
    services = news.get("services")
    found = {str(one.get("name")): one.get("taskDefinition") for one in services} if isinstance(services, list) else {}
    return {name: str(arn) for name, arn in found.items() if arn and not unknown(arn)}


def _names(olds: Mapping[str, Any]) -> list[str]:
    services = olds.get("services")
    return [str(service.get("name")) for service in services] if isinstance(services, list) else []


def _version(news: Mapping[str, Any]) -> str:
    found = news.get("version")
    return "a new version" if unknown(found) else str(found)
