"""What the templates are filled with: out of the settings of the stacks, and of where the program lies."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings import Environment, Workflows, agreed
from settings.reading import read
from settings.session import SHORTEST_SESSION, spell, worst_case
from settings.source import from_files
from workflows.errors import WorkflowError
from workflows.names import PREVIEWS, PRODUCTION, ROLLBACK, STAGING

#: What an update does before its release begins: the image, the infrastructure, a load balancer at worst.
_BEFORE_SECONDS = 30 * 60
#: What a job does before and after its update: Python's packages, the engine's plugins, the outputs.
_AROUND_MINUTES = 10
#: How long a preview's credentials last.
_LOOK_SECONDS = 30 * 60
#: What GitHub gives a job on a machine of its own. https://docs.github.com/actions/reference/limits
_LONGEST_JOB_MINUTES = 360
#: suite -> what the job is called, the minutes that it may take, and the suites that it waits for.
_SUITES = {
    "quality": ("Lint, types", 10, ""),
    "unit": ("Unit tests", 10, ""),
    "integration": ("Integration tests", 15, "unit"),
    "end_to_end": ("End to end", 60, "unit, integration"),
    "regression": ("Regression", 30, "unit"),
    "performance": ("Performance budget", 30, "unit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the program lies. root: its folder on this machine; folder: its folder in the repository, or nothing."""

    root: Path
    folder: str = ""

    def inside(self, path: str) -> str:
        """Return a path of the project as one of the repository. Raises `WorkflowError` for one outside of it."""
        found = posixpath.normpath(posixpath.join(self.folder, path))
        if found.startswith(("../", "/")) or found == "..":
            where = f"{self.folder}/" if self.folder else "its top"
            raise WorkflowError(
                f"{path}: is outside of the repository, whose program lies in {where}",
                "say where the program lies in it: `./slipway render --program-in infra`",
            )
        return found


def environments(root: Path) -> dict[str, Environment]:
    """Read the settings of staging, and of production where it has a file.

    Raises `SettingsError` for wrong ones and `WorkflowError` for missing ones.
    """
    for name in ("Pulumi.yaml", f"Pulumi.{STAGING}.yaml"):
        if not (root / name).is_file():
            raise WorkflowError(f"there is no {name} in {root}", "run this where the program lies, or make the stack")
    found = {}
    for stack in (STAGING, PRODUCTION):
        if (root / f"Pulumi.{stack}.yaml").is_file():
            # What this machine's variables say is about this machine.
            settings = read(from_files(root, stack, {}))
            if not isinstance(settings, Environment):
                raise WorkflowError(
                    f"Pulumi.{stack}.yaml: is of kind shared",
                    "workflows release in it: give the shared stack another name",
                )
            if stack == PRODUCTION and settings.origin is None:
                raise WorkflowError(
                    f"Pulumi.{stack}.yaml: takes its releases from no other stack",
                    f"workflows release there what {STAGING} proved: set `source: {STAGING}`",
                )
            found[stack] = settings
    return found


def values(places: Mapping[str, Environment], layout: Layout) -> dict[str, Any]:
    """Return what all templates are filled with."""
    staging = places[STAGING]
    asked = staging.workflows
    if asked.frontend:
        layout.inside(asked.frontend)
    deploy = {stack: _place(stack, env) for stack, env in places.items()}
    look = {stack: _look(stack, env) for stack, env in places.items()}
    suites = {suite: _suite(suite, asked) for suite in asked.suites}
    production = PRODUCTION in places
    images = _images(staging, layout)
    return {
        "folder": layout.folder or ".",
        "subfolder": bool(layout.folder),
        "prefix": f"{layout.folder}/" if layout.folder else "",
        "root": f"/{layout.folder}/" if layout.folder else "/",
        "python": asked.python[0],
        "quoted": f'"{asked.python[0]}"',
        "each": "${{ matrix.python }}",
        "pythons": json.dumps(list(asked.python)),
        "pulumi": _pulumi(layout.root),
        "quality": suites.get("quality"),
        "unit": suites.get("unit"),
        "later": [suite for name, suite in suites.items() if name not in ("quality", "unit")],
        "suites": list(suites.values()),
        "coverage": f"{asked.coverage:g}",
        "cache": "\n".join(asked.cache),
        "caches": list(asked.cache),
        "stores": bool(asked.stores),
        "postgres": "postgres" in asked.stores,
        "redis": "redis" in asked.stores,
        "frontend": layout.inside(asked.frontend) if asked.frontend else "",
        "code_scanning": asked.code_scanning,
        "languages": json.dumps(["python", "actions", *(["javascript-typescript"] if asked.frontend else [])]),
        "runner": "ubuntu-24.04-arm" if staging.architecture == "arm64" else "ubuntu-24.04",
        "arm": staging.architecture == "arm64",
        "images": images,
        "approved": asked.approval != "none",
        "contexts": json.dumps(sorted({f"/{image['context']}" for image in images})),
        "pip": json.dumps(_pip(staging, layout)),
        "production": deploy.get(PRODUCTION),
        "reviewers": production and asked.approval == "reviewers",
        "proposes": production and asked.approval == "pull_request",
        "stacks": f"[{', '.join(places)}]",
        "staging": deploy[STAGING],
        "look": look,
        "looks": list(look.values()),
        "back": [_back(stack, env) for stack, env in places.items()],
    }


def _place(stack: str, env: Environment) -> dict[str, Any]:
    """Where a job releases, and how long it may take: the slowest release there is, and what comes before it."""
    slowest = sum(seconds for _, seconds in worst_case(env.strategy, env.services, env.checks_budget_seconds))
    seconds = max(SHORTEST_SESSION, min(env.session_seconds, slowest + _BEFORE_SECONDS))
    return _credentials(stack, env, seconds) | {
        "builds": env.origin is None,
        "merged": stack == PRODUCTION and env.workflows.approval == "pull_request",
        "why": f"the slowest release takes {spell(slowest)}; the session may last {spell(env.session_seconds)}",
    }


def _back(stack: str, env: Environment) -> dict[str, Any]:
    """Where a job goes back: it ends what is under way first, with credentials of its own."""
    place = _place(stack, env)
    return place | {
        "minutes": min(_LONGEST_JOB_MINUTES, 2 * place["minutes"]),
        "environment": ROLLBACK if stack == PRODUCTION else stack,
        "issues": env.tell.issues,
    }


def _look(stack: str, env: Environment) -> dict[str, Any]:
    """Where a job only looks."""
    return _credentials(stack, env, _LOOK_SECONDS) | {
        "environment": PREVIEWS[stack],
        "why": "a look takes minutes",
    }


def _credentials(stack: str, env: Environment, seconds: int) -> dict[str, Any]:
    minutes = min(_LONGEST_JOB_MINUTES, -(-seconds // 60) + _AROUND_MINUTES)
    return {
        "name": stack,
        "role": f"${{{{ vars.{agreed.ROLE_ARN} }}}}",
        "region": env.region,
        "account": env.account,
        "seconds": seconds,
        "minutes": minutes,
    }


def _suite(suite: str, asked: Workflows) -> dict[str, Any]:
    title, minutes, after = _SUITES[suite]
    each = "-${{ matrix.python }}" if suite == "unit" else ""
    return {
        "id": suite,
        "title": title,
        "minutes": minutes,
        "after": after,
        "run": asked.suites[suite],
        "artifact": f"results-{suite}{each}",
    }


def _images(staging: Environment, layout: Layout) -> list[dict[str, str]]:
    """The images that are built, each once: services may run the same.

    Raises `WorkflowError` for arguments in which GitHub would see an expression.
    """
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for app in staging.services:
        context, dockerfile = layout.inside(app.build.context), layout.inside(app.build.dockerfile)
        args = [f"{name}={value}" for name, value in sorted(app.build.args.items())]
        if any("${{" in arg for arg in args):
            raise WorkflowError(
                f"services.{app.name}.args: must hold no ${{{{ … }}}}", "a build argument is text: GitHub would read it"
            )
        words = ["docker", "build", "--file", dockerfile, "--tag", f"checked:{app.name}"]
        words += [word for arg in args for word in ("--build-arg", arg)]
        found.setdefault(
            (context, dockerfile, "\n".join(args)),
            {
                "name": app.name,
                "context": context,
                "dockerfile": dockerfile,
                "args": json.dumps("\n".join(args)),
                "build": shlex.join([*words, context]),
            },
        )
    return list(found.values())


def _pip(staging: Environment, layout: Layout) -> list[str]:
    """The folders whose Python packages Dependabot updates: the program's, and those of services that list any."""
    listed = {
        layout.inside(app.build.context)
        for app in staging.services
        if (layout.root / app.build.context / "requirements.txt").is_file()
    }
    return [f"/{layout.folder}", *sorted(f"/{folder}" for folder in listed)]


def _pulumi(root: Path) -> str:
    """The engine's version: that of the SDK which the program is written in."""
    file = root / "requirements.txt"
    found = re.search(r"^pulumi==(\S+)", file.read_text(), re.MULTILINE) if file.is_file() else None
    if found is None:
        raise WorkflowError(f"{file}: names no version of pulumi", "pin it: `pulumi==3.272.0`")
    return found[1]
