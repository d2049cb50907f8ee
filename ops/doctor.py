"""`./slipway doctor`: what a release needs, looked at before it is needed; a line on each thing, and one to mend it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click

from delivery.definitions import Definitions
from delivery.errors import DeliveryError
from delivery.examining import Finding, Level, ask, drift, not_asked, ok, problem, quotas, rights, state, warning
from delivery.examining import account as accounts
from delivery.examining import environment as environments
from delivery.listeners import Listeners
from delivery.owners import ThisMachine as Owners
from delivery.serving import World
from delivery.store import Store
from naming import Kind, Names, partition
from ops import backend, machine
from ops.clients import Open, opener
from ops.place import Place, find
from ops.sizes import Size, size, stacks, values
from ops.unlock import SESSION

#: So many questions are asked at once: nearly all of them wait for AWS.
_AT_ONCE = 8
_COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
_SETTINGS, _HERE, _STATE = "settings", "this machine", "Pulumi's state"


#: What is asked of AWS, and only with credentials for the account.
_OF_AWS = (
    accounts.ROLES,
    quotas.QUOTAS,
    rights.RIGHTS,
    environments.RELEASE,
    environments.HOLD,
    environments.DEPLOYMENTS,
    environments.ALARMS,
    environments.PARTS,
    drift.DRIFT,
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question. about: what it is asked of, for people; check: what kind of question."""

    about: str
    check: str
    ask: Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and what it is of."""

    about: str
    finding: Finding

    def stored(self) -> dict[str, str]:
        """For programs."""
        one = self.finding
        return {"about": self.about, "check": one.check, "level": one.level.value, "what": one.what, "fix": one.fix}


@click.command(epilog="Example: ./slipway doctor -s staging")
@click.option("-s", "--stack", "chosen", multiple=True, help="Only this stack; may be repeated. Default: all.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(chosen: tuple[str, ...], as_json: bool) -> None:
    """Look at this machine, the AWS account and the environments, and say what is to be mended and how.

    Credentials and permissions, quotas, AWS's own roles; Pulumi's state and locks; what is under way or was left;
    deployments, alarms, what was changed by hand; versions, tools. It changes nothing. What cannot be asked is said and
    hides nothing else.
    Exit code 0: nothing to mend (warnings are worth knowing); 1: something is.
    """
    folder = Path.cwd()
    there = stacks(folder)
    unknown = sorted(set(chosen) - set(there))
    if unknown:
        raise click.UsageError(f"-s: no file for {', '.join(unknown)}; there are {', '.join(there) or 'none'}.")
    found = list(examine(folder, chosen or there))
    problems = sum(one.finding.level == Level.PROBLEM for one in found)
    warnings = sum(one.finding.level == Level.WARNING for one in found)
    if as_json:
        told = {"problems": problems, "warnings": warnings, "findings": [one.stored() for one in found]}
        click.echo(json.dumps(told, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
        click.echo(f"{problems or 'Nothing'} to mend{f', {warnings} worth knowing' if warnings else ''}.")
    if problems:
        sys.exit(1)


def examine(folder: Path, chosen: Sequence[str]) -> Iterator[Found]:
    """Ask everything about this machine, the accounts of the stacks, and the stacks, in that order."""
    places, unread = _places(folder, chosen)
    builds = any(place.builds and not place.shared for place in places)
    local = machine.ThisMachine(folder=folder, builds=builds)
    questions = [Question(_HERE, check, one) for check, one in local.questions()]
    found: list[Found] = [*unread]
    order, now = [_HERE, _STATE], datetime.now(UTC)
    if places:
        questions.append(Question(_STATE, state.STATE, lambda: _state(places[0])))
    for beside in _by_account(places):
        about = f"account {beside[0].account} in {beside[0].region}"
        order.append(about)
        open_, finding = _enter(beside[0])
        found.append(Found(about, finding))
        questions += [one for place in beside for one in _locks(place, now)]
        if open_ is None:
            found.append(Found(about, not_asked(_OF_AWS, "there are no credentials for it")))
            continue
        questions += _account(about, beside, open_, folder, now)
        questions += [one for place in beside if not place.shared for one in _environment(place, open_, now)]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as hands:
        answers = list(hands.map(lambda one: ask(one.check, one.ask), questions))
    found += [Found(one.about, finding) for one, answer in zip(questions, answers, strict=True) for finding in answer]
    order += chosen
    yield from sorted(found, key=lambda one: order.index(one.about))


def _places(folder: Path, chosen: Sequence[str]) -> tuple[list[Place], list[Found]]:
    """Where the stacks are, and what is wrong with the files of those that cannot be read."""
    places, unread = [], []
    for stack in chosen:
        try:
            places.append(find(stack, folder, shared=True))
        except Exception as error:
            # Files that people write may be wrong in any way; the others are looked at all the same.
            told = error if isinstance(error, DeliveryError) else _unread(stack, error)
            unread.append(Found(stack, problem(_SETTINGS, told.message, told.fix)))
    if not chosen:
        nothing = problem(_SETTINGS, f"no stack has a file in {folder}", "run this where Pulumi.yaml lies")
        unread.append(Found(_HERE, nothing))
    return places, unread


def _unread(stack: str, error: Exception) -> DeliveryError:
    return DeliveryError(
        f"Pulumi.yaml or Pulumi.{stack}.yaml is not as it should be: {type(error).__name__}: {error}",
        f"`pulumi preview -s {stack}` tells everything that is wrong at once",
    )


def _by_account(places: Sequence[Place]) -> list[list[Place]]:
    """The places of each account and region."""
    found: dict[tuple[str, str, str | None], list[Place]] = {}
    for place in places:
        found.setdefault((place.account, place.region, place.endpoint), []).append(place)
    return list(found.values())


def _enter(place: Place) -> tuple[Open | None, Finding]:
    """Clients of an account; None where the credentials are not for it."""
    made: list[Open] = []

    def sts() -> object:
        made.append(opener(place.region, place.endpoint))
        return made[0]("sts")

    who, finding = accounts.credentials(sts, os.environ, place.account)
    return (made[0] if who else None), finding


def _account(about: str, places: Sequence[Place], open_: Open, folder: Path, now: datetime) -> Iterator[Question]:
    """What all environments of an account share: AWS's own roles, and quotas."""
    yield Question(about, accounts.ROLES, lambda: accounts.linked_roles(open_("iam")))
    need = quotas.Need()
    uncounted: list[Finding] = []
    for place in places:
        if place.shared:
            continue
        try:
            need += needed(size(values(place.stack, folder)), stands=_stands(place, open_))
        except Exception as error:
            told = error if isinstance(error, DeliveryError) else _unread(place.stack, error)
            uncounted.append(warning(quotas.QUOTAS, f"{place.stack} is not counted: {told.message}", told.fix))
    yield Question(about, quotas.QUOTAS, lambda: uncounted)
    region = places[0].region
    for one in quotas.ALL:
        yield Question(about, quotas.QUOTAS, partial(quotas.quota, one, open_, need, region, now))


def needed(found: Size, *, stands: bool) -> quotas.Need:
    """What an environment still needs: the greens of a release where it stands, else all of it."""
    greens = found.vcpus(releasing=True) - found.vcpus(releasing=False)
    if stands:
        return quotas.Need(vcpus=greens)
    return quotas.Need(
        vcpus=found.vcpus(releasing=True),
        balancers=1 if found.shifted else 0,
        target_groups=2 * len(found.shifted),
        addresses=found.nats,
        vpcs=1 if found.own_network else 0,
    )


def _stands(place: Place, open_: Open) -> bool:
    """Whether an environment exists; one that cannot be looked at is taken to: its own questions say why."""
    try:
        return Store(open_("s3"), place.bucket).pointer() is not None
    except Exception:
        return True


def _environment(place: Place, open_: Open, now: datetime) -> Iterator[Question]:
    """What is asked of one environment."""
    stack, store = place.stack, Store(open_("s3"), place.bucket)
    rule = Names(project=place.project, stack=stack).of(Kind.EVENT_RULE, "warden")

    def may() -> Iterator[Finding]:
        wanted = rights.of_release(
            store.ground() or (),
            place.bucket,
            partition=partition(place.region),
            region=place.region,
            account=place.account,
        )
        return rights.rights(open_("iam"), open_("sts").get_caller_identity()["Arn"], wanted)

    def moves() -> Iterator[Finding]:
        journal = store.journal() is not None
        return environments.in_flight(open_("codedeploy"), store.ground() or (), stack, journal=journal)

    def watched() -> Iterator[Finding]:
        return environments.alarms(open_("cloudwatch"), store.ground() or (), stack)

    def stands() -> Iterator[Finding]:
        return environments.parts(open_("codedeploy"), open_("iam"), store.ground() or (), stack)

    def written() -> Iterator[Finding]:
        if any(service.shifts for service in store.ground() or ()):
            yield from environments.warden(open_("events"), rule, stack)

    def world() -> World:
        return World(open_("ecs"), Listeners(open_("elbv2"), open_("ec2")), Definitions(open_("ecs")))

    def drifted() -> Iterator[Finding]:
        return drift.served(world(), store, store.ground() or (), stack)

    def reached() -> Iterator[Finding]:
        return drift.ways(open_("elbv2"), open_("ec2"), world(), store.ground() or (), stack)

    yield Question(stack, rights.RIGHTS, may)
    yield Question(stack, environments.RELEASE, lambda: environments.under_way(store, stack, now, SESSION))
    yield Question(stack, environments.HOLD, lambda: environments.held(store, stack))
    yield Question(stack, environments.DEPLOYMENTS, moves)
    yield Question(stack, environments.ALARMS, watched)
    yield Question(stack, environments.PARTS, stands)
    yield Question(stack, environments.PARTS, written)
    yield Question(stack, drift.DRIFT, drifted)
    yield Question(stack, drift.DRIFT, reached)
    yield Question(stack, drift.DRIFT, lambda: drift.images(open_("ecr"), store, stack))


def _locks(place: Place, now: datetime) -> Iterator[Question]:
    def locked() -> Iterable[Finding]:
        try:
            url = backend.url()
        except DeliveryError:
            return []  # told once, of the state
        return state.locks(backend.locks(place, url), Owners(), place.stack, now, SESSION)

    yield Question(place.stack, state.LOCK, locked)


def _state(place: Place) -> Iterator[Finding]:
    """Where Pulumi's state is, and how safe it is there."""
    try:
        url = backend.url()
    except DeliveryError as error:
        yield problem(state.STATE, error.message, error.fix)
        return
    bucket = backend.bucket(place, url)
    parts = urlsplit(url)
    if bucket is not None:
        client, name = bucket
        yield from state.state_bucket(client, name, account=place.account, region=place.region)
    elif parts.scheme == "file":
        yield warning(
            state.STATE,
            f"is kept at {url}, a folder of this machine: it is lost with it, and no other machine sees its locks",
            "`./slipway init` makes a bucket; `pulumi stack export` and `import` move a state",
        )
    else:
        yield ok(state.STATE, f"is kept at {parts.scheme}://{parts.hostname or ''}, which looks after it")


def _lines(found: Sequence[Found]) -> Iterator[str]:
    """Findings for a person, under what they are of."""
    wide = max((len(one.finding.check) for one in found), default=0)
    about = ""
    for one in found:
        if one.about != about:
            about = one.about
            yield about
        finding = one.finding
        level = click.style(f"{finding.level.value:<7}", fg=_COLOURS[finding.level])
        yield f"  {level}  {finding.check:<{wide}}  {finding.what}"
        if finding.fix:
            yield f"  {'':<7}  {'':<{wide}}  → {finding.fix}"
