"""Rulesets of a repository: kept, shown, and refused where they could not be. What they forbid is in `enforcement`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github.errors import Refused, invalid, missing, not_found, upgrade, wrong
from rehearsal.github.patterns import covers
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Repository, World, node_id

ROUTES = Routes("repos/rules")

TARGETS = ("branch", "tag", "push")
ENFORCEMENTS = ("active", "evaluate", "disabled")
ACTOR_TYPES = ("RepositoryRole", "Team", "Integration", "OrganizationAdmin", "DeployKey", "EnterpriseOwner", "User")
BYPASS_MODES = ("always", "pull_request", "exempt")

PARAMETERS: dict[str, dict[str, Any]] = {
    "pull_request": {
        "allowed_merge_methods": ["merge", "squash", "rebase"],
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_approving_review_count": 0,
        "required_review_thread_resolution": False,
        "required_reviewers": [],
    },
    "required_status_checks": {"do_not_enforce_on_create": False, "strict_required_status_checks_policy": False},
}
"""What GitHub fills in where a rule leaves it out."""

NEEDED: dict[str, tuple[str, ...]] = {
    "required_status_checks": ("required_status_checks",),
    "required_deployments": ("required_deployment_environments",),
    "code_scanning": ("code_scanning_tools",),
    "file_path_restriction": ("restricted_file_paths",),
    "file_extension_restriction": ("restricted_file_extensions",),
    "max_file_path_length": ("max_file_path_length",),
    "max_file_size": ("max_file_size",),
    **dict.fromkeys(
        (
            "commit_message_pattern",
            "commit_author_email_pattern",
            "committer_email_pattern",
            "branch_name_pattern",
            "tag_name_pattern",
        ),
        ("operator", "pattern"),
    ),
}
ENTERPRISE = frozenset(name for name in NEEDED if name.endswith("_pattern"))
PUSH = frozenset({"file_path_restriction", "file_extension_restriction", "max_file_path_length", "max_file_size"})
BARE = frozenset(
    [
        "creation",
        "update",
        "deletion",
        "required_linear_history",
        "required_signatures",
        "non_fast_forward",
        "merge_queue",
        "copilot_code_review",
        "workflows",
    ]
)
TYPES = frozenset(NEEDED) | frozenset(PARAMETERS) | BARE


@dataclass
class Ruleset:
    """One ruleset; `rules` as REST has them."""

    id: int
    name: str
    target: str
    enforcement: str
    bypass: list[dict[str, Any]]
    include: list[str]
    exclude: list[str]
    rules: list[dict[str, Any]]
    created: str
    updated: str


@dataclass
class Rulesets:
    """The rulesets of one repository."""

    by_id: dict[int, Ruleset] = field(default_factory=dict)


def in_force(repo: Repository, ref: str) -> list[Ruleset]:
    """The active rulesets that take in a ref, by its full name."""
    target = "tag" if ref.startswith("refs/tags/") else "branch"
    return [
        one
        for one in repo.area(Rulesets).by_id.values()
        if one.enforcement == "active"
        and (
            one.target == "push"
            or (one.target == target and covers(one.include, one.exclude, ref, repo.default_branch))
        )
    ]


def _shown(call: Call, one: Ruleset, *, whole: bool = True) -> dict[str, Any]:
    url = f"{call.repo_url}/rulesets/{one.id}"
    content: dict[str, Any] = {
        "id": one.id,
        "node_id": node_id("RRS", one.id),
        "name": one.name,
        "target": one.target,
        "source_type": "Repository",
        "source": call.repo.full_name,
        "enforcement": one.enforcement,
        "created_at": one.created,
        "updated_at": one.updated,
        "_links": {"self": {"href": url}, "html": {"href": f"{call.world.base}/{call.repo.full_name}/rules/{one.id}"}},
    }
    if not whole:
        return content
    content["rules"] = one.rules
    content["bypass_actors"] = one.bypass
    content["current_user_can_bypass"] = "never" if not one.bypass else "always"
    if one.target != "push":
        content["conditions"] = {"ref_name": {"include": one.include, "exclude": one.exclude}}
    return content


def _list(content: Any, where: str) -> list[Any]:
    if content is None:
        raise wrong(f"Invalid property {where}: data cannot be null.")
    if not isinstance(content, list):
        raise wrong(f"Invalid property {where}: {content!r} is not of type `array`.")
    return content


def _one_of(value: Any, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise wrong(f"Invalid property {where}: `{value}` is not a possible value. Must be one of: {', '.join(known)}.")
    return str(value)


def _rule(world: World, repo: Repository, at: int, given: Any, target: str) -> dict[str, Any]:
    where = f"/rules/{at}"
    if not isinstance(given, dict) or given.get("type") not in TYPES:
        raise wrong(f"Invalid property {where}: data matches no possible input. See `documentation_url`.")
    kind = str(given["type"])
    if (kind in PUSH) != (target == "push"):
        raise invalid(f"Invalid rule '{kind}': it cannot be used with the target '{target}'")
    parameters = {**PARAMETERS.get(kind, {}), **(given.get("parameters") or {})}
    if lacking := [name for name in NEEDED.get(kind, ()) if name not in parameters]:
        raise wrong(f"Invalid property {where}/parameters: missing required keys: {', '.join(lacking)}.")
    if kind in ENTERPRISE and world.accounts[repo.owner.lower()].plan != "enterprise":
        raise invalid(f"Invalid rule '{kind}': Upgrade to GitHub Enterprise to use this rule")
    if kind == "pull_request" and not 0 <= int(parameters["required_approving_review_count"]) <= 10:
        raise wrong(f"Invalid property {where}/parameters/required_approving_review_count: must be from 0 to 10.")
    return {"type": kind, **({"parameters": parameters} if parameters else {})}


def _actor(world: World, repo: Repository, at: int, given: Any) -> dict[str, Any]:
    where = f"/bypass_actors/{at}"
    if not isinstance(given, dict):
        raise wrong(f"Invalid property {where}: {given!r} is not of type `object`.")
    kind = _one_of(given.get("actor_type"), ACTOR_TYPES, f"{where}/actor_type")
    mode = _one_of(given.get("bypass_mode", "always"), BYPASS_MODES, f"{where}/bypass_mode")
    number = given.get("actor_id")
    if kind == "Team" and world.team_by_id(int(number or 0)) is None:
        raise invalid("Actor team must be part of the ruleset source or owner organization")
    if kind == "Integration" and not number:
        raise invalid("Actor GitHub App integration must be part of the ruleset source or owner organization")
    if kind == "OrganizationAdmin" and world.accounts[repo.owner.lower()].kind != "Organization":
        raise invalid("Actor organization admin cannot bypass rules of a user's repository")
    return {"actor_id": number, "actor_type": kind, "bypass_mode": mode}


def _fill(call: Call, body: dict[str, Any], one: Ruleset) -> None:
    world, repo = call.world, call.repo
    target = _one_of(body.get("target", one.target), TARGETS, "/target")
    enforcement = _one_of(body.get("enforcement", one.enforcement), ENFORCEMENTS, "/enforcement")
    if enforcement == "evaluate" and world.accounts[repo.owner.lower()].plan != "enterprise":
        raise invalid(
            "Enforcement evaluate option is not supported on this plan. Please upgrade to GitHub Enterprise to enable."
        )
    name = call.text(body, "name", one.name)
    if any(other.name == name and other.id != one.id for other in repo.area(Rulesets).by_id.values()):
        raise invalid("Name must be unique")
    if "rules" in body:
        one.rules = [_rule(world, repo, at, given, target) for at, given in enumerate(_list(body["rules"], "/rules"))]
    if "bypass_actors" in body:
        actors = _list(body["bypass_actors"], "/bypass_actors")
        one.bypass = [_actor(world, repo, at, given) for at, given in enumerate(actors)]
    if body.get("conditions"):
        names = body["conditions"].get("ref_name") or {}
        one.include = [str(part) for part in names.get("include", [])]
        one.exclude = [str(part) for part in names.get("exclude", [])]
    for pattern in (*one.include, *one.exclude):
        if not pattern.startswith(("refs/", "~ALL", "~DEFAULT_BRANCH")):
            raise wrong(
                f"Invalid property /conditions/ref_name: `{pattern}` must begin with refs/, ~ALL or ~DEFAULT_BRANCH."
            )
    one.name, one.target, one.enforcement = name, target, enforcement
    one.updated = world.time()


def _allowed(call: Call) -> None:
    if call.world.plan_of(call.repo) == "free":
        raise upgrade()


def _found(call: Call) -> Ruleset:
    _allowed(call)
    if (found := call.repo.area(Rulesets).by_id.get(call.number("ruleset"))) is None:
        raise not_found()
    return found


@ROUTES.on("GET {r}/rulesets", "metadata:read")
def listed(call: Call) -> Answer:
    """Every ruleset, short."""
    _allowed(call)
    return call.page(list(call.repo.area(Rulesets).by_id.values()), lambda one: _shown(call, one, whole=False))


@ROUTES.on("POST {r}/rulesets", "administration:write", 201)
def created(call: Call) -> dict[str, Any]:
    """A new ruleset."""
    _allowed(call)
    body = call.json()
    for name in ("name", "enforcement"):
        if name not in body:
            raise missing(name)
    now = call.world.time()
    one = Ruleset(call.world.new_id(), "", "branch", "active", [], [], [], [], now, now)
    _fill(call, body, one)
    call.repo.area(Rulesets).by_id[one.id] = one
    call.courier.publish(call.repo, "repository_ruleset", {"action": "created"}, call.login)
    return _shown(call, one)


@ROUTES.on("GET {r}/rulesets/{ruleset}", "metadata:read")
def read(call: Call) -> dict[str, Any]:
    """One ruleset."""
    return _shown(call, _found(call))


@ROUTES.on("PUT {r}/rulesets/{ruleset}", "administration:write")
def changed(call: Call) -> dict[str, Any]:
    """Another ruleset in its place; what the body leaves out stays."""
    one = _found(call)
    _fill(call, call.json(), one)
    call.courier.publish(call.repo, "repository_ruleset", {"action": "edited"}, call.login)
    return _shown(call, one)


@ROUTES.on("DELETE {r}/rulesets/{ruleset}", "administration:write")
def removed(call: Call) -> None:
    """No ruleset."""
    del call.repo.area(Rulesets).by_id[_found(call).id]
    call.courier.publish(call.repo, "repository_ruleset", {"action": "deleted"}, call.login)


@ROUTES.on("GET {r}/rules/branches/{branch:rest}", "metadata:read")
def for_branch(call: Call) -> Answer:
    """Every rule that holds for a branch, whether or not there is one of that name."""
    if call.world.plan_of(call.repo) == "free":
        raise Refused(403, upgrade().message)
    found = [
        {**rule, "ruleset_source_type": "Repository", "ruleset_source": call.repo.full_name, "ruleset_id": one.id}
        for one in in_force(call.repo, f"refs/heads/{call.values['branch']}")
        if one.target == "branch"
        for rule in one.rules
    ]
    return call.page(found, lambda rule: rule)
