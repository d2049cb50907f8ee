"""Git's own objects over REST: refs, commits, trees, blobs, tags; and what a ref's move is refused with."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from rehearsal.github import views
from rehearsal.github.access import require_login
from rehearsal.github.changes import Change, moved, workflow_refused
from rehearsal.github.enforcement import judge
from rehearsal.github.errors import Refused, invalid, missing, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.git import ZERO, Entry, GitError, Person
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("git/refs")
COMMIT_ROUTES = Routes("git/commits")
TREE_ROUTES = Routes("git/trees")
BLOB_ROUTES = Routes("git/blobs")
TAG_ROUTES = Routes("git/tags")
_BAD_REF = re.compile(r"\.\.|[\x00-\x20~^:?*\[\\\x7f]|//|@\{|\.lock(/|$)|/\.|\.$|/$")


def _ref(call: Call, name: str, sha: str) -> dict[str, Any]:
    kind = call.repo.git.kind(sha) or "commit"
    return {
        "ref": name,
        "node_id": f"REF_{name}",
        "url": f"{call.repo_url}/git/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{call.repo_url}/git/{kind}s/{sha}"},
    }


def move(call: Call, ref: str, old: str, new: str) -> None:
    """Move a ref, if every rule lets it.

    Raises:
        Refused: 422 with the reasons.

    """
    change = Change(call.repo, require_login(call.token), ref, old, new, "refs")
    if workflow_refused(change):
        raise not_found()
    if (verdict := judge(call.world, change)).refused:
        raise Refused(422, verdict.message)
    if change.deleted:
        call.repo.git.delete_ref(ref)
    else:
        call.repo.git.set_ref(ref, new, old)
    moved(call.world, change)


@ROUTES.on("GET {r}/git/ref/{ref:rest}", "contents:read")
def read(call: Call) -> dict[str, Any]:
    """One ref, by what comes after `refs/`."""
    name = f"refs/{call.values['ref'].removeprefix('refs/')}"
    if (sha := call.repo.git.ref(name)) is None:
        raise not_found()
    return _ref(call, name, sha)


@ROUTES.on("GET {r}/git/matching-refs/{ref:rest}", "contents:read")
def matching(call: Call) -> Answer:
    """The refs that begin so."""
    return call.page(
        list(call.repo.git.refs(f"refs/{call.values['ref']}").items()), lambda one: _ref(call, one[0], one[1])
    )


@ROUTES.on("GET {r}/git/refs", "contents:read")
def listed(call: Call) -> Answer:
    """Every ref."""
    return call.page(list(call.repo.git.refs().items()), lambda one: _ref(call, one[0], one[1]))


@ROUTES.on("GET {r}/git/refs/{ref:rest}", "contents:read")
def read_old(call: Call) -> dict[str, Any]:
    """One ref, by the older address."""
    return read(call)


@ROUTES.on("POST {r}/git/refs", "contents:write", 201)
def created(call: Call) -> dict[str, Any]:
    """A new ref."""
    body, git = call.json(), call.repo.git
    name, sha = call.text(body, "ref"), call.text(body, "sha")
    if not name.startswith("refs/") or name.count("/") < 2 or _BAD_REF.search(name):
        raise Refused(422, f"{name} is not a valid ref name.")
    if not re.fullmatch("[0-9a-f]{40}", sha):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if git.ref(name) is not None:
        raise Refused(422, "Reference already exists")
    if git.kind(sha) is None:
        raise Refused(422, "Object does not exist")
    move(call, name, ZERO, sha)
    return _ref(call, name, sha)


@ROUTES.on("PATCH {r}/git/refs/{ref:rest}", "contents:write")
def updated(call: Call) -> dict[str, Any]:
    """Move a ref; back or sideways only with `force`."""
    body, git = call.json(), call.repo.git
    name, sha = f"refs/{call.values['ref']}", call.text(body, "sha")
    if (old := git.ref(name)) is None:
        raise Refused(422, "Reference does not exist")
    if git.kind(sha) is None:
        raise Refused(422, "Object does not exist")
    if not body.get("force") and not git.is_ancestor(old, sha):
        raise Refused(422, "Update is not a fast forward")
    move(call, name, old, sha)
    return _ref(call, name, sha)


@ROUTES.on("DELETE {r}/git/refs/{ref:rest}", "contents:write")
def removed(call: Call) -> None:
    """No ref."""
    name = f"refs/{call.values['ref']}"
    if (old := call.repo.git.ref(name)) is None:
        raise Refused(422, "Reference does not exist")
    if name == f"refs/heads/{call.repo.default_branch}":
        raise Refused(422, "Cannot delete the default branch")
    move(call, name, old, ZERO)


def person(given: Any, otherwise: Person) -> Person:
    """An author or committer of a body."""
    if not isinstance(given, dict):
        return otherwise
    if not given.get("name") or not given.get("email"):
        raise missing("email" if given.get("name") else "name")
    seconds = otherwise.seconds
    if date := given.get("date"):
        try:
            seconds = int(datetime.fromisoformat(str(date)).timestamp())
        except ValueError as error:
            raise Refused(422, f"{date} is not a valid date") from error
    return Person(str(given["name"]), str(given["email"]), seconds)


@COMMIT_ROUTES.on("GET {r}/git/commits/{sha}", "contents:read")
def commit_read(call: Call) -> dict[str, Any]:
    """One commit object."""
    if call.repo.git.kind(call.values["sha"]) != "commit":
        raise not_found()
    return views.git_commit(call.world, call.repo, call.repo.git.commit(call.values["sha"]))


@COMMIT_ROUTES.on("POST {r}/git/commits", "contents:write", 201)
def commit_made(call: Call) -> dict[str, Any]:
    """A new commit object; no ref moves."""
    body, git = call.json(), call.repo.git
    message, tree = call.text(body, "message"), call.text(body, "tree")
    if git.kind(tree) != "tree":
        raise Refused(422, "Tree SHA does not exist")
    parents = [str(one) for one in body.get("parents") or []]
    if any(git.kind(one) != "commit" for one in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    author = person(body.get("author"), views.noreply(call.world, call.login))
    committer = person(body.get("committer"), author)
    sha = git.write_commit(tree, parents, message, author, committer)
    return views.git_commit(call.world, call.repo, git.commit(sha))


def _tree(call: Call, sha: str, entries: list[Entry]) -> dict[str, Any]:
    shown = []
    for one in entries:
        entry: dict[str, Any] = {"path": one.path, "mode": one.mode, "type": one.kind, "sha": one.sha}
        if one.size is not None:
            entry["size"] = one.size
        if one.kind != "commit":
            entry["url"] = f"{call.repo_url}/git/{one.kind}s/{one.sha}"
        shown.append(entry)
    return {"sha": sha, "url": f"{call.repo_url}/git/trees/{sha}", "tree": shown, "truncated": False}


@TREE_ROUTES.on("GET {r}/git/trees/{sha:rest}", "contents:read")
def tree_read(call: Call) -> dict[str, Any]:
    """One tree, by object, branch or tag; with all below it where `recursive` is there."""
    git, name = call.repo.git, call.values["sha"]
    known = git.commit_at(name)
    sha = git.commit(known).tree if known else name
    if git.kind(sha) != "tree":
        raise not_found()
    return _tree(call, sha, git.tree(sha, recursive="recursive" in call.query))


@TREE_ROUTES.on("POST {r}/git/trees", "contents:write", 201)
def tree_made(call: Call) -> dict[str, Any]:
    """A new tree, of entries on top of another one."""
    body, git = call.json(), call.repo.git
    base = body.get("base_tree")
    if base is not None and git.kind(str(base)) not in ("tree", "commit"):
        raise Refused(422, "base_tree is not a valid tree oid")
    changes: list[tuple[str, str, str | None]] = []
    for entry in body.get("tree") or []:
        if "content" in entry:
            sha: str | None = git.write_blob(str(entry["content"]).encode())
        else:
            sha = entry.get("sha")
            if sha is not None and git.kind(str(sha)) is None:
                raise Refused(422, f"tree.sha {sha} is not a valid {entry.get('type', 'blob')}")
        changes.append((str(entry.get("mode", "100644")), str(entry["path"]), sha))
    try:
        made = git.write_tree(None if base is None else str(base), changes)
    except GitError as error:
        raise Refused(422, "tree.path contains a malformed path component") from error
    return _tree(call, made, git.tree(made))


@BLOB_ROUTES.on("GET {r}/git/blobs/{sha}", "contents:read")
def blob_read(call: Call) -> dict[str, Any]:
    """One blob."""
    sha = call.values["sha"]
    if call.repo.git.kind(sha) != "blob":
        raise not_found()
    content = call.repo.git.blob(sha)
    return {
        "sha": sha,
        "node_id": f"B_{sha}",
        "size": len(content),
        "url": f"{call.repo_url}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }


@BLOB_ROUTES.on("POST {r}/git/blobs", "contents:write", 201)
def blob_made(call: Call) -> dict[str, Any]:
    """A new blob."""
    body = call.json()
    content = call.text(body, "content").encode()
    if body.get("encoding", "utf-8") == "base64":
        try:
            content = base64.b64decode(content)
        except binascii.Error as error:
            raise invalid(detail("Blob", "content", "invalid")) from error
    sha = call.repo.git.write_blob(content)
    return {"sha": sha, "url": f"{call.repo_url}/git/blobs/{sha}"}


@TAG_ROUTES.on("POST {r}/git/tags", "contents:write", 201)
def tag_made(call: Call) -> dict[str, Any]:
    """A new tag object; the ref is made by itself."""
    body, git = call.json(), call.repo.git
    name, target, kind = call.text(body, "tag"), call.text(body, "object"), call.text(body, "type", "commit")
    tagger = person(body.get("tagger"), views.noreply(call.world, call.login))
    if git.kind(target) != kind:
        raise Refused(422, "Object does not exist")
    message = call.text(body, "message")
    sha = git.write_tag(name, target, kind, message, tagger)
    return {
        "sha": sha,
        "node_id": f"TA_{sha}",
        "url": f"{call.repo_url}/git/tags/{sha}",
        "tag": name,
        "message": message,
        "tagger": views.person(call.world, tagger),
        "object": {"sha": target, "type": kind, "url": f"{call.repo_url}/git/{kind}s/{target}"},
    }
