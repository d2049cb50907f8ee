"""What people do on the declared repository: propose, review, merge, begin workflows, let runs in."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from rehearsal.errors import RehearsalError
from rehearsal.stage.github import ADMINISTRATOR, REVIEWERS, GitHub
from rehearsal.stage.workspace import CHECKOUT, LEFT_OUT
from rehearsal.story.jobs import Jobs
from rehearsal.story.play import Play
from rehearsal.story.repository import BRANCH, address, found, git

AUTHOR, REVIEWER = REVIEWERS
STRANGER = "mallory"
CHECKS, DELIVER, OPERATE = "pull-request.yml", "deliver.yml", "operate.yml"
MAIN = "main"
APPROVAL, PRODUCTION, ROLLBACK, STAGING = "production-approval", "production", "production-rollback", "staging"
#: A preview builds the image, which here can be of nothing that would have to be pulled.
IMAGE = "FROM scratch\nCOPY . /app\n"


def people(hub: GitHub) -> dict[str, GitHub]:
    """Give everybody a token of their own; return the repository as each has it."""
    hub.told("accounts", login=STRANGER)
    made = {ADMINISTRATOR: hub}
    for login in (AUTHOR, REVIEWER, STRANGER):
        token = f"ghp_{secrets.token_hex(18)}"
        hub.told("tokens", token=token, login=login, scopes=["repo", "workflow"])
        made[login] = hub.by(token)
    return made


def code(play: Play, hub: GitHub, *, whole: bool = False) -> Path:
    """Put the program on the branch that releases come from, before there are rules; return the folder of it.

    whole: with the application and the settings as they lie in the project's folder, so that it can be released.
    """
    folder = play.stage.home.root / "shop"
    git(play, hub, "clone", "--quiet", address(hub), str(folder), name="clone").needed("it could not be cloned")
    for entry in sorted(CHECKOUT.iterdir()):
        if entry.name.startswith(".") or entry.name in LEFT_OUT - {"example"}:
            continue
        if entry.is_dir():
            shutil.copytree(entry, folder / entry.name, ignore=shutil.ignore_patterns("__pycache__", ".*", "bin"))
        else:
            shutil.copy(entry, folder / entry.name)
    if whole:
        _as_rehearsed(play, folder)
    else:
        (folder / play.stage.project.context / "Dockerfile").write_text(IMAGE)
    commit(play, hub, folder, "The program and its application")
    push(play, hub, folder, MAIN)
    return folder


def _as_rehearsed(play: Play, folder: Path) -> None:
    """Put the application with the packages that it is built from, and what was set for this place, into a folder."""
    lies, context = play.stage.home.workspace, play.stage.project.context
    shutil.rmtree(folder / context)
    shutil.copytree(lies / context, folder / context, ignore=shutil.ignore_patterns(".git"))
    for settings in lies.glob("Pulumi*.yaml"):
        shutil.copy(settings, folder / settings.name)


def commit(play: Play, hub: GitHub, folder: Path, message: str) -> str:
    """Commit everything that has changed; return the commit."""
    git(play, hub, "add", "--all", folder=folder, name="git-add").needed("nothing could be added")
    git(play, hub, "commit", "--quiet", "--message", message, folder=folder, name="git-commit").needed("no commit")
    return _tip(play, hub, folder)


def _tip(play: Play, hub: GitHub, folder: Path) -> str:
    done = git(play, hub, "rev-parse", "HEAD", folder=folder, name="git-rev-parse").needed("there is no commit")
    return done.output.strip()


def push(play: Play, hub: GitHub, folder: Path, branch: str, to: str = "origin") -> None:
    """Push what was committed to a branch."""
    done = git(play, hub, "push", "--quiet", to, f"HEAD:refs/heads/{branch}", folder=folder, name="git-push")
    done.needed(f"{branch} could not be pushed")


def propose(hub: GitHub, head: str, title: str) -> int:
    """Open a pull request; return its number."""
    opened = hub.call("POST", "R/pulls", {"title": title, "head": head, "base": MAIN, "body": ""})
    return int(opened["number"])


def review(hub: GitHub, number: int) -> None:
    """Approve a pull request."""
    hub.call("POST", f"R/pulls/{number}/reviews", {"event": "APPROVE", "body": "Fine."})


def merge(hub: GitHub, number: int) -> str:
    """Merge a pull request; return the commit that it becomes."""
    merged = hub.call("PUT", f"R/pulls/{number}/merge", {"merge_method": "squash"})
    return str(merged["sha"])


def files_arrive(play: Play, people: Mapping[str, GitHub], jobs: Jobs) -> int:
    """Merge the workflow files that are proposed: their own checks judge them; return the delivery that begins."""
    number = propose(people[AUTHOR], BRANCH, "Workflow files")
    head = people[AUTHOR].call("GET", f"R/pulls/{number}")["head"]["sha"]
    run = jobs.of(CHECKS, head)
    jobs.settle(run, {"changes": {"code": "true"}})
    review(people[REVIEWER], number)
    sha = merge(people[AUTHOR], number)
    found(play, f"the rendered workflow files are on {MAIN}, through a pull request that their own `gate` passed")
    return jobs.of(DELIVER, sha)


def begin(people: Mapping[str, GitHub], what: str) -> int:
    """Begin the workflow for people, in production; return the run."""
    asked = {"what": what, "environment": PRODUCTION, "reason": "slow since noon"}
    body = {"ref": MAIN, "inputs": asked, "return_run_details": True}
    return int(people[AUTHOR].call("POST", f"R/actions/workflows/{OPERATE}/dispatches", body)["workflow_run_id"])


def operate(people: Mapping[str, GitHub], jobs: Jobs, what: str) -> int:
    """Begin the workflow for people and approve what it asks for; return the run, which then could be run."""
    run = begin(people, what)
    if what == "promote":
        jobs.end(run, "preview-production")  # nobody is asked before there is a plan to see
    let_in(people, run, ROLLBACK if what == "rollback" else APPROVAL)
    if what == "promote":
        jobs.end(run, "approve")
    return run


def let_in(people: Mapping[str, GitHub], run: int, environment: str) -> None:
    """Have a reviewer approve what a run waits for; who began it may not. One that waits for its turn is not asked."""
    waits = people[REVIEWER].call("GET", f"R/actions/runs/{run}/pending_deployments")
    if not waits:
        return
    (pending,) = waits
    if pending["environment"]["name"] != environment:
        raise RehearsalError(f"the run should wait in {environment}.", "see the names in the workflow file.")
    say = {"environment_ids": [pending["environment"]["id"]], "state": "approved", "comment": "Go."}
    people[AUTHOR].refusal("POST", f"R/actions/runs/{run}/pending_deployments", say)
    people[REVIEWER].call("POST", f"R/actions/runs/{run}/pending_deployments", say)


def well(jobs: Jobs, run: int, *keys: str) -> None:
    """Play jobs with their own steps; raise RehearsalError where one does not do its work."""
    for key in keys:
        if jobs.play(run, key) != "success":
            raise RehearsalError(f"the job `{key}` should do its work.", jobs.logs)
