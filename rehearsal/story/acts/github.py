"""The repository on GitHub as code: declared, changed one thing at a time, edited by hand and put back, removed."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterable
from typing import Any

from rehearsal.command import Finished
from rehearsal.errors import RehearsalError
from rehearsal.stage.github import ADMINISTRATOR, GitHub
from rehearsal.stage.workspace import SHARED
from rehearsal.story import planned, rows
from rehearsal.story.play import Play
from rehearsal.story.repository import BRANCH, NAMES, SECRET, clone, describe, found, hub_of, no_secret

WHY = (
    "Environments, reviewers, rules, secrets and workflow files are declared beside AWS, by the same `pulumi up`. "
    "GitHub is emulated; the engine and GitHub's own provider are the real ones."
)
#: What the provider does to a resource, in a preview and in an update, by the first word of its row.
_CHANGES = {"create", "update", "replace", "delete", "created", "updated", "replaced", "deleted"}
#: The file that is the only one to say what checks of pull requests keep between two runs.
CACHED = "pull-request"
TAMPERED = ".github/workflows/deliver.yml"
#: Where a release waits for its reviewers.
GUARDED = "production-approval"
LABEL, VARIABLE, RULES = "rollback", "AWS_REGION", "slipway: branch"


def play(play: Play) -> None:
    """Declare everything, compare, change, tamper, check what is proposed, search for secrets, remove everything."""
    hub = hub_of(play, "github")
    describe(play, hub)
    update = play.pulumi.up(SHARED, "the repository as code", what="Declaring AWS's share and the repository")
    update.done.needed("the shared stack could not be made")
    play.notes.resources = {SHARED: play.pulumi.resources(SHARED)}
    found(play, f"declared from nothing: {update.summary}; {_told(hub)}")
    _nothing_to_do(play, "a second preview, with refresh, finds nothing to do")
    _one_secret(play, hub)
    _one_reviewer(play)
    _one_workflow(play)
    _agrees(play, hub, "proposal")
    _unguarded(play, hub)
    _by_hand(play, hub)
    _nothing_to_do(play, "after all that a preview finds nothing to do")
    proposed = [play.stage.home.root / "proposal", play.stage.home.root / "proposal-put-back"]
    no_secret(play, proposed, "state, previews, diffs, logs of providers, files that are proposed")
    play.pulumi.destroy(SHARED).done.needed("the shared stack could not be removed")
    if left := [one["name"] for one in hub.call("GET", "R/environments")["environments"]]:
        raise RehearsalError(f"environments are left on GitHub: {', '.join(left)}.", f"see {play.stage.home.logs}.")
    found(play, "removed again, on GitHub too")


def _one_secret(play: Play, hub: GitHub) -> None:
    """Give one environment's secret another value."""
    name = f"{play.stage.project.name}/staging/slack"
    value = play.stage.planted.rotated_secret
    play.stage.client("secretsmanager").put_secret_value(SecretId=name, SecretString=value)
    play.console.say(f"{name} gets a new value in Secrets Manager.")
    # Its output is searched for the value, as everything is.
    play.pulumi.preview(SHARED, "--diff").needed("the new value could not be previewed")
    planned.one_change(play, SHARED, f"{SHARED}-repository-staging-secret-slack-token")
    _changes_just(play, {f"{NAMES}-staging-secret-slack-token"}, "one secret")
    held = hub.seen("secrets", repo=hub.repository)
    if held["environment:staging"].get(SECRET) != value:
        raise RehearsalError(f"GitHub should hold the new value of {SECRET} for staging.", _logs(play))
    if held["environment:production"].get(SECRET) != play.stage.planted.production_secret:
        raise RehearsalError(f"GitHub should hold the old value of {SECRET} for production.", _logs(play))


def _one_reviewer(play: Play) -> None:
    """Let one more person approve."""
    play.pulumi.set(SHARED, play.key("github.reviewers[2]"), ADMINISTRATOR, path=True)
    guarded = {f"{NAMES}-{name}-environment" for name in (GUARDED, "production-rollback")}
    _changes_just(play, {*guarded, f"{NAMES}-files-github-codeowners"}, "one reviewer")


def _one_workflow(play: Play) -> None:
    """Change what one workflow file alone says."""
    file = play.stage.home.workspace / "Pulumi.yaml"
    before = file.read_text()
    after = before.replace(" cache: [", " cache: [~/.cache/one-more, ", 1)
    if after == before:
        raise RehearsalError("Pulumi.yaml has no `cache: [` to add a folder to.", "look at its `workflows`.")
    file.write_text(after)
    play.console.say("In Pulumi.yaml, `workflows.cache` gets one more folder.")
    _changes_just(play, {f"{NAMES}-files-github-workflows-{CACHED}.yml"}, "one workflow file")


def _unguarded(play: Play, hub: GitHub) -> None:
    """Take all reviewers away, which the provider does not see; the program's own question does."""
    known = _reviewers(hub)
    play.console.say(f"On GitHub, by hand: {GUARDED} has no reviewers any more, and gets them back afterwards.")
    _guard(hub, [])
    done = play.pulumi.preview(SHARED, "--refresh", what="Looking for reviewers").needed("no preview was made")
    _guard(hub, known)
    if f"{GUARDED}: there are no reviewers on GitHub" not in done.output:
        raise RehearsalError("a preview should warn that nobody approves releases.", f"its log is {done.log}.")
    found(play, "a preview warns where all reviewers of an environment were taken away")


def _guard(hub: GitHub, reviewers: Iterable[tuple[str, int]]) -> None:
    """Give the approval these reviewers and leave all else of it as it is declared."""
    policy = {"protected_branches": False, "custom_branch_policies": True}
    guarded = {"wait_timer": 5, "can_admins_bypass": False, "prevent_self_review": True}
    asked = [{"type": kind, "id": number} for kind, number in reviewers]
    body = {**guarded, "reviewers": asked, "deployment_branch_policy": policy}
    hub.call("PUT", f"R/environments/{GUARDED}", body)


def _by_hand(play: Play, hub: GitHub) -> None:
    """Edit on GitHub what is declared; see that it shows, and that an update puts it back."""
    before = _looks(hub)
    play.console.say(
        f"On GitHub, by hand: {VARIABLE} of production says another region, the rules of the branch are switched off, "
        f"a reviewer is gone, the label “{LABEL}” is black, {TAMPERED} is empty."
    )
    _tamper(hub)
    _agrees(play, hub, "proposal-edited", but=TAMPERED)
    done = play.pulumi.preview(SHARED, "--refresh", what="Looking for what was edited")
    edited = {
        f"{NAMES}-production-aws-region",
        f"{NAMES}-{GUARDED}-environment",
        f"{NAMES}-rules-branch",
        f"{NAMES}-conduct-label-{LABEL}",
        f"{NAMES}-files-github-workflows-deliver.yml",
    }
    _compare(done.needed("what was edited could not be previewed"), edited, "the edits by hand")
    found(play, f"{len(edited)} edits by hand show as drift, and nothing else does")
    words = ["pulumi", "up", "--refresh", "--yes", "--skip-preview", "--stack", SHARED, "--message", "put back"]
    shown = f'pulumi up --refresh -s {SHARED} -m "put back"'
    update = play.pulumi.watched(words, shown, f"up-{SHARED}", "Putting back what was edited", None)
    _compare(update.done.needed("what was edited could not be put back"), edited, "putting back")
    if (after := _looks(hub)) != before:
        wrong = [what for what in before if before[what] != after[what]]
        raise RehearsalError(f"{', '.join(wrong)} should be as before the edits.", _logs(play))
    found(play, "`pulumi up --refresh` puts all of it back")
    _agrees(play, hub, "proposal-put-back")


def _tamper(hub: GitHub) -> None:
    """Do what people with an administrator's rights do when nobody looks."""
    hub.call("PATCH", f"R/environments/production/variables/{VARIABLE}", {"name": VARIABLE, "value": "us-east-1"})
    rules = _rules(hub)
    told = {name: rules[name] for name in ("name", "target", "conditions", "rules")}
    hub.call("PUT", f"R/rulesets/{rules['id']}", {**told, "enforcement": "disabled"})
    _guard(hub, _reviewers(hub)[:1])
    hub.call("PATCH", f"R/labels/{LABEL}", {"color": "000000"})
    sha = hub.call("GET", f"R/contents/{TAMPERED}?ref={BRANCH}")["sha"]
    text = base64.b64encode(b"name: Deliver\n").decode()
    body = {"message": "Deliver by hand", "content": text, "sha": sha, "branch": BRANCH}
    hub.call("PUT", f"R/contents/{TAMPERED}", body)


def _looks(hub: GitHub) -> dict[str, Any]:
    """Return what is edited by hand, as GitHub tells it."""
    rules = _rules(hub)
    return {
        "the variable": hub.call("GET", f"R/environments/production/variables/{VARIABLE}")["value"],
        "the rules": {name: rules[name] for name in ("enforcement", "conditions", "rules")},
        "the reviewers": sorted(_reviewers(hub)),
        "the label": hub.call("GET", f"R/labels/{LABEL}")["color"],
        "the file": hub.call("GET", f"R/contents/{TAMPERED}?ref={BRANCH}")["sha"],
    }


def _rules(hub: GitHub) -> dict[str, Any]:
    number = next(one["id"] for one in hub.call("GET", "R/rulesets") if one["name"] == RULES)
    found: dict[str, Any] = hub.call("GET", f"R/rulesets/{number}")
    return found


def _reviewers(hub: GitHub) -> list[tuple[str, int]]:
    rules = hub.call("GET", f"R/environments/{GUARDED}")["protection_rules"]
    asked = [one for rule in rules if rule["type"] == "required_reviewers" for one in rule["reviewers"]]
    return [(one["type"], one["reviewer"]["id"]) for one in asked]


def _agrees(play: Play, hub: GitHub, folder: str, *, but: str = "") -> None:
    """Clone what is proposed and have `./slipway render --check` look at it; `but` names a file that it must refuse."""
    place = play.stage.home.root / folder
    clone(play, hub, place)
    words = [sys.executable, "-m", "workflows", "--check", "--out", str(place), "--program-in", "."]
    shown = f"./slipway render --check --out {folder} --program-in ."
    play.console.command(shown)
    done = play.hand.run(words, name="render-check", shown=shown)
    if but:
        if done.code == 0 or but not in done.output:
            raise RehearsalError(f"`{shown}` should refuse {but}, which was edited by hand.", f"its log: {done.log}.")
        play.console.refused(f"it refuses what was edited by hand: {but}")
        return
    done.needed("what is proposed is not what is rendered")
    files = [path for path in (place / ".github").rglob("*.yml") if path.is_file()]
    found(play, f"`./slipway render --check` agrees with the {len(files)} files of the {folder}")


def _changes_just(play: Play, names: set[str], what: str) -> None:
    """Update, and see that these resources are changed and nothing else."""
    update = play.pulumi.up(SHARED, f"change {what}", what=f"Changing {what}")
    _compare(update.done.needed(f"{what} could not be changed"), names, f"changing {what}")
    found(play, f"changing {what} touches {', '.join(sorted(name.removeprefix(f'{NAMES}-') for name in names))} alone")


def _compare(done: Finished, names: set[str], what: str) -> None:
    """Raise RehearsalError where anything else than these resources changes, or one of them is not updated in place."""
    seen = changes(done)
    if seen != dict.fromkeys(names, "update"):
        wanted = ", ".join(sorted(names))
        raise RehearsalError(
            f"{what} should update {wanted}, and touches {seen or 'nothing'}.", f"its log: {done.log}."
        )


def changes(done: Finished) -> dict[str, str]:
    """Return what a preview or an update changes: `create`, `update`, `replace` or `delete` by resource."""
    last = rows.last_of_each(done.lines)
    first = {row.name: row.status.split()[0] for row in last if row.status}
    return {name: word.rstrip("d") if word.endswith("ed") else word for name, word in first.items() if word in _CHANGES}


def _nothing_to_do(play: Play, told: str) -> None:
    done = play.pulumi.preview(SHARED, "--refresh", "--expect-no-changes", what="Comparing state and world")
    play.notes.last_preview_changes = len(changes(done))
    done.needed("a preview should propose nothing")
    if changes(done):
        raise RehearsalError(f"a preview should propose nothing, and does: {changes(done)}.", f"its log: {done.log}.")
    found(play, told)


def _told(hub: GitHub) -> str:
    """Say in numbers what is on GitHub now."""
    counted: dict[str, Callable[[], int]] = {
        "environments": lambda: len(hub.call("GET", "R/environments")["environments"]),
        "rulesets": lambda: len(hub.call("GET", "R/rulesets")),
        "webhooks": lambda: len(hub.call("GET", "R/hooks")),
    }
    return "on GitHub " + ", ".join(f"{what}: {count()}" for what, count in counted.items())


def _logs(play: Play) -> str:
    return f"the logs are in {play.stage.home.logs}."
