"""How accounts, repositories and commits look in an answer; more than one area shows them."""

from __future__ import annotations

from typing import Any

from rehearsal.github.git import Commit, Person
from rehearsal.github.world import Account, Repository, Team, World, node_id

SETTINGS: dict[str, Any] = {
    "description": None,
    "homepage": None,
    "has_issues": True,
    "has_projects": True,
    "has_wiki": True,
    "has_discussions": False,
    "has_downloads": True,
    "is_template": False,
    "archived": False,
    "allow_squash_merge": True,
    "allow_merge_commit": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "allow_forking": True,
    "delete_branch_on_merge": False,
    "web_commit_signoff_required": False,
    "merge_commit_title": "MERGE_MESSAGE",
    "merge_commit_message": "PR_TITLE",
    "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
    "squash_merge_commit_message": "COMMIT_MESSAGES",
}
"""What a repository may be told, and what it is told at first."""


def account(world: World, one: Account) -> dict[str, Any]:
    """A person or an organization, short."""
    return {
        "login": one.login,
        "id": one.id,
        "node_id": node_id("U" if one.kind == "User" else "O", one.id),
        "avatar_url": f"{world.base}/avatars/{one.id}",
        "url": f"{world.api}/users/{one.login}",
        "html_url": f"{world.base}/{one.login}",
        "type": "Bot" if one.login.endswith("[bot]") else one.kind,
        "site_admin": False,
    }


def user(world: World, login: str) -> dict[str, Any]:
    """A person by login; somebody who is gone is the ghost."""
    found = world.accounts.get(login.lower())
    return account(world, found or Account(10137, "ghost", "User"))


def team(world: World, one: Team) -> dict[str, Any]:
    """A team."""
    return {
        "id": one.id,
        "node_id": node_id("T", one.id),
        "name": one.slug,
        "slug": one.slug,
        "privacy": "closed",
        "permission": "pull",
        "url": f"{world.api}/organizations/{world.account(one.organization).id}/team/{one.id}",
        "html_url": f"{world.base}/orgs/{one.organization}/teams/{one.slug}",
    }


def repository(world: World, repo: Repository, role: str = "read") -> dict[str, Any]:
    """A repository, whole."""
    url = f"{world.api}/repos/{repo.full_name}"
    settings = {**SETTINGS, **repo.settings}
    rank = ("none", "read", "triage", "write", "maintain", "admin").index(role)
    owner = world.account(repo.owner)
    shown = {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": account(world, owner),
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "html_url": f"{world.base}/{repo.full_name}",
        "url": url,
        "clone_url": f"{world.base}/{repo.full_name}.git",
        "git_url": f"git://127.0.0.1:{world.port}/{repo.full_name}.git",
        "ssh_url": f"git@127.0.0.1:{repo.full_name}.git",
        "svn_url": f"{world.base}/{repo.full_name}",
        "fork": repo.parent is not None,
        "default_branch": repo.default_branch,
        "topics": repo.settings.get("topics", []),
        "language": None,
        "license": None,
        "disabled": False,
        "has_pages": False,
        "open_issues_count": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "size": 0,
        "created_at": world.time(repo.created),
        "updated_at": world.time(repo.updated),
        "pushed_at": world.time(repo.updated),
        "permissions": {
            "admin": rank >= 5,
            "maintain": rank >= 4,
            "push": rank >= 3,
            "triage": rank >= 2,
            "pull": rank >= 1,
        },
        **{name: value for name, value in settings.items() if name in SETTINGS},
    }
    if role == "admin":
        chosen = repo.settings.get("security_and_analysis", {})
        states = {name: {"status": "disabled"} for name in ("secret_scanning", "secret_scanning_push_protection")}
        shown["security_and_analysis"] = {**states, **chosen}
    if owner.kind == "Organization":
        shown["organization"] = account(world, owner)
    return shown


def person(world: World, one: Person) -> dict[str, Any]:
    """An author or committer as git has them."""
    return {"name": one.name, "email": one.email, "date": world.time(one.seconds)}


def git_commit(world: World, repo: Repository, one: Commit) -> dict[str, Any]:
    """A commit as an object of git."""
    url = f"{world.api}/repos/{repo.full_name}/git"
    return {
        "sha": one.sha,
        "node_id": f"C_{one.sha}",
        "url": f"{url}/commits/{one.sha}",
        "html_url": f"{world.base}/{repo.full_name}/commit/{one.sha}",
        "author": person(world, one.author),
        "committer": person(world, one.committer),
        "tree": {"sha": one.tree, "url": f"{url}/trees/{one.tree}"},
        "message": one.message,
        "parents": [
            {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{world.base}/{repo.full_name}/commit/{sha}"}
            for sha in one.parents
        ],
        "verification": {
            "verified": one.signature is not None,
            "reason": "unsigned" if one.signature is None else "valid",
            "signature": one.signature,
            "payload": None,
        },
    }


def commit(world: World, repo: Repository, one: Commit) -> dict[str, Any]:
    """A commit of the repository, without its files."""
    url = f"{world.api}/repos/{repo.full_name}/commits"
    shown = git_commit(world, repo, one)
    inner = {name: shown[name] for name in ("author", "committer", "message", "tree", "verification")}
    return {
        "sha": one.sha,
        "node_id": shown["node_id"],
        "commit": {**inner, "url": shown["url"], "comment_count": 0},
        "url": f"{url}/{one.sha}",
        "html_url": shown["html_url"],
        "comments_url": f"{url}/{one.sha}/comments",
        "author": _known(world, one.author),
        "committer": _known(world, one.committer),
        "parents": [{**parent, "url": f"{url}/{parent['sha']}"} for parent in shown["parents"]],
    }


def _known(world: World, one: Person) -> dict[str, Any] | None:
    login = one.email.partition("@")[0].rpartition("+")[2]
    found = world.accounts.get(login.lower()) if one.email.endswith("@users.noreply.github.com") else None
    return None if found is None else account(world, found)


def noreply(world: World, login: str) -> Person:
    """The author that GitHub writes for somebody who commits through it."""
    number = world.account(login).id
    return Person(login, f"{number}+{login}@users.noreply.github.com", int(world.clock.now()))


def web_flow(world: World) -> Person:
    """The committer of what GitHub commits itself."""
    return Person("GitHub", "noreply@github.com", int(world.clock.now()))
