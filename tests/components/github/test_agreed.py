"""What rendered workflows read, the setting `github` declares: both are made from the same files, and compared."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from components import Shared, SharedArgs
from settings import Shared as SharedSettings
from settings.reading import read as read_settings
from settings.source import from_files
from tests.components.support import ACCOUNT, build
from tests.settings.support import SHARED
from tests.workflows.support import PRODUCTION, jobs, project, read, rendered
from tests.workflows.test_files import workflow_files

GITHUB = {"repository": "acme/shop", "reviewers": ["alice", "acme/platform"], "state": "acme-state", "wait_minutes": 5}
#: In the account of the shared stack, which then declares all roles.
HERE = {**PRODUCTION, "shop:account": ACCOUNT}
#: Kinds of projects: what each gives to `project`.
KINDS: dict[str, dict[str, Any]] = {
    "reviewers": {"production": HERE},
    "pull request": {"production": HERE, "workflows": {"approval": "pull_request"}},
    "nobody": {"production": HERE, "workflows": {"approval": "none"}},
    "staging alone": {"production": None},
}
_READS = re.compile(r"\b(?:vars|secrets)\.\w+")


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The two sides of a project."""

    jobs: dict[str, dict[str, Any]]
    """Every job of its workflows, by file and name."""
    outside: list[dict[str, Any]]
    """What stands in the files beside jobs."""
    environments: dict[str, dict[str, Any]]
    """What the shared stack declares on GitHub, by name."""
    found: dict[str, set[str]]
    """What a job finds in an environment: `vars.NAME`, `secrets.NAME`."""
    trusted: list[str]
    """The environments that roles trust, once for each role."""

    def users(self) -> list[tuple[str, dict[str, Any], str]]:
        """Return the jobs that stand in an environment, with it."""
        return [(name, job, job["environment"]["name"]) for name, job in self.jobs.items() if "environment" in job]


@pytest.fixture(params=KINDS, scope="module")
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    """Render a project's workflows and build its shared stack."""
    root = project(tmp_path_factory.mktemp("project"), **KINDS[request.param])
    (root / "Pulumi.shared.yaml").write_text(yaml.safe_dump({"config": {**SHARED, "shop:github": GITHUB}}))
    stack = read_settings(from_files(root, "shared", {}))
    assert isinstance(stack, SharedSettings)
    built = build(lambda on: Shared("shared", SharedArgs(stack=stack), on), stack)
    found: dict[str, set[str]] = defaultdict(set)
    for one in built.of("ActionsEnvironmentVariable").values():
        found[one.inputs["environment"]].add(f"vars.{one.inputs['variableName']}")
    for one in built.of("ActionsEnvironmentSecret").values():
        found[one.inputs["environment"]].add(f"secrets.{one.inputs['secretName']}")
    policies = [json.loads(one.inputs["assumeRolePolicy"]) for one in built.of("Role").values()]
    texts = workflow_files(rendered(root))
    return Sides(
        jobs={f"{path}: {name}": job for path, text in texts.items() for name, job in jobs(text).items()},
        outside=[{key: value for key, value in read(text).items() if key != "jobs"} for text in texts.values()],
        environments={
            one.inputs["environment"]: dict(one.inputs) for one in built.of("RepositoryEnvironment").values()
        },
        found=found,
        trusted=[
            policy["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:environment"]
            for policy in policies
        ],
    )


def test_a_job_reads_what_its_environment_has(sides: Sides) -> None:
    for name, job in sides.jobs.items():
        environment = job.get("environment", {}).get("name")
        missing = set(_READS.findall(json.dumps(job))) - sides.found.get(environment, set())
        assert not missing, f"{name} in {environment}"
    assert not _READS.findall(json.dumps(sides.outside))


def test_every_environment_is_declared_and_every_declared_one_is_used(sides: Sides) -> None:
    """GitHub makes one that nobody declared, and guards it against nobody."""
    assert {environment for _, _, environment in sides.users()} == sides.environments.keys()


def test_a_role_is_taken_where_one_trusts_it(sides: Sides) -> None:
    takes = {
        environment
        for _, job, environment in sides.users()
        if any("role-to-assume" in step.get("with", {}) for step in job["steps"])
    }
    assert sorted(sides.trusted) == sorted(takes)
    for name, job in sides.jobs.items():
        assert ("id-token" in job["permissions"]) == (job.get("environment", {}).get("name") in takes), name


def test_who_waits_for_reviewers_finds_nothing_and_keeps_nobody(sides: Sides) -> None:
    waiting = {name for name, one in sides.environments.items() if "reviewers" in one}
    for name, job, environment in sides.users():
        if environment in waiting and not environment.endswith("-rollback"):
            assert "concurrency" not in job, name
            assert environment not in sides.found
            assert environment not in sides.trusted


def test_reviewers_are_asked_where_the_setting_says_so(sides: Sides, request: pytest.FixtureRequest) -> None:
    asked = request.node.callspec.params["sides"] == "reviewers"
    waiting = {name for name, one in sides.environments.items() if "reviewers" in one}
    assert waiting == ({"production-approval", "production-rollback"} if asked else set())
    assert {name for name, one in sides.environments.items() if "waitTimer" in one} <= {
        "production-approval",
        "production",
    }
