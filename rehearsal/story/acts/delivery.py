"""Delivered as on GitHub: the rendered workflows' own steps release, in the roles that their jobs may take."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.stage.application import FIRST_VERSION
from rehearsal.stage.github import GitHub
from rehearsal.stage.workspace import SHARED
from rehearsal.story import team
from rehearsal.story.acts.production import COLD
from rehearsal.story.jobs import Jobs
from rehearsal.story.play import Play
from rehearsal.story.repository import describe, found, git, hub_of, no_secret
from rehearsal.story.team import (
    APPROVAL,
    AUTHOR,
    CHECKS,
    DELIVER,
    MAIN,
    PRODUCTION,
    REVIEWER,
    ROLLBACK,
    STAGING,
    let_in,
    well,
)

WHY = (
    "Merged on GitHub, released by the steps of the workflow files and by nothing else: with containers and traffic, "
    "in the roles that were declared, whose policies the emulated AWS enforces."
)
FEATURE, NEXT = "warmer", "1.1.0"
PREVIEW, BACK = "preview-production", "back-production"
#: Who edits production past the approval changes this: quickly done, and seen in a plan.
RETENTION, EDITED = "log_retention_days", "7"
#: Minutes are short on a clock that runs fast; the longest session that a role may have.
SESSION = "4h"


def play(play: Play) -> None:
    """Deliver into both environments; refuse a plan that nobody has seen; promote, and go back."""
    hub = hub_of(play, "delivery")
    describe(play, hub, wait_minutes="0")
    _settings(play)
    people = team.people(hub)
    source = team.code(play, hub, whole=True)
    update = play.pulumi.up(SHARED, "the repository as code", what="Declaring AWS's share and the repository")
    update.done.needed("the shared stack could not be made")
    jobs = Jobs(play, hub)

    first = team.files_arrive(play, people, jobs)
    _first(play, people, jobs, first)
    second = _merged(play, people, jobs, source)
    _not_as_approved(play, people, jobs, second)
    _promoted(play, people, jobs)
    _back(play, people, jobs)

    play.traffic.stop()
    stacks = (PRODUCTION, STAGING, SHARED)
    play.notes.resources = {stack: play.pulumi.resources(stack) for stack in reversed(stacks)}
    others = {f"{login}'s token": one.token for login, one in people.items()} | jobs.tokens
    no_secret(play, [source], "state, logs, the repository", others)
    for stack in stacks:
        play.pulumi.destroy(stack).done.needed(f"{stack} could not be removed")


def _settings(play: Play) -> None:
    """Make the stacks, and set what a rehearsal sets: all of it stands in the repository afterwards."""
    pulumi, key, manager = play.pulumi, play.key, play.stage.client("secretsmanager")
    for stack in (STAGING, PRODUCTION):
        pulumi.begin(stack)
        pulumi.set(stack, key("protect"), "false")
        pulumi.set(stack, key("rollout"), COLD)
        pulumi.set(stack, key("session"), SESSION)
        pulumi.set(stack, key("alarms.datapoints"), "1", path=True)
        # Of its own: roles of another environment must not touch it.
        name = f"{play.stage.project.name}/{stack}/signing-key"
        manager.create_secret(Name=name, SecretString=play.stage.planted.signing_key)
        pulumi.set(stack, key("secrets.SIGNING_KEY"), name, path=True)
    if play.base_image:
        pulumi.set(STAGING, key("base_image"), play.base_image)
    play.environments.append(PRODUCTION)


def _first(play: Play, people: Mapping[str, GitHub], jobs: Jobs, run: int) -> None:
    """Bring both environments up from nothing."""
    plan = _staged(play, jobs, run, FIRST_VERSION)
    let_in(people, run, APPROVAL)
    well(jobs, run, "approve", PRODUCTION)
    play.users = PRODUCTION
    play.prove(FIRST_VERSION)
    play.traffic.start(play.target(), "production", play.stage.environment, play.stage.home.workspace)
    found(
        play,
        f"{FIRST_VERSION} is in {STAGING} and, approved as plan {plan}, in {PRODUCTION}: from nothing, by the steps of "
        f"{DELIVER}, in the roles that the jobs' identities could take",
    )


def _staged(play: Play, jobs: Jobs, run: int, version: str) -> str:
    """Release in staging, and show the plan for production; return its hash, by which it is asked for."""
    jobs.settle(run, but=(STAGING,))
    well(jobs, run, STAGING)
    play.users = STAGING
    play.prove(version)
    return _planned(play, jobs, run)


def _planned(play: Play, jobs: Jobs, run: int) -> str:
    """Play the job that shows the plan; return the plan's hash. A person must be asked for it by that hash."""
    well(jobs, run, PREVIEW)
    plan = str(_kept(play, run)["plan"])
    (asked,) = [name for name in _names(jobs, run) if name.startswith("Approval of")]
    if not plan or plan not in asked or jobs.state(run)["approve"]["status"] != "waiting":
        raise RehearsalError(f"a reviewer should be asked for plan {plan}, not for “{asked}”.", jobs.logs)
    play.console.say(f"{REVIEWER} is asked: “{asked}”")
    page = _artifact(play, run) / "plan.md"
    # What is done with each resource; from what to what is folded below it.
    play.console.quote(
        [
            line
            for line in page.read_text().splitlines()
            if line.startswith(("- `", f"- {play.stage.project.service}:"))
        ][:12]
    )
    return plan


def _artifact(play: Play, run: int) -> Path:
    """Return the folder of the artifact `plan`."""
    return play.stage.home.root / "runs" / str(run) / "kept" / "plan"


def _kept(play: Play, run: int) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((_artifact(play, run) / "outcome.json").read_text())
    return kept


def _names(jobs: Jobs, run: int) -> list[str]:
    """Return what a run's jobs are called, as people see them."""
    return [str(one["name"]) for one in jobs.hub.call("GET", f"R/actions/runs/{run}/jobs")["jobs"]]


def _merged(play: Play, people: Mapping[str, GitHub], jobs: Jobs, source: Path) -> int:
    """Propose a change, have it reviewed and merge it; release it in staging; return the delivery."""
    author = people[AUTHOR]
    git(play, author, "fetch", "--quiet", "origin", folder=source).needed("nothing could be fetched")
    git(play, author, "switch", "--quiet", "-C", FEATURE, f"origin/{MAIN}", folder=source).needed("no branch")
    version = source / play.stage.project.context / "VERSION"
    version.write_text(f"{NEXT}\n")
    head = team.commit(play, author, source, "A warmer greeting")
    team.push(play, author, source, FEATURE)
    number = team.propose(author, FEATURE, "A warmer greeting")
    jobs.settle(jobs.of(CHECKS, head), {"changes": {"code": "true"}})
    team.review(people[REVIEWER], number)
    run = jobs.of(DELIVER, team.merge(author, number))
    play.console.say(f"#{number} by {AUTHOR} is merged.")
    return run


def _not_as_approved(play: Play, people: Mapping[str, GitHub], jobs: Jobs, run: int) -> None:
    """Approve a plan, let somebody change production meanwhile, and see that nothing is done then."""
    plan = _staged(play, jobs, run, NEXT)
    play.users = PRODUCTION
    let_in(people, run, APPROVAL)
    well(jobs, run, "approve")
    play.console.say("Before a machine is free, somebody changes production from a laptop.")
    play.pulumi.set(PRODUCTION, play.key(RETENTION), EDITED)
    edit = play.pulumi.up(PRODUCTION, "shorter logs", what="Another setting, past the approval")
    edit.done.needed("production should be changed from a laptop")
    before = play.records(PRODUCTION)
    if jobs.play(run, PRODUCTION) != "failure":
        raise RehearsalError("a plan that nobody has approved should not be carried out.", jobs.logs)
    said = refusals(play.stage.home.logs, plan)
    if not said or play.records(PRODUCTION) != before:
        raise RehearsalError("production should be as it was, and the plan by now be named.", jobs.logs)
    play.prove(FIRST_VERSION)
    play.console.refused(said[0])
    found(play, f"plan {plan} was approved; by the time of the release it would have been another: nothing was touched")


def refusals(logs: Path, plan: str) -> list[str]:
    """Return what was said, by a step or by act, of a plan that was approved and is not the one by now."""
    sentence = re.compile(
        rf"the plan for {PRODUCTION} is [0-9a-f]+ by now, and {plan} was approved: nothing was touched"
    )
    texts = (log.read_text(errors="replace") for log in sorted(logs.glob(f"*-{PRODUCTION}*.log")))
    return [match[0] for text in texts for match in sentence.finditer(text)]


def _promoted(play: Play, people: Mapping[str, GitHub], jobs: Jobs) -> None:
    """Ask again, with the workflow for people: the plan of now is shown, approved and carried out."""
    run = team.begin(people, "promote")
    plan = _planned(play, jobs, run)
    let_in(people, run, APPROVAL)
    play.traffic.phase("promote")
    well(jobs, run, "approve", "promote")
    play.prove(NEXT)
    found(play, f"asked again, {REVIEWER} approves plan {plan}: {NEXT} is in {PRODUCTION}")


def _back(play: Play, people: Mapping[str, GitHub], jobs: Jobs) -> None:
    """Go back by the workflow: no plan, no preview, no timer."""
    run = team.begin(people, "rollback")
    let_in(people, run, ROLLBACK)
    play.traffic.phase("rollback")
    well(jobs, run, BACK)
    play.prove(FIRST_VERSION)
    found(play, f"{PRODUCTION} is back at {FIRST_VERSION}, by the steps of the job `{BACK}`, in the role of {ROLLBACK}")
