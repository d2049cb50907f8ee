"""Environments of a repository: what guards them, from which refs they may be deployed to, and what the plan allows.

Private repositories: Free has no environments (404), Pro and Team have them with branch policies, and only Enterprise
has reviewers, wait timers and the rest: there the fields are refused when they are so much as present (422).
https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rehearsal.github import protection, rules, views
from rehearsal.github.errors import Refused, missing, not_found, wrong
from rehearsal.github.patterns import matches
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.stores import forget
from rehearsal.github.world import ROLES, Repository, World, node_id

ROUTES = Routes("deployments/environments")

MOST_REVIEWERS = 6
LONGEST_WAIT = 43200
_GATED = {
    "reviewers": "required reviewers",
    "wait_timer": "wait timer",
    "prevent_self_review": "required reviewers",
}


@dataclass
class Policy:
    """One pattern of branches or tags that may deploy."""

    id: int
    name: str
    kind: str


@dataclass
class Environment:
    """One environment. `reviewers` are (User or Team, id); `policy` is protected, custom, or None for every ref."""

    id: int
    name: str
    created: str
    updated: str
    reviewers: list[tuple[str, int]] = field(default_factory=list)
    wait_timer: int = 0
    prevent_self_review: bool = False
    can_admins_bypass: bool = True
    policy: str | None = None
    policies: dict[int, Policy] = field(default_factory=dict)
    rule_ids: dict[str, int] = field(default_factory=dict)


@dataclass
class Environments:
    """The environments of one repository; GitHub compares their names without case."""

    by_name: dict[str, Environment] = field(default_factory=dict)


def find(repo: Repository, name: str) -> Environment | None:
    """An environment by name."""
    return repo.area(Environments).by_name.get(name.lower())


def ensure(world: World, repo: Repository, name: str) -> Environment:
    """An environment, made where it is not: a deployment or a workflow that names one makes it."""
    if (found := find(repo, name)) is not None:
        return found
    made = Environment(world.new_id(), name, world.time(), world.time())
    repo.area(Environments).by_name[name.lower()] = made
    return made


def admits(repo: Repository, one: Environment, ref: str) -> bool:
    """Whether a ref, by its full name, may deploy to an environment."""
    kind, name = (
        ("tag", ref.removeprefix("refs/tags/"))
        if ref.startswith("refs/tags/")
        else ("branch", ref.removeprefix("refs/heads/"))
    )
    if one.policy is None:
        return True
    if one.policy == "protected":
        guarded = protection.of(repo, name) is not None or bool(rules.in_force(repo, ref))
        return kind == "branch" and guarded
    return any(policy.kind == kind and matches(policy.name, name) for policy in one.policies.values())


def may_review(world: World, one: Environment, login: str) -> bool:
    """Whether somebody is one of the reviewers."""
    number = world.account(login).id
    teams = {team.id for team in world.teams.values() if login in team.members}
    return any(number == who if kind == "User" else who in teams for kind, who in one.reviewers)


def of(call: Call) -> Environment:
    """The environment that the path names.

    Raises:
        Refused: 404; on Free, a private repository has none.

    """
    if call.world.plan_of(call.repo) == "free" or (found := find(call.repo, call.values["environment"])) is None:
        raise not_found()
    return found


def shown(call: Call, one: Environment) -> dict[str, Any]:
    """An environment."""
    found: list[dict[str, Any]] = []

    def rule(kind: str, **content: Any) -> None:
        number = one.rule_ids.setdefault(kind, call.world.new_id())
        found.append({"id": number, "node_id": node_id("GA", number), "type": kind, **content})

    if one.wait_timer:
        rule("wait_timer", wait_timer=one.wait_timer)
    if one.reviewers:
        rule(
            "required_reviewers",
            prevent_self_review=one.prevent_self_review,
            reviewers=[{"type": kind, "reviewer": reviewer(call.world, kind, who)} for kind, who in one.reviewers],
        )
    if one.policy is not None:
        rule("branch_policy")
    policy = None
    if one.policy is not None:
        policy = {"protected_branches": one.policy == "protected", "custom_branch_policies": one.policy == "custom"}
    at = quote(one.name, safe="")
    return {
        "id": one.id,
        "node_id": node_id("EN", one.id),
        "name": one.name,
        "url": f"{call.repo_url}/environments/{at}",
        "html_url": f"{call.world.base}/{call.repo.full_name}/deployments/activity_log?environments_filter={at}",
        "created_at": one.created,
        "updated_at": one.updated,
        "can_admins_bypass": one.can_admins_bypass,
        "protection_rules": found,
        "deployment_branch_policy": policy,
    }


def reviewer(world: World, kind: str, number: int) -> dict[str, Any] | None:
    """A reviewer as an environment shows it."""
    if kind == "Team":
        team = world.team_by_id(number)
        return None if team is None else views.team(world, team)
    account = world.account_by_id(number)
    return None if account is None else views.account(world, account)


def _reviewers(call: Call, given: Any) -> list[tuple[str, int]]:
    if not isinstance(given, list):
        raise wrong("For 'reviewers', it is not an array.")
    if len(given) > MOST_REVIEWERS:
        raise Refused(
            422, f"Invalid request.\n\nNo more than {MOST_REVIEWERS} items are allowed; {len(given)} were supplied."
        )
    found = []
    for one in given:
        kind, number = one.get("type"), one.get("id")
        if kind not in ("User", "Team") or not isinstance(number, int):
            raise wrong("For 'reviewers', type is User or Team and id a number.")
        if kind == "User":
            account = call.world.account_by_id(number)
            known = account is not None and call.world.role(call.repo, account.login) != "none"
        else:
            team = call.world.team_by_id(number)
            known = team is not None and ROLES.index(call.repo.teams.get(team.slug, "none")) >= ROLES.index("read")
        # Who may not read the repository is left out without a word (terraform-provider-github#1166).
        if known and (kind, number) not in found:
            found.append((kind, number))
    return found


def _policy(given: Any) -> str | None:
    if given is None:
        return None
    protected, custom = given.get("protected_branches"), given.get("custom_branch_policies")
    if protected is None or custom is None:
        raise missing("protected_branches" if protected is None else "custom_branch_policies")
    if protected == custom:
        raise Refused(422, "`protected_branches` and `custom_branch_policies` cannot have the same value")
    return "protected" if protected else "custom"


@ROUTES.on("GET {r}/environments", "actions:read")
def listed(call: Call) -> Answer:
    """Every environment."""
    if call.world.plan_of(call.repo) == "free":
        raise not_found()
    every = list(call.repo.area(Environments).by_name.values())
    return call.page(every, lambda one: shown(call, one), "environments")


@ROUTES.on("GET {r}/environments/{environment}", "actions:read")
def read(call: Call) -> dict[str, Any]:
    """One environment."""
    return shown(call, of(call))


@ROUTES.on("PUT {r}/environments/{environment}", "administration:write")
def put(call: Call) -> dict[str, Any]:
    """Make an environment or set what guards it; what the body leaves out is set back."""
    body, plan, name = call.json(), call.world.plan_of(call.repo), call.values["environment"]
    if plan == "free":
        raise not_found()
    if not name.strip() or len(name) > 255:
        raise Refused(422, "Invalid environment name")
    present = sorted((key for key in _GATED if key in body), key=lambda key: not body[key])
    if plan != "enterprise" and present:
        words = f"Please ensure the billing plan supports the {_GATED[present[0]]} protection rule."
        raise Refused(422, f"Failed to create the environment protection rule. {words}")
    wait = body.get("wait_timer") or 0
    if not isinstance(wait, int) or isinstance(wait, bool) or not 0 <= wait <= LONGEST_WAIT:
        limit = (
            f"must be less than or equal to {LONGEST_WAIT}"
            if isinstance(wait, int) and wait > 0
            else "is not an integer of at least 0"
        )
        raise wrong(f"{wait} {limit}.")
    reviewers, policy = _reviewers(call, body.get("reviewers") or []), _policy(body.get("deployment_branch_policy"))
    one = ensure(call.world, call.repo, name)
    one.reviewers, one.wait_timer, one.policy = reviewers, wait, policy
    one.prevent_self_review = bool(body.get("prevent_self_review") or False)
    one.can_admins_bypass = body.get("can_admins_bypass") is not False
    if policy != "custom":
        one.policies.clear()
    one.updated = call.world.time()
    return shown(call, one)


@ROUTES.on("DELETE {r}/environments/{environment}", "administration:write")
def removed(call: Call) -> None:
    """No environment; its secrets and variables go with it."""
    one = of(call)
    del call.repo.area(Environments).by_name[one.name.lower()]
    forget(call.repo, one.id)
