"""Reviews of pull requests, and what is still lacking before one may be merged; CODEOWNERS included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.github import views
from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.patterns import owners_of
from rehearsal.github.pulls import Pull, Pulls, Review, issue, shown
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ROLES, Repository, World, node_id

ROUTES = Routes("pulls/reviews")
OWNER_ROUTES = Routes("repos/repos")

METHODS = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in its order."""
_EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


@dataclass(frozen=True)
class Wish:
    """What a rule asks of the reviews of a pull request."""

    count: int
    code_owners: bool
    last_push: bool
    dismiss_stale: bool


def lacking(world: World, repo: Repository, pull: Pull, wish: Wish) -> list[str]:
    """What a pull request still lacks, in GitHub's words."""
    head = pull.head_sha(repo)
    last = {one.login: one for one in pull.reviews if one.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")}
    counted = {
        login: one
        for login, one in last.items()
        if ROLES.index(world.role(repo, login)) >= ROLES.index("write")
        and not (wish.dismiss_stale and one.state == "APPROVED" and one.commit != head)
    }
    approvers = {login for login, one in counted.items() if one.state == "APPROVED"}
    reasons = []
    if any(one.state == "CHANGES_REQUESTED" for one in counted.values()) and wish.count:
        reasons.append("Changes have been requested.")
    if len(approvers) < wish.count:
        plural = "review is" if wish.count == 1 else "reviews are"
        reasons.append(f"At least {wish.count} approving {plural} required by reviewers with write access.")
    if wish.last_push and not approvers - {pull.pusher}:
        reasons.append("New changes require approval from someone other than the last pusher.")
    if wish.code_owners:
        for owners in sorted(waiting_owners(world, repo, pull, approvers)):
            reasons.append(f"Waiting on code owner review from {' and/or '.join(owners)}.")
    return reasons


def codeowners(repo: Repository, branch: str) -> tuple[str, str] | None:
    """The path and content of CODEOWNERS on a branch."""
    for path in CODEOWNERS:
        if repo.git.ref(f"refs/heads/{branch}") and (content := repo.git.file(branch, path)) is not None:
            return path, content.decode(errors="replace")
    return None


def waiting_owners(world: World, repo: Repository, pull: Pull, approvers: set[str]) -> set[tuple[str, ...]]:
    """The sets of owners of which nobody has approved yet."""
    found = codeowners(repo, pull.base)
    head = pull.head_sha(repo)
    base = repo.git.merge_base(pull.base, head) if head else None
    if found is None or base is None or head is None:
        return set()
    waiting = set()
    for change in repo.git.changes(base, head):
        owners = owners_of(found[1], change.path)
        names = tuple(sorted(one.removeprefix("@") for one in owners))
        if names and not any(_is_owner(world, login, name) for name in names for login in approvers):
            waiting.add(names)
    return waiting


def _is_owner(world: World, login: str, name: str) -> bool:
    organization, slash, slug = name.partition("/")
    if not slash:
        return login == name
    team = world.teams.get((organization.lower(), slug))
    return team is not None and login in team.members


def pull_of(call: Call) -> Pull:
    """The pull request that the path names.

    Raises:
        Refused: 404.

    """
    if (found := call.repo.area(Pulls).by_number.get(call.number("number"))) is None:
        raise not_found()
    return found


def _review(call: Call, pull: Pull, one: Review) -> dict[str, Any]:
    url = f"{call.repo_url}/pulls/{pull.number}"
    return {
        "id": one.id,
        "node_id": node_id("PRR", one.id),
        "user": views.user(call.world, one.login),
        "body": one.body,
        "state": one.state,
        "commit_id": one.commit,
        "submitted_at": one.at,
        "pull_request_url": url,
        "html_url": f"{call.world.base}/{call.repo.full_name}/pull/{pull.number}#pullrequestreview-{one.id}",
        "author_association": "MEMBER",
    }


@ROUTES.on("GET {r}/pulls/{number}/reviews", "pull_requests:read")
def listed(call: Call) -> Answer:
    """The reviews, oldest first."""
    pull = pull_of(call)
    return call.page(pull.reviews, lambda one: _review(call, pull, one))


@ROUTES.on("POST {r}/pulls/{number}/reviews", "pull_requests:write")
def reviewed(call: Call) -> dict[str, Any]:
    """A new review."""
    pull, body = pull_of(call), call.json()
    event = body.get("event", "COMMENT")
    if event not in _EVENTS:
        raise invalid(detail("PullRequestReview", "event", "invalid"))
    if event != "COMMENT" and issue(call.repo, pull).author == call.login:
        what = "approve" if event == "APPROVE" else "request changes on"
        raise Refused(422, "Unprocessable Entity", errors=[f"Can not {what} your own pull request"])
    commit = str(body.get("commit_id") or pull.head_sha(call.repo))
    one = Review(call.world.new_id(), call.login, _EVENTS[event], body.get("body") or "", commit, call.world.time())
    pull.reviews.append(one)
    pull.requested = [login for login in pull.requested if login != call.login]
    content = _review(call, pull, one)
    payload = {"action": "submitted", "review": content, "pull_request": shown(call, pull)}
    call.courier.publish(call.repo, "pull_request_review", payload, call.login)
    return content


@ROUTES.on("PUT {r}/pulls/{number}/reviews/{review}/dismissals", "pull_requests:write")
def dismissed(call: Call) -> dict[str, Any]:
    """A review that counts no more."""
    pull = pull_of(call)
    for one in pull.reviews:
        if one.id == call.number("review"):
            one.state = "DISMISSED"
            return _review(call, pull, one)
    raise not_found()


@ROUTES.on("GET {r}/pulls/{number}/requested_reviewers", "pull_requests:read")
def asked(call: Call) -> dict[str, Any]:
    """Who is asked for a review."""
    content = shown(call, pull_of(call))
    return {"users": content["requested_reviewers"], "teams": content["requested_teams"]}


@ROUTES.on("POST {r}/pulls/{number}/requested_reviewers", "pull_requests:write", 201)
def ask(call: Call) -> dict[str, Any]:
    """Ask somebody for a review."""
    pull, body = pull_of(call), call.json()
    for login in body.get("reviewers", []):
        if login == issue(call.repo, pull).author:
            raise Refused(422, "Review cannot be requested from pull request author.")
        if call.world.role(call.repo, login) == "none" or login.lower() not in call.world.accounts:
            raise Refused(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is "
                f"not a collaborator of the {call.repo.full_name} repository.",
            )
    pull.requested = list(dict.fromkeys([*pull.requested, *body.get("reviewers", [])]))
    pull.requested_teams = list(dict.fromkeys([*pull.requested_teams, *body.get("team_reviewers", [])]))
    return shown(call, pull)


@ROUTES.on("DELETE {r}/pulls/{number}/requested_reviewers", "pull_requests:write")
def unask(call: Call) -> dict[str, Any]:
    """Ask no more."""
    pull, body = pull_of(call), call.json()
    pull.requested = [one for one in pull.requested if one not in body.get("reviewers", [])]
    pull.requested_teams = [one for one in pull.requested_teams if one not in body.get("team_reviewers", [])]
    return shown(call, pull)


@OWNER_ROUTES.on("GET {r}/codeowners/errors", "contents:read")
def wrong_lines(call: Call) -> dict[str, Any]:
    """The lines of CODEOWNERS that name nobody who could approve."""
    branch = call.query.get("ref", call.repo.default_branch)
    if (found := codeowners(call.repo, branch)) is None:
        raise not_found()
    path, content = found
    errors = []
    for number, line in enumerate(content.splitlines(), 1):
        for name in line.partition("#")[0].split()[1:]:
            if "@" in name.removeprefix("@") or _may_write(call, name.removeprefix("@")):
                continue
            advice = f"make sure {name} exists and has write access to the repository"
            errors.append(
                {
                    "line": number,
                    "column": line.index(name) + 1,
                    "kind": "Unknown owner",
                    "source": line,
                    "path": path,
                    "suggestion": advice,
                    "message": f"Unknown owner on line {number}: {advice}\n\n  {line}",
                }
            )
    return {"errors": errors}


def _may_write(call: Call, name: str) -> bool:
    organization, slash, slug = name.partition("/")
    if slash:
        known = (organization.lower(), slug) in call.world.teams
        role = call.repo.teams.get(slug, "none") if known else "none"
    else:
        role = call.world.role(call.repo, name) if name.lower() in call.world.accounts else "none"
    return ROLES.index(role) >= ROLES.index("write")
