"""`./slipway leave`: hands an environment over. Everything keeps running; afterwards AWS's own tools deploy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from delivery.aws import explained
from delivery.errors import DeliveryError, Refused
from delivery.leaving import HandedOver, Leaving, Step
from naming import Kind, Names
from ops import backend
from ops.asking import confirm, options
from ops.place import Place, find
from ops.reach import reach

#: What of our types an update would go on acting with, as the state calls it; inner ones first.
_OURS = (
    "slipway:aws:Release$slipway:index:Release::release-release",
    "slipway:aws:Warden$aws:cloudwatch/eventTarget:EventTarget::warden-target",
    "slipway:aws:Warden$aws:cloudwatch/eventRule:EventRule::warden-rule",
)


@click.command(epilog="Example: ./slipway leave -s staging --dry-run")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@options
def leave(stack: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Hand an environment over: everything keeps running, and plain `aws ecs deploy` works afterwards.

    Lets deployments go on without waiting for our checks, deletes the warden's rule, frees autoscaling, drops wishes
    and lifts a hold; nothing that serves is touched, nothing is destroyed. Writes what `aws ecs deploy` reads into
    leave-STACK/, and says what stays and how to let go of Pulumi's state. Refused while a release is under way. Doing
    it again goes on where it stopped; `pulumi up --refresh` takes all of it back.
    """
    place = find(stack)
    near = reach(place)
    services = near.store.ground()
    if not services:
        raise Refused(
            f"nothing is written down about what {stack} is delivered with: nothing was released there, or long ago",
            f"`pulumi up -s {stack}` writes it; then leave",
        )
    rule = Names(project=place.project, stack=place.stack).of(Kind.EVENT_RULE, "warden")
    leaving = Leaving(stack, near.store, services, near.tools, place.client("events"), rule=rule, who=near.who)
    notes = [*leaving.refuse_busy(), *_refuse_locked(place)]
    steps, parts = leaving.steps(), leaving.handed_over()
    files = _files(stack, parts)
    missing = {path: text for path, text in files.items() if not path.exists()}
    lines = [*_preview(stack, steps, notes), *(f"  + {path}: is written" for path in missing)]
    nothing = all(step.done for step in steps) and not missing
    if dry_run or nothing:
        for line in lines:
            click.echo(line, err=as_json)
        click.echo(
            "Nothing was changed (--dry-run)." if dry_run else f"{stack} is handed over already: nothing to do.",
            err=as_json,
        )
    else:
        confirm(lines, f"Hand {stack} over?", yes=yes, as_json=as_json)
        for step in steps:
            if not step.done:
                leaving.run(step)
                click.echo(f"done: {step.what} {step.will}", err=True)
        _write(missing)
    if as_json:
        click.echo(json.dumps(_stored(place, steps, parts, notes, files, done=not dry_run), indent=2))
        return
    for line in _afterwards(place, parts):
        click.echo(line)


def _refuse_locked(place: Place) -> list[str]:
    """Refuse while an update holds the stack; return what could not be asked."""
    try:
        found = backend.locks(place, backend.url()).all()
    except DeliveryError as error:
        return [f"whether an update runs could not be asked: {error.message}"]
    except (BotoCoreError, ClientError, OSError) as error:
        return [f"whether an update runs could not be asked: {explained(error).message}"]
    if found:
        lock = found[0]
        raise Refused(
            f"{place.stack} is locked by {lock.user}@{lock.host}, process {lock.pid}: an update may be running",
            f"wait for its end; `./slipway unlock -s {place.stack}` removes the lock of one that was killed",
        )
    return []


def _preview(stack: str, steps: Sequence[Step], notes: Sequence[str]) -> Iterator[str]:
    yield f"{stack} is handed over to you. All of it keeps running:"
    for step in steps:
        yield f"  = {step.what}: {step.found}" if step.done else f"  ~ {step.what} {step.will}"
    for note in notes:
        yield f"  ! {note}"


def _names(stack: str, part: HandedOver) -> tuple[Path, Path]:
    """Where a service's task definition and AppSpec are written, from here."""
    folder = Path(f"leave-{stack}")
    return folder / f"{part.service.name}.task-definition.json", folder / f"{part.service.name}.appspec.json"


def _files(stack: str, parts: Sequence[HandedOver]) -> dict[Path, str]:
    """What AWS's tools read, by path."""
    found: dict[Path, str] = {}
    for part in parts:
        definition, spec = _names(stack, part)
        found[definition] = json.dumps(part.task_definition, indent=2, default=str) + "\n"
        if part.service.shifts:
            found[spec] = json.dumps(part.appspec, indent=2) + "\n"
    return found


def _write(files: dict[Path, str]) -> None:
    """Write what is not there: what is there may have been edited by now."""
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        click.echo(f"done: {path} is written", err=True)


def deploy_commands(place: Place, part: HandedOver) -> list[str]:
    """The commands that bring another image to a service, once it stands in the task definition's file."""
    service = part.service
    definition, spec = map(str, _names(place.stack, part))
    at = ["--region", place.region]
    cluster = ["--cluster", service.cluster_name, "--service", service.service]
    before = f"AWS_ENDPOINT_URL={shlex.quote(place.endpoint)} " if place.endpoint else ""
    if service.shifts:
        words = [
            *["aws", "ecs", "deploy", *at, *cluster, "--task-definition", definition, "--codedeploy-appspec", spec],
            *["--codedeploy-application", service.application or ""],
            *["--codedeploy-deployment-group", service.deployment_group or ""],
        ]
        return [before + shlex.join(words)]
    register = ["aws", "ecs", "register-task-definition", *at, "--cli-input-json", f"file://{definition}"]
    family = str(part.task_definition.get("family", ""))
    update = ["aws", "ecs", "update-service", *at, *cluster, "--task-definition", family]
    return [before + shlex.join(register), before + shlex.join(update)]


def pulumi_commands(place: Place) -> dict[str, list[str]]:
    """How to let go of Pulumi's state: `copy` of it first, then `all` of it, or only what is `ours`."""
    stack, urn = place.stack, f"urn:pulumi:{place.stack}::{place.project}"
    return {
        "copy": [f"pulumi stack export -s {stack} --file leave-{stack}/state.json"],
        "all": [f"pulumi stack rm {stack} --preserve-config --force"],
        "ours": [f"pulumi state delete '{urn}::{name}' -s {stack}" for name in _OURS],
    }


def stays(place: Place) -> list[str]:
    """What is left where it is, in words."""
    return [
        f"s3://{place.bucket}: every release that was recorded; delete it when nobody wants to know any more",
        "cluster, services, load balancer, network, logs; alarms, which take a bad deployment back as before",
        "the roles of tasks, CodeDeploy and functions; the functions checker and warden, which nobody calls any more",
        f"Pulumi.yaml, Pulumi.{place.stack}.yaml, and Pulumi's state",
        "workflow files and their roles: delete the files, or the next push runs `pulumi up` again",
    ]


def _afterwards(place: Place, parts: Sequence[HandedOver]) -> Iterator[str]:
    commands = pulumi_commands(place)
    yield "What stays:"
    yield from (f"  {line}" for line in stays(place))
    yield "To deploy, write the new image into the task definition's file, then:"
    for part in parts:
        yield from (f"  {command}" for command in deploy_commands(place, part))
    yield "To let go of Pulumi's state (a copy first; nothing in AWS is touched):"
    yield from (f"  {command}" for command in (*commands["copy"], *commands["all"]))
    yield "Or only of what acts, where Pulumi goes on with the rest (take release and warden out of __main__.py):"
    yield from (f"  {command}" for command in commands["ours"])
    yield "Never `pulumi destroy`: it deletes the environment."


def _stored(
    place: Place,
    steps: Sequence[Step],
    parts: Sequence[HandedOver],
    notes: Sequence[str],
    files: dict[Path, str],
    *,
    done: bool,
) -> dict[str, Any]:
    return {
        "environment": place.stack,
        "done": done,
        "steps": [{"what": step.what, "did" if done else "would": step.will or None} for step in steps],
        "notes": list(notes),
        "files": [str(path) for path in files],
        "stays": stays(place),
        "deploy": {part.service.name: deploy_commands(place, part) for part in parts},
        "pulumi": pulumi_commands(place),
    }
