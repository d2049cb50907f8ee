"""Workflow files as far as GitHub itself reads them before a runner does: triggers, inputs, jobs, environments."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import yaml

from rehearsal.github.errors import Refused
from rehearsal.github.expressions import Context, filled
from rehearsal.github.world import Repository

FOLDER = ".github/workflows"


@dataclass(frozen=True)
class JobPlan:
    """One job of a file; `deploys` is whether its environment gets a deployment record, `content` what it says."""

    key: str
    name: str
    needs: tuple[str, ...]
    environment: str | None
    deploys: bool
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    path: str
    name: str
    triggers: dict[str, Any]
    content: dict[str, Any]

    def jobs(self, context: Context) -> list[JobPlan]:
        """The jobs, with what is known when a run begins (`github`, `inputs`) put into names and environments."""
        plans = []
        for key, job in (self.content.get("jobs") or {}).items():
            needs = job.get("needs") or []
            environment = job.get("environment")
            details = environment if isinstance(environment, dict) else {"name": environment}
            plans.append(
                JobPlan(
                    str(key),
                    filled(job.get("name", key), context),
                    (needs,) if isinstance(needs, str) else tuple(needs),
                    filled(details["name"], context) if details.get("name") else None,
                    details.get("deployment") is not False,
                    job,
                )
            )
        return plans

    def inputs(self, given: dict[str, Any], environments: list[str]) -> dict[str, str]:
        """The inputs of a dispatch, with defaults.

        Raises:
            Refused: 422, GitHub's words for what is wrong with them.

        """
        asked: dict[str, Any] = (self.triggers.get("workflow_dispatch") or {}).get("inputs") or {}
        if unknown := [name for name in given if name not in asked]:
            raise Refused(422, f"Unexpected inputs provided: {json.dumps(unknown)}")
        found = {}
        for name, spec in asked.items():
            spec = spec or {}
            value = given.get(name, spec.get("default"))
            if value in (None, "") and spec.get("required"):
                raise Refused(422, f"Required input '{name}' not provided")
            text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            options = spec.get("options") or [] if spec.get("type") == "choice" else None
            if spec.get("type") == "environment" and text:
                options = environments
            if options is not None and text and text not in [str(one) for one in options]:
                raise Refused(422, f"Provided value '{text}' for input '{name}' not in the list of allowed values")
            found[str(name)] = text
        return found


def read(repo: Repository, sha: str, path: str) -> Workflow | None:
    """The workflow file of a commit; None where there is none that can be read."""
    content = repo.git.file(sha, path)
    if content is None:
        return None
    try:
        parsed = yaml.safe_load(content)
    except yaml.YAMLError:
        return None
    if not isinstance(parsed, dict):
        return None
    # YAML 1.1 reads the key `on` as true.
    triggers = parsed.get("on", parsed.get(True)) or {}
    if isinstance(triggers, str):
        triggers = {triggers: None}
    elif isinstance(triggers, list):
        triggers = dict.fromkeys(triggers)
    return Workflow(path, str(parsed.get("name", path)), triggers, parsed)


def every(repo: Repository, sha: str) -> list[Workflow]:
    """All workflow files of a commit."""
    paths = [one.path for one in repo.git.tree(sha, path=f"{FOLDER}/") if one.path.endswith((".yml", ".yaml"))]
    return [found for path in paths if (found := read(repo, sha, path)) is not None]
