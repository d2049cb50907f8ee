"""Branches, commits and comparisons."""

from __future__ import annotations

from typing import Any

from rehearsal.github import protection, rules, views
from rehearsal.github.contents import file_change
from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.git import ZERO
from rehearsal.github.gitdata import move
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("branches/branches")
COMMIT_ROUTES = Routes("commits/commits")
_EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The name of the tree with nothing in it."""


def _branch(call: Call, name: str, sha: str, *, whole: bool) -> dict[str, Any]:
    url = f"{call.repo_url}/branches/{name}"
    guard = protection.of(call.repo, name)
    protected = guard is not None or bool(rules.in_force(call.repo, f"refs/heads/{name}"))
    short: dict[str, Any] = {
        "name": name,
        "commit": {"sha": sha, "url": f"{call.repo_url}/commits/{sha}"},
        "protected": protected,
        "protection": {"enabled": guard is not None},
        "protection_url": f"{url}/protection",
    }
    if not whole:
        return short
    commit = views.commit(call.world, call.repo, call.repo.git.commit(sha))
    return {
        **short,
        "commit": commit,
        "_links": {"self": url, "html": f"{call.world.base}/{call.repo.full_name}/tree/{name}"},
    }


@ROUTES.on("GET {r}/branches", "contents:read")
def listed(call: Call) -> Answer:
    """Every branch."""
    found = [(name.removeprefix("refs/heads/"), sha) for name, sha in call.repo.git.refs("refs/heads/").items()]
    shown = [_branch(call, name, sha, whole=False) for name, sha in found]
    if "protected" in call.query:
        shown = [one for one in shown if one["protected"] == (call.query["protected"] == "true")]
    return call.page(shown, lambda one: one)


@ROUTES.on("POST {r}/branches/{branch}/rename", "contents:write", 201)
def renamed(call: Call) -> dict[str, Any]:
    """Another name for a branch."""
    old, new, git = call.values["branch"], call.text(call.json(), "new_name"), call.repo.git
    if (sha := git.ref(f"refs/heads/{old}")) is None:
        raise Refused(404, "Branch not found")
    if git.ref(f"refs/heads/{new}") is not None:
        raise invalid(detail("Branch", "name", "already_exists"))
    move(call, f"refs/heads/{new}", ZERO, sha)
    if call.repo.default_branch == old:
        call.repo.default_branch = new
        git.rename_head(new)
    move(call, f"refs/heads/{old}", sha, ZERO)
    return _branch(call, new, sha, whole=True)


@ROUTES.on("GET {r}/branches/{branch:rest}", "contents:read")
def read(call: Call) -> dict[str, Any]:
    """One branch."""
    name = call.values["branch"]
    if (sha := call.repo.git.ref(f"refs/heads/{name}")) is None:
        raise Refused(404, "Branch not found")
    return _branch(call, name, sha, whole=True)


@ROUTES.on("GET {r}/tags", "contents:read")
def tags(call: Call) -> Answer:
    """Every tag."""
    git = call.repo.git
    found = [(name.removeprefix("refs/tags/"), git.commit_at(name)) for name in git.refs("refs/tags/")]
    return call.page(
        found,
        lambda one: {
            "name": one[0],
            "commit": {"sha": one[1], "url": f"{call.repo_url}/commits/{one[1]}"},
            "node_id": f"REF_{one[0]}",
        },
    )


@COMMIT_ROUTES.on("GET {r}/commits", "contents:read")
def commits(call: Call) -> Answer:
    """Commits of a branch, newest first; of one path where asked."""
    start = call.query.get("sha", call.repo.default_branch)
    if (sha := call.repo.git.commit_at(start)) is None:
        if not call.repo.git.refs("refs/heads/"):
            raise Refused(409, "Git Repository is empty.")
        raise not_found()
    found = call.repo.git.log(sha, call.query.get("path"))
    return call.page(found, lambda one: views.commit(call.world, call.repo, call.repo.git.commit(one)))


@COMMIT_ROUTES.on("GET {r}/commits/{ref:rest}", "contents:read")
def commit(call: Call) -> Any:
    """One commit with its files."""
    git = call.repo.git
    if (sha := git.commit_at(call.values["ref"].removeprefix("refs/"))) is None:
        raise Refused(422, f"No commit found for SHA: {call.values['ref']}")
    if "sha" in call.headers.get("accept", "").rpartition(".")[2]:
        return Answer(200, headers={"Content-Type": "application/vnd.github.sha; charset=utf-8"}, raw=sha.encode())
    found = git.commit(sha)
    before = found.parents[0] if found.parents else _EMPTY
    changes = git.changes(before, sha)
    plus, minus = sum(one.additions for one in changes), sum(one.deletions for one in changes)
    return {
        **views.commit(call.world, call.repo, found),
        "stats": {"additions": plus, "deletions": minus, "total": plus + minus},
        "files": [file_change(call, before, sha, one) for one in changes],
    }


@COMMIT_ROUTES.on("GET {r}/compare/{range:rest}", "contents:read")
def compared(call: Call) -> dict[str, Any]:
    """`base...head`: what head has that base has not."""
    git, (one, dots, other) = call.repo.git, call.values["range"].partition("...")
    base, head = git.commit_at(one), git.commit_at(other)
    if not dots or base is None or head is None:
        raise not_found()
    part = git.merge_base(base, head)
    if part is None:
        raise Refused(404, f"No common ancestor between {one} and {other}.")
    ahead, behind = git.log(f"{base}..{head}"), git.log(f"{head}..{base}")
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    return {
        "url": call.url,
        "html_url": f"{call.world.base}/{call.repo.full_name}/compare/{one}...{other}",
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "base_commit": views.commit(call.world, call.repo, git.commit(base)),
        "merge_base_commit": views.commit(call.world, call.repo, git.commit(part)),
        "commits": [views.commit(call.world, call.repo, git.commit(sha)) for sha in reversed(ahead)],
        "files": [file_change(call, part, head, change) for change in git.changes(part, head)],
    }
