"""A project on disk and its settings as the engine would hand them over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from settings import Environment, SettingsError, Shared
from settings.reading import read
from settings.source import Source, make, project_defaults

ROOT = Path(__file__).resolve().parents[2]
PROJECT_FILE: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

#: A stack file that is right, with time enough for services that take longer than the shipped one.
STAGING = {"aws:region": "eu-central-1", "shop:account": "111122223333", "shop:nat": "none", "shop:session": "2h"}
PRODUCTION = {"aws:region": "eu-central-1", "shop:account": "444455556666", "shop:source": "staging"}
SHARED = {"aws:region": "eu-central-1", "shop:account": "111122223333", "shop:kind": "shared"}


def source(
    root: Path,
    given: Mapping[str, Any],
    *,
    stack: str = "staging",
    project: str = "shop",
    services: Mapping[str, Any] | None = None,
    secret: set[str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Source:
    """Return what `gather` would: `given` is the stack's file, `services` replaces those of Pulumi.yaml.

    `root` gets the folder that the shipped service is built from.
    """
    recipe = root / "example" / "backend" / "Dockerfile"
    recipe.parent.mkdir(parents=True, exist_ok=True)
    recipe.touch()
    project_file = dict(PROJECT_FILE)
    if services is not None:
        project_file["config"] = {**PROJECT_FILE["config"], "services": {"default": services}}
    files = {"shared": SHARED, "staging": STAGING, "production": PRODUCTION, stack: given}
    defaults = {f"{project}:{key}": value for key, value in project_defaults(project, project_file).items()}
    return make(
        root,
        project,
        stack,
        project_file=project_file,
        stack_files={name: {"config": content} for name, content in files.items()},
        configured={key: as_engine(value) for key, value in {**defaults, **given}.items()},
        secret=secret or set(),
        variables=variables or {},
    )


def as_engine(value: Any) -> str:
    """Return a value as the engine hands it over: scalars as text, objects and lists as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def staging(root: Path, **changes: Any) -> Environment:
    """Return the settings of staging, some changed."""
    found = read(source(root, {**STAGING, **_prefixed(changes)}))
    assert isinstance(found, Environment)
    return found


def shared(root: Path, **changes: Any) -> Shared:
    """Return the settings of the shared stack, some changed."""
    found = read(source(root, {**SHARED, **_prefixed(changes)}, stack="shared"))
    assert isinstance(found, Shared)
    return found


def told(wanted: Source) -> list[str]:
    """Return what is said to be wrong, a text for each problem; nothing where all is right."""
    try:
        read(wanted)
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


def _prefixed(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {f"shop:{key}": value for key, value in changes.items()}
