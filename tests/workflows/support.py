"""Projects on disk that workflow files are rendered for: one of each kind that people have."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.settings.support import PRODUCTION as OTHER
from tests.settings.support import PROJECT_FILE, STAGING
from workflows import Layout, files
from workflows.rendering import Target
from workflows.values import environments

ROOT = Path(__file__).resolve().parents[2]
#: With time enough for workers.
PRODUCTION = {**OTHER, "shop:session": "2h"}
API = {"build": "backend", "port": 8000}
SUITES = {
    suite: f"make {suite}" for suite in ("quality", "unit", "integration", "end_to_end", "regression", "performance")
}
#: All that can be asked for.
EVERYTHING = {
    "suites": SUITES,
    "stores": ["postgres", "redis"],
    "frontend": "frontend",
    "python": ["3.11", "3.12", "3.13"],
    "cache": ["~/.cache/one", "~/.cache/two"],
}
#: Nothing that need not be.
NOTHING = {"suites": {}, "approval": "none", "code_scanning": False}


def project(
    root: Path,
    *,
    services: Mapping[str, Any] | None = None,
    workflows: Mapping[str, Any] | None = None,
    staging: Mapping[str, Any] | None = None,
    production: Mapping[str, Any] | None = PRODUCTION,
) -> Path:
    """Write a project to `root` and return it. production: None where there is only staging."""
    services = services or {"api": API}
    root.mkdir(parents=True, exist_ok=True)
    for service in services.values():
        context = root / service["build"]
        context.mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").touch()
    config = {**PROJECT_FILE["config"], "services": {"default": services}, "workflows": {"default": workflows or {}}}
    _write(root / "Pulumi.yaml", {**PROJECT_FILE, "config": config})
    _write(root / "Pulumi.staging.yaml", {"config": {**STAGING, **(staging or {})}})
    if production is not None:
        _write(root / "Pulumi.production.yaml", {"config": dict(production)})
    (root / "requirements.txt").write_text("pulumi==3.272.0  # the SDK\n")
    return root


def _write(path: Path, content: Mapping[str, Any]) -> None:
    # In C, as `read` below.
    path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper))


def rendered(root: Path, folder: str = "", target: Target = "github", only: tuple[str, ...] = ()) -> dict[str, str]:
    """Render the files for the project in `root`."""
    return files(environments(root), Layout(root=root, folder=folder), target, only)


def rendered_for(target: Target = "github", **kind: Any) -> dict[str, str]:
    """Render the files for a project of a kind, as `project` takes it; for the same one only once."""
    return dict(_rendered_for(target, json.dumps(kind, sort_keys=True)))


@functools.cache
def _rendered_for(target: Target, kind: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        return rendered(project(Path(folder), **json.loads(kind)), target=target)


@functools.cache
def read(text: str) -> Any:
    """Return what a file says, to be read only."""
    # In C: in Python a workflow takes a tenth of a second, and each test reads all of them.
    return yaml.load(text, yaml.CSafeLoader)


def jobs(text: str) -> dict[str, Any]:
    """Return a workflow's jobs."""
    found = read(text)["jobs"]
    assert isinstance(found, dict)
    return dict(found)


def steps(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return every step of a workflow with the job that it is in."""
    return [(job, step) for job, content in jobs(text).items() for step in content["steps"]]
