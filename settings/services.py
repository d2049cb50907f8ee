"""Reading the services: what each is made of and how it is reached."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from delivery.checks import EVERY
from delivery.plan import Check, Migration
from settings.fargate import size
from settings.model import App, Build, Door, Scale
from settings.node import Fields, Node
from settings.problems import NOTHING
from settings.table import CHECK, MIGRATE, SERVICE, defaults

NAME = r"[a-z](-?[a-z0-9])*"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
PATH = r"/[^\s#]*"

#: A service's name is part of many names in AWS; longer ones would be cut beyond recognition.
LONGEST_NAME = 20
#: Minutes: what a session of twelve hours leaves room for, beside the rest of a release.
_LONGEST_MIGRATION = 10 * 60
#: Names that would meet things of ours: the repository of the layer cache, the log group of the checker.
RESERVED = ("cache", "checker")


def services(
    node: Node, *, env: Mapping[str, str], scale: Node, base_image: str, https: bool, ahead: str, root: Path
) -> tuple[App, ...]:
    """Read all services. `env`, `scale`, `base_image` and `ahead` are the place's own settings."""
    apps: list[App] = []
    listeners: list[Node] = []
    after: dict[str, Node] = {}
    found = node.object()
    if node.ok and not found:
        node.wrong("must name at least one service", got="none")
    scales = scale.object()
    for name, entry in found.items():
        _name(entry, name)
        fields = entry.fields(defaults(SERVICE))
        cpu, memory = size(fields["cpu"], fields["memory"])
        door = _door(fields, https=https)
        if door is not None:
            listeners += [fields["listener"], fields["test_listener"]]
            if fields["after"].given:
                fields["after"].wrong("has no meaning with a port", "traffic shifts before any worker rolls: remove it")
        else:
            after[name] = fields["after"]
        apps.append(
            App(
                name=name,
                build=_build(fields, base_image, root),
                door=door,
                command=_command(fields["command"]),
                cpu=cpu,
                memory=memory,
                env={**variables(fields["env"]), **env},
                policies=tuple(
                    item.needed(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/.+", "must be the ARN of an IAM policy")
                    for item in fields["policies"].items()
                ),
                grace=fields["grace"].integer(0, 7200),
                scale=_scale(scales.get(name)),
                migration=_migration(fields["migrate"], ahead),
            )
        )
    for name, entry in scales.items():
        if name not in found:
            entry.wrong("no service has this name", f"there is {' · '.join(found)}" if found else "", got="")
    _apart(listeners)
    rank = in_order({name: _after(node, name, found, after) for name, node in after.items()}, after)
    return tuple(sorted(apps, key=lambda app: rank.index(app.name) if app.name in rank else -1))


def in_order(after: Mapping[str, Sequence[str]], nodes: Mapping[str, Node]) -> list[str]:
    """Return workers in the order in which they roll: as they stand, but each behind those it names.

    Where that leads round in a circle it is noted at the node of the first one in it.
    """
    rank: list[str] = []

    def place(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            circle = " → ".join([*way[way.index(name) :], name])
            if nodes[name].ok:
                nodes[name].wrong("must not lead back to itself", "remove one of them", got=circle)
            return
        for other in after[name]:
            if other not in rank:
                place(other, (*way, name))
        if name not in rank:
            rank.append(name)

    for name in after:
        place(name, ())
    return rank


def variables(node: Node) -> dict[str, str]:
    """Read environment variables or build arguments."""
    return {variable(item, name): item.text() for name, item in node.object().items()}


def variable(node: Node, name: str) -> str:
    """Check the name of an environment variable, which is the last part of the node's key."""
    if not re.fullmatch(VARIABLE, name):
        node.wrong("must be named with letters, digits and underscores, no digit first", got=name or "an empty name")
    return name


def _name(node: Node, name: str) -> None:
    """Check the name of a service."""
    shown = name or "an empty name"
    if not re.fullmatch(NAME, name):
        node.wrong("must be named with small letters, digits and single hyphens, a letter first", got=shown)
    elif len(name) > LONGEST_NAME:
        node.wrong(f"must have a name of at most {LONGEST_NAME} characters", got=f"{len(name)}")
    elif name in RESERVED:
        node.wrong("must have another name: Slipway uses this one itself", got=shown)


def _build(fields: Fields, base_image: str, root: Path) -> Build:
    """Read what an image is made from, and see that it is there."""
    folder, recipe = fields["build"], fields["dockerfile"]
    context = folder.needed(r"\S(.*\S)?", "must be the folder to build from", "the one with the Dockerfile")
    dockerfile = recipe.needed(r"\S(.*\S)?", "must be a file in the build folder")
    if folder.ok and not (root / context).is_dir():
        folder.wrong("must be a folder that exists", "paths are relative to Pulumi.yaml")
    elif folder.ok and recipe.ok and not (root / context / dockerfile).is_file():
        recipe.wrong(f"must be a file in {context}")
    args = variables(fields["args"])
    if base_image:
        args["BASE_IMAGE"] = base_image
    return Build(context=context, dockerfile=str(Path(context, dockerfile)), args=args)


def _door(fields: Fields, *, https: bool) -> Door | None:
    """Read how a service is reached; None for a worker, for which fields about reaching it are refused."""
    about = {key: fields[key] for key in ("listener", "test_listener", "health", "checks", "drain")}
    if not fields["port"].given:
        for node in about.values():
            if node.given:
                node.wrong("has no meaning without a port", "set port, or remove it")
        return None
    for key, usual in (("listener", 443 if https else 80), ("test_listener", 8443 if https else 8080)):
        if not about[key].given:
            about[key].value = usual
    health = about["health"].needed(PATH, "must be a path that begins with a slash", _slash(about["health"]))
    return Door(
        port=fields["port"].integer(1, 65535),
        listener=about["listener"].integer(1, 65535),
        test_listener=about["test_listener"].integer(1, 65535),
        health=health,
        checks=_checks(about["checks"], health),
        drain=about["drain"].integer(0, 3600),
    )


def _checks(node: Node, health: str) -> tuple[Check, ...]:
    """Read the checks: paths, or objects that say more. Without any, the health path is asked."""
    if not node.given:
        return (Check(path=health),)
    checks = []
    for item in node.items():
        if not isinstance(item.value, dict):
            checks.append(Check(path=item.needed(PATH, "must be a path that begins with a slash", _slash(item))))
            continue
        fields = item.fields(defaults(CHECK))
        path, expected, contains = fields["path"], fields["json"], fields["contains"]
        checks.append(
            Check(
                path=path.needed(PATH, "must be a path that begins with a slash", _slash(path)),
                status=fields["status"].integer(100, 599),
                json=_json(expected) if expected.given else None,
                contains=contains.text() if contains.given else None,
            )
        )
    if node.ok and not checks:
        node.wrong("must name at least one path", "remove it to ask the health path")
    return tuple(checks)


def _json(node: Node) -> dict[str, Any]:
    """Read what a JSON answer must hold: values by dotted path."""
    found = node.object()
    for path, part in found.items():
        steps = path.split(".")
        if "" in steps:
            part.wrong("must be a path of names with dots between them", "such as database.status", got=path or NOTHING)
        elif any("*" in step and step != EVERY for step in steps):
            part.wrong("must have `*` alone between dots, for every entry", "such as dependencies.*.status", got=path)
    return {path: part.value for path, part in found.items()}


def _after(node: Node, name: str, services: Mapping[str, Node], workers: Mapping[str, Node]) -> list[str]:
    """Read which workers go before the worker `name`."""
    others = []
    for item in node.items():
        other = item.text()
        if other == name:
            item.wrong("must name another worker")
        elif other not in services:
            item.wrong("no service has this name", f"there is {' · '.join(services)}")
        elif other not in workers:
            item.wrong("must name a worker", f"{other} has a port: its traffic shifts before any worker rolls")
        else:
            others.append(other)
    return others


def _command(node: Node) -> tuple[str, ...]:
    """Read a command: words, or one text that is cut into words as a shell would."""
    if not node.given:
        return ()
    if isinstance(node.value, str):
        try:
            return tuple(shlex.split(node.value))
        except ValueError:
            node.wrong("must be a command whose quotes are closed")
            return ()
    return tuple(item.text() for item in node.items())


def _migration(node: Node, ahead: str) -> Migration | None:
    """Read what brings a database's schema, and what undoes it; None where nothing does."""
    if not node.given:
        return None
    fields = node.fields(defaults(MIGRATE))
    if not node.ok:
        return None
    command, timeout = fields["command"], fields["timeout"]
    words = _command(command)
    if command.ok and not words:
        command.wrong("must be a command", "such as python -m service.migrate up")
    text = timeout.needed(r"[1-9]\d{0,3}[mh]", "must be minutes or hours", "such as 15m or 2h")
    minutes = int(text[:-1]) * (60 if text.endswith("h") else 1) if text and timeout.ok else 1
    if minutes > _LONGEST_MIGRATION:
        timeout.wrong("must be at most 10h", "a longer one is begun by hand")
        minutes = 1
    return Migration(command=words, downgrade=_command(fields["downgrade"]), timeout_minutes=minutes, ahead=ahead)


def _scale(node: Node | None) -> Scale:
    """Read a number of tasks, or the lowest and the highest."""
    if node is None:
        return Scale(low=1, high=1)
    text = node.text(r"\d{1,4}(-\d{1,4})?", "must be a number of tasks such as 2, or a range such as 2-6")
    if not text or not node.ok:
        return Scale(low=1, high=1)
    low, _, high = text.partition("-")
    scale = Scale(low=int(low), high=int(high or low))
    if scale.low > scale.high:
        node.wrong("must not begin above its end", f"did you mean {scale.high}-{scale.low}?")
    elif scale.low < 1:
        node.wrong("must be one task or more")
    return scale


def _apart(listeners: Sequence[Node]) -> None:
    """Refuse two listeners on one port: a load balancer has each port once."""
    holders: dict[str, Node] = {}
    for node in listeners:
        holder = holders.setdefault(str(node.value), node)
        if holder is not node and node.ok:
            taken = {str(other.value) for other in listeners}
            free = next(port for port in range(int(node.value) + 1, 65536) if str(port) not in taken)
            node.wrong(f"must be a port of its own, and {holder.key} has it", f"set another, such as {free}")


def _slash(node: Node) -> str:
    """Return the path with the slash it lacks."""
    return f"did you mean /{node.value}?" if isinstance(node.value, str) and node.value else ""
