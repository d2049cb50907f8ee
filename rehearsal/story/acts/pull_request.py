"""From a pull request to production and back, on the declared repository: what may happen, and what GitHub refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rehearsal.errors import RehearsalError
from rehearsal.stage import builder
from rehearsal.stage.github import ADMINISTRATOR, GitHub
from rehearsal.stage.workspace import SHARED
from rehearsal.story import team
from rehearsal.story.jobs import Jobs
from rehearsal.story.play import Play
from rehearsal.story.repository import SECRET, address, describe, found, git, hub_of, no_secret
from rehearsal.story.team import (
    APPROVAL,
    AUTHOR,
    CHECKS,
    DELIVER,
    MAIN,
    OPERATE,
    PRODUCTION,
    REVIEWER,
    ROLLBACK,
    STAGING,
    STRANGER,
    commit,
    let_in,
    merge,
    operate,
    propose,
    push,
    review,
    well,
)

WHY = (
    "The repository is declared; now people and workflows use it. GitHub is emulated and enforces what was declared; "
    "the workflow files are the rendered ones, and steps of theirs that need no runner of GitHub's are really run."
)
FEATURE, SNEAKY = "faster", "sneaky"
#: The folder of what jobs of a fork's runs were given.
GIVEN = "given-to-a-fork"
#: What one run of a fork's own making asks for.
GREEDY = f"""\
name: Greedy
on: [push, pull_request]
permissions: write-all
jobs:
  take:
    environment: {{name: staging-preview, deployment: false}}
    runs-on: ubuntu-24.04
    steps: [{{run: 'echo "${{{{ secrets.{SECRET} }}}}"'}}]
  deploy:
    environment: {STAGING}
    runs-on: ubuntu-24.04
    steps: [{{run: 'echo "${{{{ secrets.{SECRET} }}}}"'}}]
"""


def play(play: Play) -> None:
    """Declare, propose, refuse, merge, deliver, go back, and let a stranger try; then search for secrets."""
    hub = hub_of(play, "pull-request")
    # Everybody may read it, and fork it: the harder case.
    hub.call("PATCH", "R", {"private": False})
    people = team.people(hub)
    source = team.code(play, hub)
    describe(play, hub, wait_minutes="0")
    update = play.pulumi.up(SHARED, "the repository as code", what="Declaring AWS's share and the repository")
    update.done.needed("the shared stack could not be made")
    play.notes.resources = {SHARED: play.pulumi.resources(SHARED)}
    # There is the stack, and nothing in it: the preview of a pull request shows all of an environment.
    play.pulumi.begin(STAGING)
    # What the step `Builder` would begin: BuildKit.
    jobs = Jobs(play, hub, builder.start(play.hand, play.stage.emulator))
    jobs.cancel(team.files_arrive(play, people, jobs))
    run = _change(play, people, jobs, source)
    _deployment_rights(play, hub, jobs, run)
    _way_back(play, people, jobs, run)
    _fork(play, people, jobs, source)
    told = _told_on_github(play, hub)
    others = {f"{login}'s token": one.token for login, one in people.items()} | jobs.tokens
    what = "state, logs, comments, checks, runs, deployments, what a fork's jobs were given"
    no_secret(play, [told, source, play.stage.home.root / GIVEN], what, others)
    play.pulumi.destroy(SHARED).done.needed("the shared stack could not be removed")


def _change(play: Play, people: Mapping[str, GitHub], jobs: Jobs, source: Path) -> int:
    """Propose a change whose tests fail, then one whose tests pass; return the delivery that its merge began."""
    author, owner = people[AUTHOR], people[ADMINISTRATOR]
    git(play, author, "fetch", "--quiet", "origin", folder=source).needed("nothing could be fetched")
    git(play, author, "switch", "--quiet", "-C", FEATURE, f"origin/{MAIN}", folder=source).needed("no branch")
    (source / "example" / "NOTES.txt").write_text("Answers come faster.\n")
    bad = commit(play, author, source, "Answer faster")
    push(play, author, source, FEATURE)
    number = propose(author, FEATURE, "Answer faster")
    run = jobs.of(CHECKS, bad)
    play.console.say(f"#{number} by {AUTHOR}: the unit tests fail.")
    well(jobs, run, "changes")
    review(people[REVIEWER], number)
    body = {"merge_method": "squash"}
    author.call("POST", f"R/statuses/{bad}", {"state": "success", "context": "gate", "description": "Trust me"})
    early = author.refusal("PUT", f"R/pulls/{number}/merge", body)
    if '"gate" is expected' not in early:
        raise RehearsalError(f"a status by hand should not count as the check: {early}.", jobs.logs)
    play.console.refused(f"merge, with a status `gate` that {AUTHOR} has given the commit by hand: {early}")
    ended = jobs.settle(run, unit="failure")
    if ended["gate"]["conclusion"] != "failure":
        raise RehearsalError("`gate` should fail where a test fails.", jobs.logs)
    words = {login: people[login].refusal("PUT", f"R/pulls/{number}/merge", body) for login in (AUTHOR, ADMINISTRATOR)}
    if len(set(words.values())) != 1 or '"gate" is failing' not in words[AUTHOR]:
        raise RehearsalError(f"the failed check should keep everybody from merging: {words}.", jobs.logs)
    play.console.refused(f"merge, by {AUTHOR} and by the administrator {ADMINISTRATOR}: {words[AUTHOR]}")
    pushed = git(play, owner, "push", "origin", f"HEAD:refs/heads/{MAIN}", folder=source, name="git-push-refused")
    if pushed.code == 0 or "GH013" not in pushed.output:
        raise RehearsalError(f"nobody should push to {MAIN}.", f"its log is {pushed.log}.")
    play.console.refused(f"a push to {MAIN} by the administrator: GH013, changes must be made through a pull request")
    _cannot_deploy(play, author, jobs, source, bad)
    found(play, "a pull request with a failing test cannot be merged, by an administrator neither, and deploys nothing")

    git(play, author, "switch", "--quiet", FEATURE, folder=source).needed("no branch")
    (source / "example" / "NOTES.txt").write_text("Answers come faster, and are right.\n")
    good = commit(play, author, source, "Answer faster, and rightly")
    push(play, author, source, FEATURE)
    run = jobs.of(CHECKS, good)
    play.console.say(f"{AUTHOR} mends it; the tests pass.")
    well(jobs, run, "changes")
    jobs.settle(run, but=("preview", "comment", "gate"))
    _preview_is_told(play, author, jobs, run, number)
    jobs.settle(run)
    stale = author.refusal("PUT", f"R/pulls/{number}/merge", body)
    if "approving review" not in stale:
        raise RehearsalError(f"the review of what was there before should not count: {stale}.", jobs.logs)
    play.console.refused(f"merge, with the review of the commit before: {stale}")
    review(people[REVIEWER], number)
    sha = merge(author, number)
    found(play, f"once `gate` passes and somebody else has reviewed it, #{number} merges, and its delivery begins")
    return jobs.of(DELIVER, sha)


def _cannot_deploy(play: Play, author: GitHub, jobs: Jobs, source: Path, failed: str) -> None:
    """See that nothing is delivered of a commit that failed, and that a branch cannot give itself an environment."""
    begun = [one for one in jobs.all() if one["path"].endswith(DELIVER) and one["head_sha"] == failed]
    if begun:
        raise RehearsalError("a commit that is not merged should begin no delivery.", jobs.logs)
    git(play, author, "switch", "--quiet", "-c", SNEAKY, folder=source).needed("no branch")
    (source / ".github" / "workflows" / "greedy.yml").write_text(GREEDY)
    sha = commit(play, author, source, "A workflow of my own")
    push(play, author, source, SNEAKY)
    words = jobs.state(jobs.of("greedy.yml", sha))["deploy"]
    if words["conclusion"] != "failure" or "not allowed to deploy" not in str(words["words"]):
        raise RehearsalError(f"a branch should not reach {STAGING}: {words}.", jobs.logs)
    play.console.refused(f"a workflow on the branch {SNEAKY} that names the environment {STAGING}: {words['words']}")


def _preview_is_told(play: Play, author: GitHub, jobs: Jobs, run: int, number: int) -> None:
    """Run the steps of the preview and of its comment, twice: one comment, renewed."""
    well(jobs, run, "preview", "comment")
    comments = author.call("GET", f"R/issues/{number}/comments")
    if len(comments) != 1 or "Preview of staging" not in comments[0]["body"]:
        raise RehearsalError(f"#{number} should have one comment with the preview of staging.", jobs.logs)
    play.console.quote([line for line in comments[0]["body"].splitlines() if line.startswith(("###", "- "))])
    found(play, f"#{number} has the preview of staging as a comment, by the workflow's own steps and the job's token")


def _deployment_rights(play: Play, hub: GitHub, jobs: Jobs, run: int) -> None:
    """Let staging's job try, with what GitHub gives it, to change what guards production."""
    ended = jobs.settle(run, but=(STAGING,))
    if ended[STAGING]["status"] != "queued":
        raise RehearsalError(f"the delivery should be about to release in {STAGING}: {ended}.", jobs.logs)
    given = jobs.begin(run, STAGING)
    job = hub.by(given["token"])
    place, before = f"R/environments/{PRODUCTION}", _guards(hub)
    key = hub.call("GET", f"{place}/secrets/public-key")
    tried: dict[str, tuple[str, str, Mapping[str, Any] | None]] = {
        "take production's reviewers away": ("PUT", f"R/environments/{APPROVAL}", {"reviewers": []}),
        "let any branch into production": ("PUT", place, {"deployment_branch_policy": None}),
        "let another branch in": ("POST", f"{place}/deployment-branch-policies", {"name": "*"}),
        "read the key of production's secrets": ("GET", f"{place}/secrets/public-key", None),
        "give production another secret": (
            "PUT",
            f"{place}/secrets/{SECRET}",
            {"key_id": key["key_id"], "encrypted_value": "AAAA"},
        ),
        "give production another role": (
            "PATCH",
            f"{place}/variables/AWS_ROLE_ARN",
            {"value": "arn:aws:iam::1:role/x"},
        ),
        "remove production": ("DELETE", place, None),
        "drop the rules of the branch": ("DELETE", f"R/rulesets/{hub.call('GET', 'R/rulesets')[0]['id']}", None),
        "let workflow tokens write": (
            "PUT",
            "R/actions/permissions/workflow",
            {"default_workflow_permissions": "write"},
        ),
        "begin a rollback": (
            "POST",
            f"R/actions/workflows/{OPERATE}/dispatches",
            {"ref": MAIN, "inputs": {"what": "rollback", "environment": PRODUCTION, "reason": "x"}},
        ),
        "approve its own delivery": (
            "POST",
            f"R/actions/runs/{run}/pending_deployments",
            {"environment_ids": [1], "state": "approved", "comment": ""},
        ),
        "push to a branch": ("POST", "R/git/refs", {"ref": "refs/heads/x", "sha": jobs.sha(run)}),
    }
    for what, (method, path, body) in tried.items():
        words = job.refusal(method, path, body)
        if not words.startswith("403 "):
            raise RehearsalError(f"a run of {STAGING} should not {what}; GitHub says {words}.", jobs.logs)
    if _guards(hub) != before:
        raise RehearsalError("what guards production should be as before.", jobs.logs)
    play.console.refused(f"with the token of {STAGING}'s job ({_listed(given['permissions'])}): {', '.join(tried)}")
    found(play, f"{len(tried)} attempts of a {STAGING} run to change what guards production: 403, each of them")
    if given["secrets"] != {SECRET: play.stage.planted.pipeline_secret}:
        raise RehearsalError(f"the job should be given {STAGING}'s secret and no other.", jobs.logs)
    _identity(play, hub, given["identity"], jobs)
    jobs.end(run, STAGING)


def _identity(play: Play, hub: GitHub, claims: Mapping[str, str], jobs: Jobs) -> None:
    """Hold the job's identity against the roles that were declared: it fits one of them."""
    iam, fits = play.stage.client("iam"), list[str]()
    environments = [one["name"] for one in hub.call("GET", "R/environments")["environments"] if one["name"] != APPROVAL]
    for name in environments:
        arn = hub.call("GET", f"R/environments/{name}/variables/AWS_ROLE_ARN")["value"]
        document = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        if trusts(document if isinstance(document, dict) else json.loads(unquote(document)), claims):
            fits.append(name)
    if fits != [STAGING]:
        raise RehearsalError(f"the identity of a {STAGING} run should fit its own role alone, not {fits}.", jobs.logs)
    told = (
        f"its identity ({claims['sub']}) fits the trust of {STAGING}'s role and of none of the {len(environments) - 1}"
    )
    found(play, f"{told} others")


def trusts(document: Mapping[str, Any], claims: Mapping[str, str]) -> bool:
    """Whether a role's trust policy lets in whoever has these claims; one that asks in another way is refused."""
    for statement in document["Statement"]:
        asked = statement.get("Condition", {})
        if statement["Effect"] != "Allow" or set(asked) != {"StringEquals"}:
            raise RehearsalError(
                f"a trust policy says what is not known here: {statement}.", "teach this act to read it."
            )
        equal = {key.rpartition(":")[2]: wanted for key, wanted in asked["StringEquals"].items()}
        if all(claims.get(key) in ([wanted] if isinstance(wanted, str) else wanted) for key, wanted in equal.items()):
            return True
    return False


def _guards(hub: GitHub) -> list[Any]:
    """Return what guards production, as GitHub tells it; what only counts time is left out."""
    shown = [hub.call("GET", f"R/environments/{name}") for name in (APPROVAL, PRODUCTION, ROLLBACK)]
    return [[one["protection_rules"], one["deployment_branch_policy"]] for one in shown]


def _way_back(play: Play, people: Mapping[str, GitHub], jobs: Jobs, delivery: int) -> None:
    """Go back while a delivery waits for its approval, and again while it shifts traffic."""
    jobs.settle(delivery)
    if jobs.state(delivery)["approve"]["status"] != "waiting":
        raise RehearsalError("the delivery should wait for its approval.", jobs.logs)
    play.console.say(f"The delivery has released in {STAGING} and waits in {APPROVAL}.")
    first = operate(people, jobs, "rollback")
    jobs.end(first, "back-production")
    if jobs.state(delivery)["approve"]["status"] != "waiting":
        raise RehearsalError("the delivery should wait for its approval still.", jobs.logs)
    found(play, "while a delivery waits for its approval, a rollback is approved on its own and runs to its end")

    let_in(people, delivery, APPROVAL)
    jobs.settle(delivery, but=(PRODUCTION,))
    jobs.begin(delivery, PRODUCTION)
    play.console.say(f"Approved: a machine has the job `{PRODUCTION}`, as for as long as a canary shifts.")
    second = operate(people, jobs, "rollback")
    later = operate(people, jobs, "promote")
    state = jobs.state(later)["promote"]
    if (state["status"], state["group"]) != ("pending", PRODUCTION):
        raise RehearsalError(f"a promotion should wait for the release that runs: {state}.", jobs.logs)
    steps = [one["name"] for one in jobs.content(OPERATE, MAIN)["jobs"]["back-production"]["steps"] if "run" in one]
    stop, back = steps.index("Stop what is under way"), steps.index("Go back")
    if stop > back:
        raise RehearsalError("a rollback should stop what is under way first.", jobs.logs)
    jobs.begin(second, "back-production")
    third = operate(people, jobs, "rollback")
    if jobs.state(third)["back-production"]["status"] != "pending":
        raise RehearsalError("a second rollback should wait for the first.", jobs.logs)
    jobs.end(delivery, PRODUCTION, "failure")
    jobs.end(second, "back-production")
    if jobs.state(later)["promote"]["status"] != "queued":
        raise RehearsalError("the promotion should go on once the release has ended.", jobs.logs)
    for run in (third, later):
        jobs.cancel(run)
    found(
        play,
        f"while the job that shifts a canary runs, a rollback does not wait for it; of its steps “{steps[stop]}” comes "
        f"before “{steps[back]}”. A promotion waits in the meantime, and so does a second rollback",
    )


def _fork(play: Play, people: Mapping[str, GitHub], jobs: Jobs, source: Path) -> None:
    """Let a stranger propose a workflow that takes what it can get."""
    stranger = people[STRANGER]
    stranger.call("POST", "R/forks")
    git(play, stranger, "fetch", "--quiet", "origin", folder=source).needed("nothing could be fetched")
    git(play, stranger, "switch", "--quiet", "-C", "patch", f"origin/{MAIN}", folder=source).needed("no branch")
    (source / ".github" / "workflows" / "greedy.yml").write_text(GREEDY)
    checks = source / ".github" / "workflows" / CHECKS
    # The condition that leaves forks out of the preview goes, as a stranger would have it.
    text = checks.read_text()
    condition = "      && github.event.pull_request.head.repo.full_name == github.repository\n"
    if condition not in text:
        raise RehearsalError(f"{CHECKS} has no condition that leaves forks out.", "look at its job `preview`.")
    sha = commit(play, stranger, source, "A small patch")
    push(play, stranger, source, "patch", to=address(stranger, STRANGER))
    number = propose(stranger, f"{STRANGER}:patch", "A small patch")
    plain = jobs.of(CHECKS, sha)
    jobs.end(plain, "changes", outputs={"code": "true"})
    if jobs.state(plain)["preview"]["conclusion"] != "skipped":
        raise RehearsalError("a fork's pull request should get no preview.", jobs.logs)
    _gets_nothing(jobs, plain, [key for key, one in jobs.state(plain).items() if one["status"] == "queued"])
    _gets_nothing(jobs, jobs.of("greedy.yml", sha), ["take"])
    if "not allowed to deploy" not in str(jobs.state(jobs.of("greedy.yml", sha))["deploy"]["words"]):
        raise RehearsalError(f"a fork's run should not reach {STAGING}.", jobs.logs)

    checks.write_text(text.replace(condition, ""))
    sha = commit(play, stranger, source, "A smaller patch")
    push(play, stranger, source, "patch", to=address(stranger, STRANGER))
    bold = jobs.of(CHECKS, sha)
    jobs.end(bold, "changes", outputs={"code": "true"})
    given = _gets_nothing(jobs, bold, ["preview"])
    token = stranger.by(given[0]["token"])
    for method, path, body in (
        ("POST", f"R/issues/{number}/comments", {"body": "x"}),
        ("PUT", f"R/pulls/{number}/merge", {}),
        ("GET", f"R/environments/{STAGING}/secrets", None),
        ("POST", f"R/statuses/{sha}", {"state": "success", "context": "gate"}),
    ):
        if not (words := token.refusal(method, path, body)).startswith("403 "):
            raise RehearsalError(f"a fork's token should not {method} {path}: {words}.", jobs.logs)
    for login, words in ((STRANGER, "403 "), (ADMINISTRATOR, "405 ")):
        if not people[login].refusal("PUT", f"R/pulls/{number}/merge", {"merge_method": "squash"}).startswith(words):
            raise RehearsalError(f"{login} should not merge what nobody has reviewed.", jobs.logs)
    for run in (plain, bold):
        jobs.cancel(run)
    found(
        play,
        f"a stranger's pull request from a fork: no preview; its runs get no secret, no identity and a token that only "
        f"reads, whatever its workflow files ask for, and do not reach {STAGING}",
    )


def _gets_nothing(jobs: Jobs, run: int, keys: list[str]) -> list[dict[str, Any]]:
    """Begin jobs of a fork's run; raise RehearsalError where one is given what it must not have."""
    folder = jobs.acting.stage.home.root / GIVEN
    folder.mkdir(exist_ok=True)
    every = [jobs.begin(run, key) for key in keys]
    for key, given in zip(keys, every, strict=True):
        # Its own token it must have.
        kept = {name: value for name, value in given.items() if name != "token"}
        (folder / f"{run}-{key}.json").write_text(json.dumps(kept, indent=1))
        if given["secrets"] or given["identity"] or set(given["permissions"].values()) - {"read"}:
            raise RehearsalError(f"the job {key} of a fork should get nothing of value: {sorted(given)}.", jobs.logs)
    if not every:
        raise RehearsalError("a fork's run should have jobs that could be run.", jobs.logs)
    return every


def _told_on_github(play: Play, hub: GitHub) -> Path:
    """Write down all that GitHub shows of the repository to whoever may read it; return the folder."""
    folder = play.stage.home.root / "told-on-github"
    folder.mkdir()
    pages = {
        "pulls": "R/pulls?state=all&per_page=100",
        "runs": "R/actions/runs?per_page=100",
        "deployments": "R/deployments?per_page=100",
        "environments": "R/environments?per_page=100",
        "hooks": "R/hooks",
    }
    for one in hub.call("GET", "R/pulls?state=all&per_page=100"):
        pages[f"comments-{one['number']}"] = f"R/issues/{one['number']}/comments?per_page=100"
        pages[f"checks-{one['number']}"] = f"R/commits/{one['head']['sha']}/check-runs?filter=all&per_page=100"
    for one in hub.call("GET", "R/environments")["environments"]:
        pages[f"secrets-{one['name']}"] = f"R/environments/{one['name']}/secrets"
        pages[f"variables-{one['name']}"] = f"R/environments/{one['name']}/variables"
    for name, path in pages.items():
        (folder / f"{name}.json").write_text(json.dumps(hub.call("GET", path), indent=1))
    return folder


def _listed(permissions: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {level}" for name, level in permissions.items()) or "nothing"
