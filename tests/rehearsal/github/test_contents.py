"""Files over REST, in a real bare repository."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from github import GithubException, UnknownObjectException

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_create_change_remove_one_commit_each(hub: GitHub) -> None:
    repo = hub.repository()
    made = repo.create_file(".github/CODEOWNERS", "Say who owns what", "* @ada\n")
    assert made["commit"].sha == hub.head()
    content: Any = repo.get_contents(".github/CODEOWNERS")
    assert content.decoded_content == b"* @ada\n"
    # The Terraform provider panics where the address has no `?ref=`.
    assert content.url.endswith("/contents/.github/CODEOWNERS?ref=main")
    changed = repo.update_file(content.path, "Ben too", "* @ada @ben\n", content.sha)
    repo.delete_file(content.path, "Nobody", changed["content"].sha)
    with pytest.raises(UnknownObjectException):
        repo.get_contents(content.path)
    messages = [one.commit.message for one in repo.get_commits(path=".github/CODEOWNERS")]
    assert messages == ["Nobody", "Ben too", "Say who owns what"]


def test_authors_and_committers(hub: GitHub) -> None:
    body = {"message": "x", "content": encoded("x"), "author": {"name": "Bot", "email": "bot@example.com"}}
    commit = hub.ok("PUT", "R/contents/a", body)["commit"]
    assert commit["author"]["email"] == "bot@example.com"
    assert commit["committer"]["name"] == "GitHub"
    commit = hub.ok("PUT", "R/contents/b", {"message": "x", "content": encoded("x")})["commit"]
    assert hub.ok("GET", f"R/commits/{commit['sha']}")["author"]["login"] == hub.ada


def test_what_may_be_run_stays_so(hub: GitHub) -> None:
    git = hub.stored.git
    tree = git.write_tree(hub.head(), [("100755", "run.sh", git.write_blob(b"#!/bin/sh"))])
    made = hub.ok("POST", "R/git/commits", {"message": "m", "tree": tree, "parents": [hub.head()]})
    hub.ok("PATCH", "R/git/refs/heads/main", {"sha": made["sha"]})
    content: Any = hub.repository().get_contents("run.sh")
    hub.repository().update_file("run.sh", "m", "#!/bin/bash", content.sha)
    assert git.tree(hub.head(), path="run.sh")[0].mode == "100755"


def test_folders_and_raw_text(hub: GitHub) -> None:
    hub.write("docs/a.md", "a")
    hub.write("docs/deep/b.md", "b")
    listed = {one["path"]: one["type"] for one in hub.ok("GET", "R/contents/docs")}
    assert listed == {"docs/a.md": "file", "docs/deep": "dir"}
    assert {one["path"] for one in hub.ok("GET", "R/contents/")} == {"README.md", "docs"}
    assert hub.call("GET", "R/contents/docs/a.md", Accept="application/vnd.github.raw+json").text == "a"


def test_refusals_in_githubs_order(hub: GitHub) -> None:
    hub.write("a", "one")
    at, body = "R/contents/a", {"message": "m", "content": encoded("two")}
    refused = hub.call("PUT", at, {**body, "branch": "nowhere", "sha": "0" * 40})
    assert (refused.status_code, refused.json()["message"]) == (404, "Branch nowhere not found")
    refused = hub.call("PUT", at, body)
    assert (refused.status_code, refused.json()["message"]) == (422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    refused = hub.call("PUT", at, {**body, "sha": "0" * 40})
    assert (refused.status_code, refused.json()["message"]) == (409, f"a does not match {'0' * 40}")
    assert hub.call("PUT", "R/contents/new", {**body, "sha": "0" * 40}).status_code == 201
    assert hub.call("DELETE", "R/contents/gone", {"message": "m", "sha": "0" * 40}).status_code == 404
    refused = hub.call("PUT", "R/contents/b", {"message": "m", "content": "%%%"})
    assert (refused.status_code, refused.json()["message"]) == (422, "content is not valid Base64")
    refused = hub.call("PUT", "R/contents/a//b", {"message": "m", "content": ""})
    assert refused.status_code == 422


def test_workflow_files_need_their_scope(hub: GitHub) -> None:
    body = {"message": "m", "content": encoded("on: push\n")}
    at = "R/contents/.github/workflows/ci.yml"
    plain = hub.token(hub.ben, "ghp_plain", scopes=["repo"])
    refused = hub.call("PUT", at, body, token=plain)
    assert (refused.status_code, refused.json()["message"]) == (404, "Not Found")
    token = hub.token("github-actions[bot]", "ghs_job", kind="actions", app=15368, permissions={"*": "write"})
    refused = hub.call("PUT", at, body, token=token)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert hub.call("PUT", at, body).status_code == 201


def test_an_empty_repository_takes_its_first_file(hub: GitHub) -> None:
    hub.control("repositories", owner=hub.org, name="empty", init=False)
    repo = hub.client().get_repo(f"{hub.org}/empty")
    with pytest.raises(GithubException, match="empty"):
        list(repo.get_commits())
    repo.create_file("a", "First", "a")
    assert repo.get_branch("main").commit.commit.message == "First"


def test_objects_of_git(hub: GitHub) -> None:
    repo = hub.repository()
    base = repo.get_branch("main").commit
    blob = repo.create_git_blob("print()\n", "utf-8")
    from github import InputGitTreeElement

    element = InputGitTreeElement("src/app.py", "100644", "blob", sha=blob.sha)
    tree = repo.create_git_tree([element], base.commit.tree)
    assert {one.path for one in repo.get_git_tree(tree.sha, recursive=True).tree} == {"README.md", "src", "src/app.py"}
    commit = repo.create_git_commit("Add the app", tree, [base.commit])
    ref = repo.create_git_ref("refs/heads/feature/app", commit.sha)
    assert repo.compare("main", "feature/app").ahead_by == 1
    assert [one.filename for one in repo.get_commit(commit.sha).files] == ["src/app.py"]
    ref.edit(base.sha, force=True)
    assert repo.get_git_ref("heads/feature/app").object.sha == base.sha
    ref.delete()
    tag = repo.create_git_tag("v1", "First", commit.sha, "commit")
    assert repo.create_git_ref("refs/tags/v1", tag.sha).object.type == "tag"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"ref": "main", "sha": "0" * 40}, "main is not a valid ref name."),
        ({"ref": "refs/heads/a..b", "sha": "0" * 40}, "refs/heads/a..b is not a valid ref name."),
        ({"ref": "refs/heads/x", "sha": "0" * 40}, "Object does not exist"),
        ({"ref": "refs/heads/main", "sha": "0" * 40}, "Reference already exists"),
    ],
)
def test_refs_that_are_refused(hub: GitHub, body: Any, words: str) -> None:
    refused = hub.call("POST", "R/git/refs", body)
    assert (refused.status_code, refused.json()["message"]) == (422, words)


def test_refs_move_forward_only(hub: GitHub) -> None:
    old = hub.head()
    hub.write("a", "a")
    refused = hub.call("PATCH", "R/git/refs/heads/main", {"sha": old})
    assert (refused.status_code, refused.json()["message"]) == (422, "Update is not a fast forward")
    assert hub.ok("PATCH", "R/git/refs/heads/main", {"sha": old, "force": True})["object"]["sha"] == old


def test_branches_are_listed_and_renamed(hub: GitHub) -> None:
    repo = hub.repository()
    repo.rename_branch("main", "trunk")
    assert hub.repository().default_branch == "trunk"
    assert [one.name for one in repo.get_branches()] == ["trunk"]
    missing = hub.call("GET", "R/branches/none")
    assert (missing.status_code, missing.json()["message"]) == (404, "Branch not found")
