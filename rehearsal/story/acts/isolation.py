"""Who may do what: roles of workflows, taken as workflows take them, put to the test; then production moves out."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence

from botocore.exceptions import ClientError

from rehearsal.command import Hand
from rehearsal.errors import RehearsalError
from rehearsal.stage.github import ADMINISTRATOR, OWNER, REVIEWERS, TEAM, GitHub
from rehearsal.stage.workspace import SHARED, STAGING
from rehearsal.story.play import Play
from rehearsal.story.pulumi import Pulumi
from rehearsal.story.roles import calls
from rehearsal.story.roles.attempts import Attempt, outcome
from rehearsal.story.roles.taking import Taken, become, role_of, take, token
from rehearsal.story.roles.things import Place, Things, put, put_image, remove_roles

WHY = (
    "The shared stack declares a role for each environment and purpose. Each is taken with a token of the emulated "
    "GitHub's, and makes real calls; signatures and policies are enforced."
)
PRODUCTION = "production"
#: The account that production moves into, and the stack that declares its roles there.
ACCOUNT, APART = "444455556666", "shared-production"


def play(play: Play) -> None:
    """Declare, take, try; then the same with production in an account of its own."""
    hub = play.stage.github
    if hub is None:
        raise RehearsalError("this act needs the emulated GitHub.", "play it alone: `./slipway scene isolation`.")
    project, emulator = play.stage.project, play.stage.emulator
    here = [Place(project.name, name, emulator.account, emulator.region) for name in (STAGING, PRODUCTION)]
    repository, state = f"{project.name}/{project.service}", f"{OWNER}-state"
    play.hand.run(["git", "init", "--quiet"], name="git-init").needed("the project could not become a repository")
    _describe(play, play.pulumi, SHARED, hub, {"state": state})
    play.pulumi.up(SHARED, "roles", what="Declaring the roles").done.needed("the shared stack could not be made")
    play.notes.resources = {SHARED: play.pulumi.resources(SHARED)}
    _tokens(play, hub)
    things = put(play.stage, here, repository, put_image(play.stage, repository), state)
    _one_account(play, hub, here, things)
    _two_accounts(play, hub, here[0], things)
    play.pulumi.destroy(SHARED).done.needed("the shared stack could not be removed")


def _describe(play: Play, pulumi: Pulumi, stack: str, hub: GitHub, github: Mapping[str, str], **settings: str) -> None:
    """Make a stack and set what an owner of the repository sets."""
    pulumi.begin(stack)
    for key, value in {**settings, play.key("protect"): "false"}.items():
        pulumi.set(stack, key, value)
    wanted = {
        "repository": hub.repository,
        "endpoint": f"{hub.server}/",
        "reviewers[0]": f"{OWNER}/{TEAM}",
        "reviewers[1]": REVIEWERS[0],
        **github,
    }
    for field, value in wanted.items():
        pulumi.set(stack, play.key(f"github.{field}"), value, path=True)


def _tokens(play: Play, hub: GitHub) -> None:
    """A role is given to who runs in its environment, with a token that GitHub signed, and to nobody else."""
    arn = role_of(hub, PRODUCTION)
    claims = hub.seen("subject", repo=hub.repository, environment=PRODUCTION)
    hub.told("repositories", owner=OWNER, name="other", private=True, by=ADMINISTRATOR)
    other = hub.seen("token", repo=f"{OWNER}/other", environment=PRODUCTION)["value"]
    wrong = {
        "a token of staging's": token(hub, STAGING),
        "a token of production's preview": token(hub, f"{PRODUCTION}-preview"),
        "a token of another repository": str(other),
        "a token that nobody signed": _unsigned(claims),
        "a token that was changed": _changed(token(hub, STAGING), claims),
    }
    for what, signed in wrong.items():
        try:
            take(play.stage, arn, signed)
        except ClientError as error:
            play.console.refused(f"{what}: {error.response['Error']['Code']}")
            continue
        raise RehearsalError(f"{what} should not get the role of production.", f"see {play.stage.home.logs}.")
    take(play.stage, arn, token(hub, PRODUCTION))
    _found(play, f"production's role goes to its own environment, and not for {', '.join(wrong)}")


def _one_account(play: Play, hub: GitHub, here: Sequence[Place], things: Things) -> None:
    """Try every role where both environments share an account."""
    staging, production = here
    roles = {
        STAGING: calls.staging(staging, production, things),
        f"{STAGING}-preview": calls.preview(staging, things),
        PRODUCTION: calls.production(production, staging, things),
        f"{PRODUCTION}-rollback": calls.rollback(production, things),
    }
    wrong = list[str]()
    for environment, attempts in roles.items():
        taken = take(play.stage, role_of(hub, environment), token(hub, environment))
        wrong += _try(play, f"{environment}, one account", taken, attempts)
        if environment == STAGING:
            made = become(play.stage, calls.give_everything(taken, staging))
            attempts = calls.made(staging, production, things)
            wrong += _try(play, "a role that staging's deployment made", made, attempts)
    _judge(wrong)
    remove_roles(play.stage, here)


def _two_accounts(play: Play, hub: GitHub, staging: Place, things: Things) -> None:
    """Let production move into an account of its own, and try its role on what it takes from the other."""
    production = Place(staging.project, PRODUCTION, ACCOUNT, staging.region)
    play.console.say(f"Production moves into an account of its own, {ACCOUNT}.")
    play.pulumi.begin(PRODUCTION)
    play.pulumi.set(PRODUCTION, play.key("account"), ACCOUNT)
    done = play.pulumi.up(SHARED, "production moves out", what="Letting the other account pull")
    done.done.needed("the shared stack could not be changed")
    administrator = {**play.hand.environment, "AWS_ACCESS_KEY_ID": ACCOUNT}
    there = Pulumi(Hand(play.hand.home, play.hand.notebook, administrator, play.hand.folder), play.console)
    where = {"aws:region": production.region, play.key("account"): ACCOUNT, play.key("kind"): "shared"}
    state = f"{OWNER}-state-{PRODUCTION}"
    _describe(play, there, APART, hub, {"state": state, "roles_only": "true"}, **where)
    there.up(APART, "roles", what=f"Declaring production's roles in {ACCOUNT}").done.needed("no roles were made there")
    apart = put(play.stage, [production], things.repository, things.digest, state)
    arn = production.iam(f"role/ci/{production.stem}-ci-deploy")
    taken = take(play.stage, arn, token(hub, PRODUCTION))
    attempts = calls.production_apart(production, staging, apart)
    _judge(_try(play, f"{PRODUCTION}, in an account of its own", taken, attempts))
    remove_roles(play.stage, [production])
    there.destroy(APART).done.needed("production's roles could not be removed")


def _try(play: Play, who: str, taken: Taken, attempts: Sequence[Attempt]) -> list[str]:
    """Make the calls of one role and tell what came of them; return what should not have."""
    with play.console.working(f"Calling AWS as {taken.name}"):
        found = {attempt: outcome(attempt, taken) for attempt in attempts}
    wrong = [f"{taken.name}, {attempt.what}: {problem}" for attempt, problem in found.items() if problem]
    if not wrong:
        refused = [attempt for attempt in attempts if attempt.denied]
        through = [attempt.what for attempt in attempts if not attempt.denied]
        for attempt in refused:
            play.console.refused(f"{taken.name} may not {attempt.what}: {attempt.denied} is denied")
        told = f"{who}: {len(refused)} calls denied ({', '.join(attempt.what for attempt in refused)})"
        _found(play, f"{told}; {len(through)} let through ({', '.join(through)})")
    return wrong


def _judge(wrong: Sequence[str]) -> None:
    """Raise `RehearsalError` with every call that a policy answers otherwise than it should."""
    if wrong:
        raise RehearsalError(
            "roles do not do what they may, no more and no less:\n  " + "\n  ".join(wrong),
            "their policies are in components/access; what the emulated AWS compares is in rehearsal/aws/iam.",
        )


def _found(play: Play, text: str) -> None:
    """Tell something that was proved, and keep it for the report."""
    play.console.good(text)
    play.notes.findings.append(text)


def _unsigned(claims: Mapping[str, str]) -> str:
    """Return a token that says all that is wanted, and that nobody signed."""
    now = int(time.time())
    parts = ({"alg": "none", "typ": "JWT"}, {**claims, "iat": now, "exp": now + 300})
    return ".".join([*(_coded(part) for part in parts), ""])


def _changed(signed: str, claims: Mapping[str, str]) -> str:
    """Return a token with other claims under the signature of this one."""
    head, _, signature = signed.split(".")
    now = int(time.time())
    return ".".join([head, _coded({**claims, "iat": now, "exp": now + 300}), signature])


def _coded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
