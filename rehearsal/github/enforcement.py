"""What rulesets and branch protection say to a ref that is to move, in GitHub's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.github import checks, deployments, protection, reviews, rules
from rehearsal.github.changes import Change
from rehearsal.github.patterns import owned_pattern
from rehearsal.github.pulls import Pull, Pulls
from rehearsal.github.world import ROLES, Repository, World, node_id

THROUGH_PULL = "Changes must be made through a pull request."
NOT_AUTHORIZED = (
    "You're not authorized to push to this branch. "
    "Visit https://docs.github.com/articles/about-protected-branches/ for more information."
)
_REPOSITORY_ROLES = {1: "read", 2: "maintain", 3: "triage", 4: "write", 5: "admin"}


@dataclass(frozen=True)
class Verdict:
    """What stands against a change: reasons of rulesets, and reasons of branch protection."""

    rules: tuple[str, ...]
    protection: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether anything does."""
        return bool(self.rules or self.protection)

    @property
    def message(self) -> str:
        """As the REST API says it."""
        if self.rules:
            return "Repository rule violations found\n\n" + "".join(f"{reason}\n\n" for reason in self.rules)
        return " ".join(self.protection)


def judge(world: World, change: Change) -> Verdict:
    """Judge a change by everything that is in force for its ref."""
    found: list[str] = []
    for ruleset in rules.in_force(change.repo, change.ref):
        if not bypasses(world, change, ruleset):
            for rule in ruleset.rules:
                found += _broken(world, change, rule["type"], rule.get("parameters", {}))
    return Verdict(tuple(dict.fromkeys(found)), tuple(dict.fromkeys(_protected(world, change))))


def bypasses(world: World, change: Change, ruleset: rules.Ruleset) -> bool:
    """Whether who makes the change need not follow a ruleset."""
    for actor in ruleset.bypass:
        if actor["bypass_mode"] == "pull_request" and change.way != "merge":
            continue
        if _is_actor(world, change, actor["actor_type"], actor["actor_id"]):
            return True
    return False


def _is_actor(world: World, change: Change, kind: str, number: int | None) -> bool:
    token, repo = change.token, change.repo
    if kind == "Integration":
        return token.app is not None and token.app == number
    if token.app is not None:
        return False
    if kind == "OrganizationAdmin":
        return world.accounts[repo.owner.lower()].members.get(token.login) == "admin"
    if kind == "RepositoryRole":
        needed = _REPOSITORY_ROLES.get(number or 0, "admin")
        return ROLES.index(world.role(repo, token.login)) >= ROLES.index(needed)
    if kind == "Team":
        team = world.team_by_id(number or 0)
        return team is not None and token.login in team.members
    return kind == "User" and world.account(token.login).id == number


def _pull(change: Change) -> Pull | None:
    return None if change.pull is None else change.repo.area(Pulls).by_number[change.pull]


def _broken(world: World, change: Change, kind: str, asked: dict[str, Any]) -> Iterator[str]:
    what = "tag" if change.branch is None else "branch"
    if change.deleted:
        if kind == "deletion":
            yield f"Cannot delete this {what}"
        return
    if kind == "creation" and change.created:
        yield "Cannot create ref due to creations being restricted."
    elif kind == "update" and not change.created:
        yield "Cannot update this protected ref."
    elif kind == "non_fast_forward" and change.forced:
        yield f"Cannot force-push to this {what}"
    elif kind == "required_linear_history" and _has_merge(change):
        yield "This branch must not contain merge commits."
    elif kind == "required_signatures":
        yield from _unsigned(change)
    elif kind == "pull_request" and not change.created:
        yield from _pull_rule(world, change, asked)
    elif kind == "required_status_checks":
        yield from _checks_rule(change, asked)
    elif kind == "required_deployments":
        head = _judged_commit(change)
        for environment in asked["required_deployment_environments"]:
            if not deployments.deployed(change.repo, head, environment):
                yield f"Missing successful active {environment} deployment."
    elif kind == "merge_queue" and not change.created:
        yield "Changes must be made through the merge queue"
    elif kind.endswith("_pattern"):
        yield from _pattern(change, kind, asked)
    elif kind in rules.PUSH:
        yield from _push_rule(change, kind, asked)


def _judged_commit(change: Change) -> str:
    """The commit whose checks count: the head of the pull request that is merged, else what is pushed."""
    pull = _pull(change)
    return change.new if pull is None else pull.head_sha(change.repo) or change.new


def _has_merge(change: Change) -> bool:
    return any(len(change.repo.git.commit(sha).parents) > 1 for sha in change.commits())


def _unsigned(change: Change) -> Iterator[str]:
    if change.way in ("contents", "merge"):
        return  # GitHub signs what it commits itself
    bad = [sha for sha in change.commits() if change.repo.git.commit(sha).signature is None]
    if bad:
        count = f"{len(bad)} violation{'s' if len(bad) > 1 else ''}"
        yield f"Commits must have verified signatures.\n  Found {count}:\n\n  " + "\n  ".join(bad)


def _pull_rule(world: World, change: Change, asked: dict[str, Any]) -> Iterator[str]:
    pull = _pull(change)
    if pull is None:
        yield THROUGH_PULL
        return
    if change.method not in asked["allowed_merge_methods"]:
        yield f"{reviews.METHODS[change.method or 'merge']} are not allowed by the repository's rules."
    wish = reviews.Wish(
        count=int(asked["required_approving_review_count"]),
        code_owners=asked["require_code_owner_review"],
        last_push=asked["require_last_push_approval"],
        dismiss_stale=asked["dismiss_stale_reviews_on_push"],
    )
    yield from reviews.lacking(world, change.repo, pull, wish)


def _checks_rule(change: Change, asked: dict[str, Any]) -> Iterator[str]:
    if change.created and asked["do_not_enforce_on_create"]:
        return
    required = [(one["context"], one.get("integration_id") or None) for one in asked["required_status_checks"]]
    head = _judged_commit(change)
    if (reason := checks.unmet(change.repo, head, required)) is not None:
        yield reason
    elif asked["strict_required_status_checks_policy"] and change.way == "merge":
        yield from _behind(change, head)


def _behind(change: Change, head: str) -> Iterator[str]:
    if not change.repo.git.is_ancestor(change.old, head):
        yield "This branch is out-of-date with the base branch."


def _pattern(change: Change, kind: str, asked: dict[str, Any]) -> Iterator[str]:
    if kind in ("branch_name_pattern", "tag_name_pattern"):
        wanted = "refs/heads/" if kind.startswith("branch") else "refs/tags/"
        texts = [change.ref.removeprefix(wanted)] if change.created and change.ref.startswith(wanted) else []
    else:
        found = [change.repo.git.commit(sha) for sha in change.commits()]
        texts = [
            one.message
            if kind == "commit_message_pattern"
            else (one.author if kind == "commit_author_email_pattern" else one.committer).email
            for one in found
        ]
    if any(_fits(asked, text) == bool(asked.get("negate", False)) for text in texts):
        name = asked.get("name") or f"{asked['operator'].replace('_', ' ')}: {asked['pattern']}"
        yield f"{kind.removesuffix('_pattern').replace('_', ' ').capitalize()} must match a given pattern: {name}"


def _fits(asked: dict[str, Any], text: str) -> bool:
    pattern = str(asked["pattern"])
    match asked["operator"]:
        case "starts_with":
            return text.startswith(pattern)
        case "ends_with":
            return text.endswith(pattern)
        case "contains":
            return pattern in text
        case _:
            return re.search(pattern, text) is not None


def _push_rule(change: Change, kind: str, asked: dict[str, Any]) -> Iterator[str]:
    paths = change.paths()
    bad: list[str] = []
    if kind == "file_path_restriction":
        patterns = [owned_pattern(one) for one in asked["restricted_file_paths"]]
        bad = [path for path in paths if any(pattern.fullmatch(path) for pattern in patterns)]
    elif kind == "file_extension_restriction":
        endings = tuple(f".{one.lstrip('*.')}" for one in asked["restricted_file_extensions"])
        bad = [path for path in paths if path.endswith(endings)]
    elif kind == "max_file_path_length":
        bad = [path for path in paths if len(path) > int(asked["max_file_path_length"])]
    else:
        most = int(asked["max_file_size"]) * 1024 * 1024
        sizes = {one.path: one.size or 0 for one in change.repo.git.tree(change.new, recursive=True)} if paths else {}
        bad = [path for path in paths if sizes.get(path, 0) > most]
    if bad:
        yield f"{kind.replace('_', ' ').capitalize()}: {', '.join(bad)}"


def _protected(world: World, change: Change) -> Iterator[str]:
    found = None if change.branch is None else protection.of(change.repo, change.branch)
    if found is None:
        return
    flags, repo = found.flags, change.repo
    if not flags["isAdminEnforced"] and change.token.app is None and world.role(repo, change.token.login) == "admin":
        return
    if change.deleted:
        if not flags["allowsDeletions"]:
            yield "Cannot delete this protected branch"
        return
    if flags["lockBranch"]:
        yield "Cannot change this locked branch"
    restricted = flags["restrictsPushes"] and (not change.created or flags["blocksCreations"])
    if restricted and not _named(world, change, found.actors["pushActorIds"]):
        yield NOT_AUTHORIZED
    if change.created:
        return
    if (
        change.forced
        and not flags["allowsForcePushes"]
        and not _named(world, change, found.actors["bypassForcePushActorIds"])
    ):
        yield "Cannot force-push to this protected branch"
    if flags["requiresLinearHistory"] and _has_merge(change):
        yield "This branch must not contain merge commits."
    if flags["requiresCommitSignatures"]:
        yield from _unsigned(change)
    if flags["requiresApprovingReviews"] and not _named(world, change, found.actors["bypassPullRequestActorIds"]):
        yield from _protected_reviews(world, change, flags)
    if flags["requiresStatusChecks"]:
        head = _judged_commit(change)
        required: list[tuple[str, int | None]] = [(name, None) for name in flags["requiredStatusCheckContexts"]]
        if (reason := checks.unmet(repo, head, required)) is not None:
            yield reason
        elif flags["requiresStrictStatusChecks"] and change.way == "merge":
            yield from _behind(change, head)


def _protected_reviews(world: World, change: Change, flags: dict[str, Any]) -> Iterator[str]:
    pull = _pull(change)
    if pull is None:
        yield THROUGH_PULL
        return
    wish = reviews.Wish(
        count=int(flags["requiredApprovingReviewCount"]),
        code_owners=flags["requiresCodeOwnerReviews"],
        last_push=flags["requireLastPushApproval"],
        dismiss_stale=flags["dismissesStaleReviews"],
    )
    yield from reviews.lacking(world, change.repo, pull, wish)


def _named(world: World, change: Change, ids: list[str]) -> bool:
    login = change.token.login
    mine = {node_id("U", world.account(login).id)}
    if change.token.app is not None:
        mine.add(node_id("A", change.token.app))
    mine |= {node_id("T", team.id) for team in world.teams.values() if login in team.members}
    return bool(mine & set(ids))


def merges_blocked(world: World, repo: Repository, change: Change) -> bool:
    """Whether a merge would be refused."""
    return judge(world, change).refused
