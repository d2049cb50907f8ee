"""The files: what is in them for each kind of project, and what must hold in all."""

from __future__ import annotations

import re
import runpy
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from settings import agreed
from tests.workflows.support import (
    API,
    EVERYTHING,
    NOTHING,
    PRODUCTION,
    ROOT,
    SUITES,
    jobs,
    project,
    read,
    rendered,
    rendered_for,
    steps,
)
from workflows import WorkflowError, names
from workflows.pins import pins
from workflows.rendering import MARK, PLACES, TEMPLATES

#: Kinds of projects, by what they are called.
TELLING = {"shop:tell": {"issues": "acme/shop"}}
KINDS: dict[str, dict[str, Any]] = {
    "one service": {},
    "everything": {
        "services": {"api": API, "jobs": {"build": "jobs"}, "mail": {"build": "backend", "command": "mail"}},
        "workflows": EVERYTHING,
        "production": PRODUCTION | TELLING,
    },
    "nothing": {"workflows": NOTHING},
    "by pull request": {"workflows": {"suites": SUITES, "approval": "pull_request"}},
    "staging alone": {"production": None},
    "arm": {"staging": {"shop:architecture": "arm64", "shop:base_image": "python:3.12-slim"}},
}


@pytest.fixture(params=KINDS, scope="module")
def files(request: pytest.FixtureRequest) -> dict[str, str]:
    """The files of one kind of project."""
    return rendered_for(**KINDS[request.param])


@cache
def verbs() -> frozenset[str]:
    """Those that the front door knows."""
    return frozenset(runpy.run_path(str(ROOT / "slipway"), run_name="front_door")["VERBS"])


def workflow_files(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if "workflows/" in path}


def runs(files: dict[str, str]) -> list[str]:
    return [step["run"] for text in workflow_files(files).values() for _, step in steps(text) if "run" in step]


def test_each_says_who_wrote_it(files: dict[str, str]) -> None:
    for text in files.values():
        assert MARK in text.splitlines()[0]


def test_nothing_of_a_template_is_left(files: dict[str, str]) -> None:
    for text in files.values():
        assert not re.search(r"__[a-z]|@PIN\b|# (if|each|include): |# end$|#- ", text, re.MULTILINE)


def test_only_verbs_that_there_are_are_called(files: dict[str, str]) -> None:
    there = verbs()
    called = {verb for run in runs(files) for verb in re.findall(r"\./slipway ([a-z-]+)", run)}
    assert {"history", "abort", "rollback", "status"} <= called <= there


def test_steps_that_are_files_are_there(files: dict[str, str]) -> None:
    for run in runs(files):
        for path in re.findall(r"workflows/steps/\w+\.py", run):
            assert (ROOT / path).is_file()


def test_the_shell_sees_no_value_that_github_pastes(files: dict[str, str]) -> None:
    assert not [run for run in runs(files) if "${{" in run]


def test_every_job_has_an_end_and_least_permissions(files: dict[str, str]) -> None:
    for text in workflow_files(files).values():
        assert read(text)["permissions"] == {}
        for job in jobs(text).values():
            assert job["timeout-minutes"] <= 360
            assert "permissions" in job


def test_credentials_of_aws_meet_no_right_to_write_on_github(files: dict[str, str]) -> None:
    for text in workflow_files(files).values():
        for job in jobs(text).values():
            written = {name for name, level in job["permissions"].items() if level == "write"}
            assert "id-token" not in written or written == {"id-token"}


def test_jobs_that_may_deploy_use_no_cache(files: dict[str, str]) -> None:
    """A pull request could have filled it."""
    for path, text in workflow_files(files).items():
        if not path.endswith("pull-request.yml"):
            assert "cache" not in re.sub(r"#.*", "", text)


def test_what_is_released_is_released_in_its_environment(files: dict[str, str]) -> None:
    """A role trusts an environment, and an environment has rules."""
    for text in workflow_files(files).values():
        for name, job in jobs(text).items():
            role = [step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})]
            if role:
                assert set(role) == {f"${{{{ vars.{agreed.ROLE_ARN} }}}}"}
                assert job["environment"]["name"] in (*names.DEPLOYING, *names.PREVIEWS.values()), name


def test_a_look_is_no_deployment(files: dict[str, str]) -> None:
    """Of every job in an environment GitHub makes one, unless it is told."""
    for text in workflow_files(files).values():
        for job in jobs(text).values():
            if "environment" in job:
                counts = job["environment"]["name"] in names.DEPLOYING
                assert job["environment"].get("deployment", True) is counts
            for step in job["steps"]:
                if re.search(r"pulumi preview|--dry-run|slipway plan -s staging", step.get("run", "")):
                    assert job["environment"]["name"] in names.PREVIEWS.values()


def test_the_gate_waits_for_all_the_others(files: dict[str, str]) -> None:
    found = jobs(files[PLACES["pull-request"]])
    gate = found.pop(names.GATE)
    assert gate["if"] == "always()"
    assert set(gate["needs"]) == set(found)


def test_no_path_keeps_the_gate_from_running(files: dict[str, str]) -> None:
    """A required check of a workflow that does not begin is expected for ever."""
    for event, asked in read(files[PLACES["pull-request"]])[True].items():
        assert not {"paths", "paths-ignore", "branches", "branches-ignore"} & set(asked or ()), event
    needs = jobs(files[PLACES["pull-request"]])[names.GATE]["needs"]
    assert needs
    assert "changes" in needs


def test_whatever_fails_keeps_staging_from_a_release(files: dict[str, str]) -> None:
    found = jobs(files[PLACES["deliver"]])
    needed = set(found["staging"]["needs"])
    assert needed == set(found) - {"staging", "preview-production", "approve", "propose", "production"}


def test_a_version_is_released_after_the_same_looks_as_a_merge(files: dict[str, str]) -> None:
    """Its tag may be on a commit whose image was never looked into, or long ago."""
    merged, version = jobs(files[PLACES["deliver"]]), jobs(files[PLACES["release"]])
    assert set(version["staging"]["needs"]) == (set(merged["staging"]["needs"]) - {"changes"}) | {"verify"}
    without = {key: value for key, value in merged["image"].items() if key != "needs"}
    assert {key: value for key, value in version["image"].items() if key != "needs"} == without
    assert any("trivy-action" in step.get("uses", "") for step in version["image"]["steps"])


def test_actions_are_the_pinned_ones_and_each_pin_is_used() -> None:
    used = set()
    for kind in KINDS.values():
        for text in rendered_for(**kind).values():
            used |= set(re.findall(r"uses: (\S+@[0-9a-f]{40} # v\S+)$", text, re.MULTILINE))
            assert len(re.findall(r"uses:", text)) == len(
                re.findall(r"uses: \S+@[0-9a-f]{40} # v\S+$", text, re.MULTILINE)
            )
    assert used == set(pins().actions.values())


def test_approval_by_reviewers_is_a_job_that_holds_nobody_up() -> None:
    found = jobs(rendered_for()[PLACES["deliver"]])
    assert found["approve"]["environment"] == {"name": names.APPROVAL, "deployment": False}
    assert "concurrency" not in found["approve"]
    assert found["approve"]["permissions"] == {}
    assert found["production"]["needs"] == ["staging", "preview-production", "approve"]
    assert found["production"]["concurrency"] == {"group": "production", "cancel-in-progress": False}
    release = by_name(found["production"])["Release what was approved"]["run"]
    # exec: who cancels a run signals the step's own process alone.
    assert release.startswith("exec python3 workflows/steps/again.py --locked --")
    assert './slipway promote -s production --version "$VERSION" --yes' in release


def by_name(job: dict[str, Any]) -> dict[str, Any]:
    return {step["name"]: step for step in job["steps"]}


APPROVED = "${{ needs.preview-production.outputs.plan }}"
VERSION = "${{ needs.preview-production.outputs.version }}"


@pytest.mark.parametrize("file", ["deliver", "operate"])
def test_an_approval_is_bound_to_the_plan_that_was_shown(tmp_path: Path, file: str) -> None:
    found = jobs(rendered(project(tmp_path))[PLACES[file]])
    look, approve = found["preview-production"], found["approve"]
    does = found["production" if file == "deliver" else "promote"]
    shown = by_name(look)
    assert './slipway promote -s production ${VERSION:+--version "$VERSION"}' in shown["Preview"]["run"]
    assert '--dry-run --keep "$RUNNER_TEMP/plan"' in shown["Preview"]["run"]
    assert '--page "$RUNNER_TEMP/plan/plan.md"' in shown["Show it to whoever approves"]["run"]
    assert look["outputs"]["plan"] == "${{ steps.plan.outputs.plan }}"
    # Who is asked sees the version and the plan before they answer: in the job's name, which is all there is by then.
    assert approve["name"] == f"Approval of {VERSION}, plan {APPROVED}"
    assert approve["steps"][0]["name"] == f"Approved, {VERSION} with plan {APPROVED}"
    assert "preview-production" in approve["needs"]
    assert {"preview-production", "approve"} <= set(does["needs"])
    release = by_name(does)["Release what was approved" if file == "deliver" else "Promote"]
    assert release["env"] == {"PLAN": APPROVED, "VERSION": VERSION}
    assert '--plan "$PLAN" --approved "$RUNNER_TEMP/approved/plan.json"' in release["run"]
    assert by_name(does)["The plan by now"]["if"] == "failure()"
    assert '--page "$RUNNER_TEMP/plan/again.md"' in by_name(does)["The plan by now"]["run"]


def test_a_merge_approves_one_plan(tmp_path: Path) -> None:
    found = jobs(rendered(project(tmp_path, workflows={"approval": "pull_request"}))[PLACES["deliver"]])
    propose = by_name(found["propose"])["Open or renew the pull request"]
    assert propose["env"]["PLAN"] == APPROVED
    assert '--release "$NAME" --plan "$PLAN"' in propose["run"]
    assert 'cat "$RUNNER_TEMP/plan/plan.md"' in propose["run"]
    assert '--body-file "$body"' in propose["run"]
    assert found["changes"]["outputs"]["plan"] == "${{ steps.look.outputs.plan }}"
    order = [step["name"] for step in found["production"]["steps"]]
    check = by_name(found["production"])["As it was approved"]
    assert order.index("As it was approved") < order.index("Release")
    assert check["env"] == {"PLAN": "${{ needs.changes.outputs.plan }}"}
    assert './slipway plan -s production --plan "$PLAN"' in check["run"]
    assert "As it was approved" not in by_name(found["staging"])


def test_nobody_is_asked_for_a_plan_where_there_is_no_approval(tmp_path: Path) -> None:
    files = rendered(project(tmp_path, workflows=NOTHING))
    assert not [run for run in runs(files) if "--plan" in run]


def test_the_comment_has_the_plan_and_how_the_tests_went(tmp_path: Path) -> None:
    found = jobs(rendered(project(tmp_path, workflows=EVERYTHING))[PLACES["pull-request"]])
    assert './slipway plan -s staging --keep "$RUNNER_TEMP/preview"' in by_name(found["preview"])["Preview"]["run"]
    assert '--page "$RUNNER_TEMP/preview/plan.md"' in by_name(found["preview"])["Show it"]["run"]
    assert set(found["comment"]["needs"]) == {"preview", *SUITES}
    told = by_name(found["comment"])["Comment"]["run"]
    assert '--page "$RUNNER_TEMP/preview/plan.md"' in told
    assert '--tests "$RUNNER_TEMP/tests" --coverage 85' in told
    assert by_name(found["comment"])["Results of the suites"]["with"]["pattern"] == "results-*"
    # Also where the preview failed: then most of all.
    assert found["comment"]["if"] == "${{ !cancelled() && needs.preview.result != 'skipped' }}"


def test_without_approval_production_follows_staging() -> None:
    found = jobs(rendered_for(workflows=NOTHING)[PLACES["deliver"]])
    assert "approve" not in found
    assert found["production"]["needs"] == ["staging", "preview-production"]


def test_approval_by_pull_request_moves_production_by_its_own_file() -> None:
    files = rendered_for(workflows={"approval": "pull_request"})
    found = jobs(files[PLACES["deliver"]])
    assert "approve" not in found
    assert found["production"]["if"] == "needs.changes.outputs.production == 'true'"
    assert "staging" not in found["production"]["needs"]
    # Its merge is a push that changes no application: it must not propose itself again.
    assert found["staging"]["if"] == "needs.changes.outputs.app == 'true'"
    assert found["propose"]["needs"] == ["staging", "preview-production"]
    assert "workflow_dispatch" in read(files[PLACES["pull-request"]])[True]


def test_approval_by_pull_request_is_asked_for_a_promotion_by_hand_too() -> None:
    files = rendered_for(workflows={"approval": "pull_request"})
    delivered, found = jobs(files[PLACES["deliver"]]), jobs(files[PLACES["operate"]])
    # Nothing here may release in production but what goes back.
    may = [name for name, job in found.items() if job.get("environment", {}).get("name") in names.DEPLOYING]
    assert may == ["back-staging", "back-production"]
    assert found["propose"]["needs"] == ["preview-production"]
    assert found["propose"]["if"] == "inputs.environment == 'production' && inputs.what == 'promote'"
    assert found["propose"]["steps"] == delivered["propose"]["steps"]
    assert found["propose"]["concurrency"] == delivered["propose"]["concurrency"]
    assert found["propose"]["env"] == {"REASON": "${{ inputs.reason }}"}
    # Of what it was begun on, a run proposes production's line alone.
    assert found["propose"]["steps"][0]["with"]["ref"] == names.MAIN
    assert "promote" in jobs(rendered_for()[PLACES["operate"]])


@pytest.mark.parametrize("approval", ["reviewers", "pull_request", "none"])
def test_a_rollback_waits_behind_no_release(approval: str) -> None:
    files = rendered_for(workflows={"approval": approval})
    groups = {job["concurrency"]["group"] for job in jobs(files[PLACES["deliver"]]).values() if "concurrency" in job}
    back = jobs(files[PLACES["operate"]])["back-production"]
    assert back["concurrency"]["group"] not in groups
    assert back["environment"]["name"] == names.ROLLBACK
    stop, _, go = [
        step for step in back["steps"] if step["name"] in ("Stop what is under way", "AWS credentials", "Go back")
    ][1:]
    assert stop["continue-on-error"] == "${{ inputs.what == 'rollback' }}"
    assert "./slipway abort" in stop["run"]
    assert './slipway rollback -s production ${RELEASE:+--to "$RELEASE"} --reason "$REASON" --yes' in go["run"]


def test_who_goes_back_may_open_an_issue_where_one_is_wanted() -> None:
    def asked(**settings: Any) -> dict[str, Any]:
        return jobs(rendered_for(production=PRODUCTION | settings)[PLACES["operate"]])

    assert not [name for name in asked() if name.startswith("incident")]
    found = asked(**TELLING)
    incident = found.pop("incident-production")
    assert incident["permissions"] == {"issues": "write"}
    assert incident["needs"] == ["back-production"]
    # Also where going back has failed: that is when people are wanted.
    assert incident["if"].startswith("${{ !cancelled() &&")
    assert incident["steps"][0]["env"]["GH_REPO"] == TELLING["shop:tell"]["issues"]
    assert "gh issue create --label incident" in incident["steps"][0]["run"]
    assert all("issues" not in job["permissions"] for job in found.values())


def test_credentials_last_as_long_as_the_slowest_release() -> None:
    def asked(settings: dict[str, Any]) -> tuple[int, int]:
        production = jobs(rendered_for(production=settings)[PLACES["deliver"]])["production"]
        credentials = next(step for step in production["steps"] if step["name"] == "AWS credentials")
        return credentials["with"]["role-duration-seconds"], production["timeout-minutes"]

    quick = {**PRODUCTION, "shop:session": "4h", "shop:rollout": "all at once, bake 2m"}
    slow = {**PRODUCTION, "shop:session": "4h", "shop:rollout": "linear 10% every 10m, bake 30m"}
    short = {**PRODUCTION, "shop:session": "1h", "shop:rollout": "canary 10% 5m, bake 10m"}
    (quick_seconds, quick_minutes) = asked(quick)
    (slow_seconds, slow_minutes) = asked(slow)
    assert 900 <= quick_seconds < slow_seconds <= 4 * 3600
    assert slow_seconds - quick_seconds == (90 + 30 - 2) * 60
    assert slow_minutes == -(-slow_seconds // 60) + 10
    assert quick_minutes == -(-quick_seconds // 60) + 10
    assert asked(short)[0] == 3600


def test_suites_run_with_their_stores_and_on_every_python() -> None:
    found = jobs(rendered_for(workflows=EVERYTHING)[PLACES["pull-request"]])
    assert found["unit"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert set(found["integration"]["services"]) == {"postgres", "redis"}
    assert set(found["integration"]["env"]) == {"DATABASE_URL", "REDIS_URL"}
    assert "services" not in found["unit"]
    assert found["integration"]["needs"] == ["changes", "unit"]
    assert found["end_to_end"]["needs"] == ["changes", "unit", "integration"]
    assert "make performance\n" in [step.get("run") for step in found["performance"]["steps"]]


def test_a_command_of_several_lines_stays_one_script() -> None:
    command = "cd backend\nif true; then\n  pytest\nfi"
    found = jobs(rendered_for(workflows={"suites": {"unit": command}})[PLACES["pull-request"]])
    assert f"{command}\n" in [step.get("run") for step in found["unit"]["steps"]]


def test_images_are_built_once_each() -> None:
    services = {"api": API, "mail": {"build": "backend", "command": "mail"}, "jobs": {"build": "jobs"}}
    found = jobs(rendered_for(services=services)[PLACES["pull-request"]])
    built = found["image"]["strategy"]["matrix"]["include"]
    assert sorted(one["context"] for one in built) == ["backend", "jobs"]


def test_images_get_their_build_arguments() -> None:
    services = {"api": {**API, "args": {"A": 'it"s: # $b', "B": "2"}}}
    kind: dict[str, Any] = {"services": services, "staging": {"shop:base_image": "python:3.12-slim"}}
    built = jobs(rendered_for(**kind)[PLACES["pull-request"]])["image"]["strategy"]["matrix"]["include"]
    assert built[0]["args"] == 'A=it"s: # $b\nB=2\nBASE_IMAGE=python:3.12-slim'
    script = read(rendered_for("gitlab", **kind)[".gitlab-ci.yml"])["build-image"]["script"]
    assert shlex.split(script[0])[6:] == [
        *("--build-arg", 'A=it"s: # $b', "--build-arg", "B=2", "--build-arg", "BASE_IMAGE=python:3.12-slim"),
        "backend",
    ]
    with pytest.raises(WorkflowError, match=r"services\.api\.args: must hold no \$\{\{ … \}\}"):
        rendered_for(services={"api": {**API, "args": {"A": "${{ github.actor }}"}}})


def test_a_program_in_a_subfolder_runs_there(tmp_path: Path) -> None:
    root = project(
        tmp_path / "infra", services={"api": {"build": "../backend", "port": 8000}}, workflows={"frontend": "../web"}
    )
    files = rendered(root, "infra")
    for text in workflow_files(files).values():
        assert read(text)["defaults"]["run"]["working-directory"] == "infra"
    found = jobs(files[PLACES["pull-request"]])
    assert found["image"]["strategy"]["matrix"]["include"][0] == {
        "name": "api",
        "context": "backend",
        "dockerfile": "backend/Dockerfile",
        "args": "",
    }
    assert found["frontend"]["steps"][-1]["working-directory"] == "web"
    # Nothing is checked out there, so that the program's folder is missing.
    assert found["gate"]["defaults"]["run"]["working-directory"] == "."
    updates = read(files[PLACES["dependabot"]])["updates"]
    assert updates[0]["directories"] == ["/", "/infra/workflows/pins"]
    assert updates[1]["directories"] == ["/infra"]


def test_a_service_from_outside_of_the_repository_is_refused(tmp_path: Path) -> None:
    root = project(tmp_path / "infra", services={"api": {"build": "../backend", "port": 8000}})
    with pytest.raises(
        WorkflowError, match=r"^\.\./backend: is outside of the repository, whose program lies in its top"
    ):
        rendered(root)


def test_staging_alone_has_no_word_of_production() -> None:
    files = rendered_for(production=None)
    for path in ("deliver", "operate", "schedule"):
        assert "production" not in re.sub(r"#.*", "", files[PLACES[path]]).replace("production'", "")


def test_files_are_those_that_were_chosen(tmp_path: Path) -> None:
    root = project(tmp_path, workflows={"files": ["deliver", "operate"]})
    assert set(rendered(root)) == {PLACES["deliver"], PLACES["operate"]}
    assert set(rendered(root, only=("release",))) == {PLACES["release"]}


@pytest.mark.parametrize("kind", KINDS)
def test_gitlab_gets_one_file(kind: str) -> None:
    files = rendered_for("gitlab", **KINDS[kind])
    assert list(files) == [".gitlab-ci.yml"]
    content = read(files[".gitlab-ci.yml"])
    assert ("production" in content) == ("production" not in KINDS[kind] or KINDS[kind]["production"] is not None)
    assert content["staging"]["resource_group"] == "staging"
    assert not re.search(r"__[a-z]|@PIN\b|# (if|each|include): |# end$|#- ", files[".gitlab-ci.yml"], re.MULTILINE)


def test_gitlab_asks_a_person_before_production() -> None:
    asked = read(rendered_for("gitlab")[".gitlab-ci.yml"])
    free = read(rendered_for("gitlab", workflows=NOTHING)[".gitlab-ci.yml"])
    assert asked["production"]["rules"][-1] == {"when": "manual"}
    assert free["production"]["rules"][-1] == {"when": "on_success"}
    assert asked["production"]["needs"] == ["staging", "preview-production"]
    assert '--plan "$PLAN" --approved plan/plan.json' in asked["production"]["script"][-1]
    assert "--plan" not in free["production"]["script"][-1]
    assert asked["preview-production"]["script"][1].endswith('--version "$VERSION" --dry-run --keep plan')


def test_gitlabs_jobs_find_their_role_in_their_environment() -> None:
    text = rendered_for("gitlab")[".gitlab-ci.yml"]
    head, content = text.partition("workflow:")[0], read(text)
    stand = {
        name: job["environment"] for name, job in content.items() if isinstance(job, dict) and "environment" in job
    }
    assert {one["name"] for one in stand.values()} == {*names.DEPLOYING, *names.PREVIEWS.values()}
    for name, environment in stand.items():
        assert environment["name"] in head, name
        assert environment.get("action") == ("access" if environment["name"] in names.PREVIEWS.values() else None)
    assert set(stand) == {
        name for name, job in content.items() if isinstance(job, dict) and job.get("extends") == ".pulumi"
    }
    assert set(re.findall(r"AWS_\w*ROLE\w*ARN\w*", text)) == {agreed.ROLE_ARN}
    assert agreed.STATE_URL in head


def test_a_production_that_takes_from_nothing_is_told() -> None:
    alone = {key: value for key, value in PRODUCTION.items() if key != "shop:source"}
    with pytest.raises(
        WorkflowError, match=r"^Pulumi\.production\.yaml: takes its releases from no other stack"
    ) as told:
        rendered_for(production=alone)
    assert told.value.fix == "workflows release there what staging proved: set `source: staging`"


def test_a_missing_stack_is_told(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "Pulumi.staging.yaml").unlink()
    with pytest.raises(WorkflowError, match=r"there is no Pulumi\.staging\.yaml in "):
        rendered(root)
    (root / "Pulumi.staging.yaml").write_text(
        "config: {'aws:region': eu-central-1, 'shop:account': '111122223333', 'shop:kind': shared}"
    )
    with pytest.raises(WorkflowError, match=r"Pulumi\.staging\.yaml: is of kind shared"):
        rendered(root)


def test_the_engine_is_as_new_as_the_sdk(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert "pulumi-version: 3.272.0" in rendered(root)[PLACES["deliver"]]
    (root / "requirements.txt").write_text("pulumi>=3\n")
    with pytest.raises(WorkflowError, match=r"requirements\.txt: names no version of pulumi"):
        rendered(root)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.yml")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_are_yaml_themselves(path: Path) -> None:
    """So that an editor knows what it edits."""
    assert read(path.read_text()) is not None


def test_names_agree_with_what_is_rendered() -> None:
    files = rendered_for()
    text = "".join(files.values())
    for name in (*names.ENVIRONMENTS, agreed.ROLE_ARN, agreed.STATE_URL):
        assert name in text
    proposing = rendered_for(workflows={"approval": "pull_request"})
    assert names.PROPOSAL in proposing[PLACES["deliver"]]
    assert read(files[PLACES["deliver"]])[True]["push"]["branches"] == [names.MAIN]
