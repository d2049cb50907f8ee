"""Branch protection, the older way: kept by the names that GraphQL gives its fields, read over REST as far as a branch
shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github.errors import Refused, not_found
from rehearsal.github.patterns import matches
from rehearsal.github.routes import Call, Routes
from rehearsal.github.world import Repository

ROUTES = Routes("branches/branch-protection")

FLAGS: dict[str, Any] = {
    "allowsDeletions": False,
    "allowsForcePushes": False,
    "blocksCreations": False,
    "dismissesStaleReviews": False,
    "isAdminEnforced": False,
    "lockBranch": False,
    "requireLastPushApproval": False,
    "requiredApprovingReviewCount": 0,
    "requiredStatusCheckContexts": (),
    "requiresApprovingReviews": False,
    "requiresCodeOwnerReviews": False,
    "requiresCommitSignatures": False,
    "requiresConversationResolution": False,
    "requiresLinearHistory": False,
    "requiresStatusChecks": False,
    "requiresStrictStatusChecks": False,
    "restrictsPushes": False,
    "restrictsReviewDismissals": False,
}
"""What a protection may ask for, and what it asks for unless told."""

ACTORS = ("bypassForcePushActorIds", "bypassPullRequestActorIds", "pushActorIds", "reviewDismissalActorIds")
"""The lists of node ids in a protection."""


@dataclass
class Protection:
    """One protection of the branches that fit a pattern."""

    id: int
    pattern: str
    flags: dict[str, Any] = field(default_factory=lambda: dict(FLAGS))
    actors: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in ACTORS})


@dataclass
class Protections:
    """The protections of one repository."""

    by_id: dict[int, Protection] = field(default_factory=dict)

    def of(self, branch: str) -> Protection | None:
        """The one that holds for a branch: that of its name before those of patterns."""
        fitting = [one for one in self.by_id.values() if matches(one.pattern, branch)]
        return min(fitting, key=lambda one: one.pattern != branch, default=None)


def of(repo: Repository, branch: str) -> Protection | None:
    """The protection that holds for a branch."""
    return repo.area(Protections).of(branch)


@ROUTES.on("GET {r}/branches/{branch}/protection", "administration:read")
def read(call: Call) -> dict[str, Any]:
    """What protects a branch."""
    branch = call.values["branch"]
    if call.repo.git.ref(f"refs/heads/{branch}") is None:
        raise Refused(404, "Branch not found")
    if (found := of(call.repo, branch)) is None:
        raise Refused(404, "Branch not protected")
    return shown(call, branch, found)


@ROUTES.on("DELETE {r}/branches/{branch}/protection", "administration:write")
def removed(call: Call) -> None:
    """No protection."""
    if (found := of(call.repo, call.values["branch"])) is None:
        raise not_found()
    del call.repo.area(Protections).by_id[found.id]


def shown(call: Call, branch: str, found: Protection) -> dict[str, Any]:
    """A protection in the words of REST."""
    url = f"{call.repo_url}/branches/{branch}/protection"
    flags = found.flags
    content: dict[str, Any] = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": flags["isAdminEnforced"]},
        "required_linear_history": {"enabled": flags["requiresLinearHistory"]},
        "allow_force_pushes": {"enabled": flags["allowsForcePushes"]},
        "allow_deletions": {"enabled": flags["allowsDeletions"]},
        "required_conversation_resolution": {"enabled": flags["requiresConversationResolution"]},
        "lock_branch": {"enabled": flags["lockBranch"]},
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": flags["requiresCommitSignatures"]},
    }
    if flags["requiresApprovingReviews"]:
        content["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": flags["dismissesStaleReviews"],
            "require_code_owner_reviews": flags["requiresCodeOwnerReviews"],
            "require_last_push_approval": flags["requireLastPushApproval"],
            "required_approving_review_count": flags["requiredApprovingReviewCount"],
        }
    if flags["requiresStatusChecks"]:
        contexts = list(flags["requiredStatusCheckContexts"])
        content["required_status_checks"] = {
            "url": f"{url}/required_status_checks",
            "strict": flags["requiresStrictStatusChecks"],
            "contexts": contexts,
            "checks": [{"context": one, "app_id": None} for one in contexts],
        }
    return content
