"""Pull requests as they stand; how they are opened and merged is in `merging`, how they are judged in `reviews`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import views
from rehearsal.github.changes import Change, listener
from rehearsal.github.issues import Issue, Issues, label
from rehearsal.github.routes import Call
from rehearsal.github.world import Repository, World, node_id


@dataclass
class Review:
    """One review; `state` is APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    id: int
    login: str
    state: str
    body: str
    commit: str
    at: str


@dataclass
class Pull:
    """One pull request. `source` is the fork that it comes from; `final` is its head once it is closed."""

    id: int
    number: int
    head: str
    base: str
    draft: bool
    pusher: str
    reviews: list[Review] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    requested_teams: list[str] = field(default_factory=list)
    final: str | None = None
    base_sha: str | None = None
    merged: str | None = None
    merged_at: str | None = None
    merged_by: str | None = None
    source: Repository | None = None

    def head_sha(self, repo: Repository) -> str | None:
        """The commit at its head."""
        return self.final or (self.source or repo).git.ref(f"refs/heads/{self.head}")


@dataclass
class Pulls:
    """The pull requests of one repository."""

    by_number: dict[int, Pull] = field(default_factory=dict)


def issue(repo: Repository, pull: Pull) -> Issue:
    """The half of a pull request that is an issue."""
    return repo.area(Issues).by_number[pull.number]


def open_on(repo: Repository, branch: str, source: Repository | None = None) -> list[Pull]:
    """The open pull requests from a branch, of a fork where `source` is one."""
    return [
        one
        for one in repo.area(Pulls).by_number.values()
        if one.head == branch and one.source is source and issue(repo, one).state == "open"
    ]


def followers(world: World, repo: Repository, branch: str) -> list[tuple[Repository, Pull]]:
    """The open pull requests that have a branch as their head, each with the repository that it is of."""
    found = [(repo, one) for one in open_on(repo, branch)]
    return found + ([(repo.parent, one) for one in open_on(repo.parent, branch, repo)] if repo.parent else [])


@listener
def followed(world: World, change: Change) -> None:
    """A pull request follows its branch; where the branch goes, it closes."""
    if change.branch is None:
        return
    for base, pull in followers(world, change.repo, change.branch):
        if change.deleted:
            pull.final = change.old
            one = issue(base, pull)
            one.state, one.closed = "closed", world.time()
        else:
            pull.pusher = change.token.login
            show(base, pull)


def show(repo: Repository, pull: Pull) -> None:
    """Have the head of a pull request in its repository, where it comes from a fork too."""
    if pull.source is not None:
        repo.git.fetch(pull.source.git, f"refs/heads/{pull.head}:refs/pull/{pull.number}/head")
    elif (head := pull.head_sha(repo)) is not None:
        repo.git.set_ref(f"refs/pull/{pull.number}/head", head)


def shown(call: Call, pull: Pull) -> dict[str, Any]:
    """A pull request, without what only merging can say."""
    world, repo = call.world, call.repo
    one = issue(repo, pull)
    url, issues = f"{call.repo_url}/pulls/{pull.number}", f"{call.repo_url}/issues/{pull.number}"
    head = pull.head_sha(repo)
    area = repo.area(Issues)
    return {
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "number": pull.number,
        "state": one.state,
        "title": one.title,
        "body": one.body,
        "draft": pull.draft,
        "locked": False,
        "user": views.user(world, one.author),
        "labels": [label(call, area.labels[name.lower()]) for name in one.labels if name.lower() in area.labels],
        "assignees": [views.user(world, login) for login in one.assignees],
        "requested_reviewers": [views.user(world, login) for login in pull.requested],
        "requested_teams": [
            views.team(world, world.teams[(repo.owner.lower(), slug)])
            for slug in pull.requested_teams
            if (repo.owner.lower(), slug) in world.teams
        ],
        "head": _side(call, pull.head, head, pull.source),
        "base": _side(
            call, pull.base, pull.base_sha if one.state == "closed" else repo.git.ref(f"refs/heads/{pull.base}")
        ),
        "url": url,
        "html_url": f"{world.base}/{repo.full_name}/pull/{pull.number}",
        "issue_url": issues,
        "comments_url": f"{issues}/comments",
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "statuses_url": f"{call.repo_url}/statuses/{head}",
        "created_at": one.created,
        "updated_at": one.updated,
        "closed_at": one.closed,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merged,
        "auto_merge": None,
        "milestone": None,
        "maintainer_can_modify": False,
        "author_association": "MEMBER",
    }


def _side(call: Call, branch: str, sha: str | None, source: Repository | None = None) -> dict[str, Any]:
    repo = source or call.repo
    return {
        "label": f"{repo.owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": views.account(call.world, call.world.account(repo.owner)),
        "repo": views.repository(call.world, repo),
    }
