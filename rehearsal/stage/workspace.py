"""The project that is rehearsed: the checkout's program by links, its settings as copies, the application beside it.

Nothing is edited on the way: the settings are the shipped ones, and what the rehearsal needs otherwise it says with
`pulumi config set`, as a person would. Pulumi writes that into the copies; the checkout stays as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.errors import RehearsalError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
#: What rehearsals leave where they are started.
REPORTS = {f"{what}-report.{kind}" for what in ("rehearsal", "faults") for kind in ("json", "html")}
#: What a project does not need from the checkout, or has as a copy of its own.
LEFT_OUT = frozenset({".git", "example", "tests", "docs", *REPORTS})
#: Reads YAML without making objects of it; the one in C is ten times as fast, and not everywhere.
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STAGING = "staging"
PRODUCTION = "production"
SHARED = "shared"


@dataclass(frozen=True)
class Project:
    """What the project's files say that the rehearsal has to know."""

    name: str
    account: str
    region: str
    service: str
    """The service that the traffic goes to."""
    context: str
    """The folder that it is built from, relative to the project."""
    service_settings: dict[str, Any]

    @classmethod
    def read(cls, folder: Path = CHECKOUT) -> Project:
        """Read `Pulumi.yaml` and `Pulumi.staging.yaml`."""
        project = _yaml(folder / "Pulumi.yaml")
        name = str(project["name"])
        config = _yaml(folder / f"Pulumi.{STAGING}.yaml").get("config") or {}
        services: dict[str, Any] = _default(project.get("config") or {}, name, "services")
        service = next((key for key, fields in services.items() if fields.get("port")), "")
        if not service:
            raise RehearsalError(
                "Pulumi.yaml has no service with a port, so nobody could see a release.",
                "give a service a `port` for the rehearsal.",
            )
        return cls(
            name=name,
            account=str(config.get(f"{name}:account", "")),
            region=str(config.get("aws:region", "")),
            service=service,
            context=str(services[service]["build"]),
            service_settings=services[service],
        )


def lay_out(folder: Path, checkout: Path = CHECKOUT) -> None:
    """Make the project's folder: links to the program, copies of what Pulumi may write to."""
    folder.mkdir(parents=True)
    for entry in _program(checkout):
        if entry.name.startswith("Pulumi") and entry.suffix == ".yaml":
            shutil.copy(entry, folder / entry.name)
        else:
            (folder / entry.name).symlink_to(entry)


def _program(checkout: Path) -> Iterator[Path]:
    for entry in sorted(checkout.iterdir()):
        hidden = entry.name.startswith(".") and entry.name != ".venv"
        if entry.name not in LEFT_OUT and not hidden and entry.name != "__pycache__":
            yield entry


def _default(config: dict[str, Any], project: str, key: str) -> Any:
    found = config.get(key) or config.get(f"{project}:{key}") or {}
    return found.get("default") or found.get("value") or {}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(), LOADER)  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError) as error:
        raise RehearsalError(
            f"{path.name} cannot be read: {error}", "mend it; `git diff` shows what has changed."
        ) from None
    return content if isinstance(content, dict) else {}
