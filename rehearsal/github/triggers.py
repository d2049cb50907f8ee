"""Runs that begin by themselves: of a push, and of a pull request that is opened or gets new commits.

What a job's own token does begins none, as on GitHub. Filters of paths look at what differs: of a push from what was
there before, of a pull request from where it left its base; a push of a tag is not asked for paths.
https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from rehearsal.github import runs, views, workflows
from rehearsal.github.changes import Change, listener
from rehearsal.github.git import Conflict
from rehearsal.github.pulls import Pull, followers, issue
from rehearsal.github.settings import Settings
from rehearsal.github.world import Repository, World

DEPENDABOT = "dependabot[bot]"
_USUAL = ("opened", "synchronize", "reopened")


@listener
def pushed(world: World, change: Change) -> None:
    """Begin what a push begins."""
    repo = change.repo
    if change.deleted or change.token.kind == "actions":
        return
    name = change.ref.split("/", 2)[2]
    if repo.area(Settings).enabled and (sha := repo.git.commit_at(change.new)) is not None:
        payload = {"ref": change.ref, "before": change.old, "after": sha, "repository": {"full_name": repo.full_name}}
        for found in workflows.every(repo, sha):
            asked = found.triggers.get("push") or {}
            wanted = "push" in found.triggers and _pushes(asked, change.branch is not None, name)
            if wanted and (change.branch is None or _touched(asked, change.paths())):
                login = change.token.login
                runs.start(world, repo, found, "push", change.ref, sha, login, {}, payload=payload)
    if change.branch is not None:
        for base, pull in followers(world, repo, change.branch):
            pull_request(world, base, pull, "synchronize", change.token.login)


def pull_request(world: World, repo: Repository, pull: Pull, action: str, actor: str) -> None:
    """Begin what a pull request begins, with its files merged; nothing where they do not merge."""
    head, base = pull.head_sha(repo), repo.git.ref(f"refs/heads/{pull.base}")
    if head is None or base is None or not repo.area(Settings).enabled:
        return
    ref = f"refs/pull/{pull.number}/merge"
    try:
        tree = repo.git.merged_tree(base, head)
    except Conflict:
        return
    github = views.web_flow(world)
    sha = repo.git.write_commit(tree, [base, head], f"Merge {head} into {base}", github, github)
    repo.git.set_ref(ref, sha)
    changed = [one.path for one in repo.git.changes(repo.git.merge_base(base, head) or base, head)]
    payload = {"action": action, "number": pull.number, "pull_request": _told(repo, pull, head, base)}
    for found in workflows.every(repo, sha):
        asked = found.triggers.get("pull_request") or {}
        if "pull_request" not in found.triggers or action not in _listed(asked.get("types") or _USUAL):
            continue
        if _fits(asked, "branches", pull.base) and _touched(asked, changed):
            stranger = pull.source is not None or actor == DEPENDABOT
            runs.start(
                world,
                repo,
                found,
                "pull_request",
                ref,
                sha,
                actor,
                {},
                payload=payload,
                head=pull.head,
                stranger=stranger,
            )


def _told(repo: Repository, pull: Pull, head: str, base: str) -> dict[str, Any]:
    one, source = issue(repo, pull), pull.source or repo
    return {
        "number": pull.number,
        "title": one.title,
        "draft": pull.draft,
        "user": {"login": one.author},
        "head": {"ref": pull.head, "sha": head, "repo": {"full_name": source.full_name, "fork": source is not repo}},
        "base": {"ref": pull.base, "sha": base, "repo": {"full_name": repo.full_name, "fork": False}},
    }


def _pushes(asked: dict[str, Any], branch: bool, name: str) -> bool:
    mine, others = ("branches", "tags") if branch else ("tags", "branches")
    named = {key.removesuffix("-ignore") for key in asked}
    if mine not in named and others in named:
        return False
    return _fits(asked, mine, name)


def _fits(asked: dict[str, Any], what: str, name: str) -> bool:
    """Whether the filters of branches or tags let a name in; of several patterns the last that fits decides."""
    if any(pattern(one).fullmatch(name) for one in _listed(asked.get(f"{what}-ignore") or ())):
        return False
    if what not in asked:
        return True
    found = False
    for one in _listed(asked[what]):
        if pattern(one.removeprefix("!")).fullmatch(name):
            found = not one.startswith("!")
    return found


def _touched(asked: dict[str, Any], changed: list[str]) -> bool:
    """Whether the filters of paths let a change in: where one file fits, or one is not to be left out."""
    if "paths-ignore" in asked:
        left = [path for path in changed if not _fits({"x": asked["paths-ignore"]}, "x", path)]
        return bool(left)
    return "paths" not in asked or any(_fits(asked, "paths", path) for path in changed)


def _listed(asked: Any) -> list[str]:
    return [asked] if isinstance(asked, str) else [str(one) for one in asked]


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Return a filter pattern of a workflow file: `*`, `**`, and `?`, `+` and `[…]` as in regular expressions."""
    # A folder that may be any number of folders may be none.
    parts = re.split(r"((?:(?<=/)|^)\*\*/|\*\*|\*|\?|\+|\[[^\]]*\])", text)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return re.compile("".join(known.get(one, one if one.startswith("[") else re.escape(one)) for one in parts))
