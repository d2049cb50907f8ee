"""The files of short-lived environments: what a guest takes of its host's settings, and which guests there are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from delivery.errors import DeliveryError, Refused
from ops import engine
from ops.answers import NAME
from ops.place import project_file, read
from ops.sizes import size, values

#: How the setting writes a time: `settings.guest`. A test holds them equal.
UNTIL = "%Y-%m-%dT%H:%MZ"
#: What a guest has of its own, or as its host has it; nothing of it is copied.
_NOT_COPIED = {
    "guest", "tell", "protect", "scale", "release", "version", "gates", "github", "source", "domain", "certificate_arn",
    "vpc_id", "cidr", "zones", "nat", "subnets",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A short-lived environment: its stack, whose guest it is, its first port, and until when it is needed.

    ports: of each service that has one, the load balancer's for users; the next one is for checks. branch: that it came
    from, where `origin` had it; gone: whether `origin` has it no more.
    """

    stack: str
    of: str
    port: int
    until: datetime
    ports: Mapping[str, int] = field(default_factory=dict)
    branch: str = ""
    gone: bool = False

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return datetime.now(UTC) >= self.until

    def line(self) -> str:
        """In words."""
        over = ": over" if self.expired else f": branch {self.branch} is gone" if self.gone else ""
        return f"{self.stack}: a guest of {self.of}, from port {self.port}, until {self.until:{UNTIL}}{over}"

    def told(self) -> dict[str, Any]:
        """For programs."""
        until = f"{self.until:{UNTIL}}"
        when = {"until": until, "expired": self.expired, "branch": self.branch, "gone": self.gone}
        return {"stack": self.stack, "of": self.of, "port": self.port, **when}


def named(stack: str) -> str:
    """Return the name; raises `DeliveryError` for one that no stack can have."""
    if not re.fullmatch(NAME, stack):
        raise DeliveryError(
            f"{stack!r} can be no environment's name",
            "small letters, digits and single hyphens, a letter first: such as pr-123",
        )
    return stack


def lasting(text: str) -> timedelta:
    """Read how long a guest is needed: `12h`, `7d`. Raises `DeliveryError` for anything else."""
    found = re.fullmatch(r"([1-9]\d{0,2})([hd])", text)
    if not found:
        raise DeliveryError(f"--for: {text!r} is no length of time", "such as 12h, or 7d")
    return timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])})


def file_of(stack: str, folder: Path) -> Path:
    """Return where a stack's settings are."""
    return folder / f"Pulumi.{stack}.yaml"


def known(stack: str, folder: Path) -> Guest | None:
    """Return a guest as its file describes it; None for a stack without a file. Raises `Refused` for no guest."""
    file = file_of(stack, folder)
    if not file.exists():
        return None
    said = values(stack, folder).get("guest")
    try:
        until = datetime.strptime(str(said["until"]), UNTIL).replace(tzinfo=UTC)
        ports = {str(name): int(port) for name, port in dict(said.get("ports") or {}).items()}
        branch = str(said.get("branch") or "")
        of, port = str(said["of"]), int(said["port"])
        return Guest(stack=stack, of=of, port=port, until=until, ports=ports, branch=branch)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise Refused(
            f"{stack} is no guest: {file.name} has no setting `guest`",
            f"short-lived environments alone are removed here; of others: `pulumi destroy -s {stack}`",
        ) from None


def settings_for(guest: Guest, folder: Path) -> tuple[str, list[str]]:
    """Return the text of a guest's file, and the settings of its host that cannot be taken along (encrypted ones)."""
    name = str(project_file(folder).get("name", ""))
    host = read(file_of(guest.of, folder).read_text()) or {}
    config: dict[str, Any] = {}
    left = []
    for key, value in (host.get("config") or {}).items():
        if key.removeprefix(f"{name}:") in _NOT_COPIED:
            continue
        if isinstance(value, dict) and set(value) == {"secure"}:
            left.append(key)  # encrypted for the host's stack alone
            continue
        config[key] = value
    said = {"of": guest.of, "port": guest.port, "ports": dict(guest.ports), "until": f"{guest.until:{UNTIL}}"}
    if guest.branch:
        said["branch"] = guest.branch
    config |= {f"{name}:source": "build", f"{name}:protect": False, f"{name}:guest": said}
    text = (
        f"# A guest of {guest.of}, by `./slipway env up {guest.stack}`.\n"
        f"# It goes with `./slipway env down {guest.stack}`, or with `./slipway env prune` once its time is over\n"
        "# or its branch is gone.\n"
    )
    return text + yaml.safe_dump({"config": config}, sort_keys=False, width=120), left


def doors(of: str, folder: Path) -> list[str]:
    """Return the services of an environment that have a port, by name."""
    return sorted(task.name for task in size(values(of, folder)).tasks if task.port is not None)


def all_of(folder: Path) -> list[Guest]:
    """Return the guests of a project: stacks that Pulumi knows, with a file here or without.

    Settings that are not here (a runner's, another person's) are those of the stack's last update: Pulumi keeps them.
    """
    found = []
    for stack in stacks():
        here = file_of(stack, folder).exists()
        if not here:
            engine.run(["config", "refresh", "--force", "-s", stack], quiet=True, check=False)
        try:
            if guest := known(stack, folder):
                found.append(guest)
        except Refused:
            pass  # no guest: of no concern
        finally:
            if not here:
                file_of(stack, folder).unlink(missing_ok=True)
    return sorted(found, key=lambda guest: guest.until)


def stacks() -> list[str]:
    """Return the names of the project's stacks, as Pulumi knows them."""
    said = json.loads(engine.ask(["stack", "ls", "--json"]) or "[]")
    return [str(one["name"]).rpartition("/")[2] for one in said]
