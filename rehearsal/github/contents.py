"""Files of a repository, read and written one commit at a time.

Order of refusals as measured on GitHub: the branch (404) before the sha; a missing sha is 422, a stale one 409, and a
sha for a file that is not there is not looked at.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote

from rehearsal.github import views
from rehearsal.github.access import require_login
from rehearsal.github.changes import Change, moved, workflow_refused
from rehearsal.github.enforcement import judge
from rehearsal.github.errors import Refused, missing, not_found, wrong
from rehearsal.github.git import ZERO, Entry, FileChange, GitError, Person
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("repos/contents")
_LARGEST = 1024 * 1024


def file_change(call: Call, old: str, new: str, one: FileChange) -> dict[str, Any]:
    """A file that differs, as commits, comparisons and pull requests show it."""
    at = quote(one.path)
    return {
        "sha": one.sha,
        "filename": one.path,
        "status": one.status,
        "additions": one.additions,
        "deletions": one.deletions,
        "changes": one.additions + one.deletions,
        "blob_url": f"{call.world.base}/{call.repo.full_name}/blob/{new}/{at}",
        "raw_url": f"{call.world.base}/{call.repo.full_name}/raw/{new}/{at}",
        "contents_url": f"{call.repo_url}/contents/{at}?ref={new}",
        "patch": call.repo.git.patch(old, new, one.path),
    }


def _entry(call: Call, entry: Entry, ref: str) -> dict[str, Any]:
    path = quote(entry.path)
    # The Terraform provider reads `ref` out of this address and panics where it is not there.
    url = f"{call.repo_url}/contents/{path}?ref={quote(ref)}"
    kind = {"blob": "file", "tree": "dir", "commit": "submodule"}[entry.kind]
    html = f"{call.world.base}/{call.repo.full_name}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{path}"
    git_url = f"{call.repo_url}/git/{entry.kind}s/{entry.sha}"
    return {
        "type": "symlink" if entry.mode == "120000" else kind,
        "name": entry.path.rsplit("/", 1)[-1],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": html,
        "git_url": git_url,
        "download_url": f"{call.world.base}/{call.repo.full_name}/raw/{quote(ref)}/{path}" if kind == "file" else None,
        "_links": {"self": url, "git": git_url, "html": html},
    }


def _encoded(content: bytes) -> str:
    return base64.encodebytes(content).decode()


@ROUTES.on("GET {r}/contents", "contents:read")
@ROUTES.on("GET {r}/contents/{path:rest}", "contents:read")
def read(call: Call) -> Any:
    """A file, or the list of a folder."""
    git, path = call.repo.git, call.values.get("path", "").strip("/")
    ref = call.query.get("ref") or call.repo.default_branch
    commit = git.commit_at(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    if commit is None:
        if "ref" in call.query:
            raise Refused(404, f"No commit found for the ref {ref}")
        raise Refused(404, "This repository is empty.")
    found = git.tree(commit, path=path)[:1] if path else [Entry("040000", "tree", commit, None, "")]
    if not found:
        raise not_found()
    entry = found[0]
    if entry.kind == "tree":
        inside = git.tree(commit, path=f"{path}/" if path else None)
        return [_entry(call, one, ref) for one in inside]
    content = git.blob(entry.sha) if entry.kind == "blob" else b""
    if "raw" in call.headers.get("accept", ""):
        return Answer(200, headers={"Content-Type": "application/vnd.github.raw; charset=utf-8"}, raw=content)
    large = len(content) > _LARGEST
    shown = {"encoding": "none" if large else "base64", "content": "" if large else _encoded(content)}
    return {**_entry(call, entry, ref), **shown}


@ROUTES.on("GET {r}/readme", "contents:read")
def readme(call: Call) -> Any:
    """The README."""
    call.values["path"] = "README.md"
    return read(call)


def _person(given: Any, otherwise: Person) -> Person:
    if not isinstance(given, dict):
        return otherwise
    for name in ("name", "email"):
        if not given.get(name):
            raise missing(name)
    return Person(str(given["name"]), str(given["email"]), otherwise.seconds)


def _before(call: Call, body: dict[str, Any], what: str) -> tuple[str, str | None, Entry | None]:
    """The branch, its tip and the file that is there; refuses what GitHub refuses before it looks at rules."""
    git, path = call.repo.git, call.values["path"].strip("/")
    branch = call.text(body, "branch", call.repo.default_branch).removeprefix("refs/heads/")
    tip = git.ref(f"refs/heads/{branch}")
    if tip is None and ("branch" in body or git.refs("refs/heads/")):
        raise Refused(404, f"Branch {branch} not found")
    parts = path.split("/")
    if not path or any(part in ("", ".", "..", ".git") for part in parts):
        raise Refused(422, "path contains a malformed path component")
    found = git.tree(tip, path=path) if tip else []
    entry = found[0] if found and found[0].kind == "blob" else None
    if entry is None and what == "delete":
        raise not_found()
    if entry is not None:
        if not body.get("sha"):
            raise missing("sha")
        if body["sha"] != entry.sha:
            raise Refused(409, f"{path} does not match {body['sha']}")
    return branch, tip, entry


def _commit(
    call: Call, body: dict[str, Any], branch: str, tip: str | None, blob: str | None, what: str
) -> dict[str, Any]:
    """Write the commit, if every rule lets it through."""
    git, world, path = call.repo.git, call.world, call.values["path"].strip("/")
    message = call.text(body, "message")
    committer = _person(body.get("committer"), views.web_flow(world))
    author = _person(body.get("author"), _person(body.get("committer"), views.noreply(world, call.login)))
    try:
        there = git.tree(tip, path=path) if tip else []
        # What may be run stays so.
        tree = git.write_tree(tip, [(there[0].mode if there else "100644", path, blob)])
    except GitError as error:
        raise Refused(422, f"path cannot be written: {path}") from error
    new = git.write_commit(tree, [tip] if tip else [], message, author, committer)
    ref = f"refs/heads/{branch}"
    change = Change(call.repo, require_login(call.token), ref, tip or ZERO, new, "contents")
    if workflow_refused(change):
        if change.token.kind in ("app", "actions"):
            raise Refused(403, "Resource not accessible by integration")
        # What a person sees whose token lacks the `workflow` scope: no word about why.
        raise not_found()
    verdict = judge(world, change)
    if verdict.rules:
        raise Refused(409, verdict.message)
    if verdict.protection:
        raise Refused(409, f"Could not {what} file: {verdict.message}")
    try:
        git.set_ref(ref, new, tip or ZERO)
    except GitError as error:
        now = git.ref(ref)
        raise Refused(409, f"{ref} is at {now} but expected {tip}") from error
    moved(world, change)
    return views.git_commit(world, call.repo, git.commit(new))


@ROUTES.on("PUT {r}/contents/{path:rest}", "contents:write")
def written(call: Call) -> Answer:
    """Create or replace a file: one commit."""
    body = call.json()
    text = call.text(body, "content")
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise Refused(422, "content is not valid Base64") from error
    call.text(body, "message")
    branch, tip, before = _before(call, body, "create")
    git, path = call.repo.git, call.values["path"].strip("/")
    commit = _commit(call, body, branch, tip, git.write_blob(content), "create" if before is None else "update")
    entry = git.tree(commit["sha"], path=path)[0]
    return Answer(201 if before is None else 200, {"content": _entry(call, entry, branch), "commit": commit})


@ROUTES.on("DELETE {r}/contents/{path:rest}", "contents:write")
def removed(call: Call) -> dict[str, Any]:
    """Remove a file: one commit."""
    body = call.json() if call.body else dict(call.query)
    if not body.get("sha"):
        raise missing("sha")
    if not isinstance(body["sha"], str):
        raise wrong("sha is not a string.")
    branch, tip, _ = _before(call, body, "delete")
    return {"content": None, "commit": _commit(call, body, branch, tip, None, "delete")}
