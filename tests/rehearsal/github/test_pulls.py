"""Pull requests: opened, followed, merged three ways, refused; and issues, labels, comments beside them."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def opened(hub: GitHub, path: str = "feature.txt", branch: str = "feature") -> Any:
    hub.write(path, "feature", branch)
    return hub.repository().create_pull(base="main", head=branch, title="A feature", body="Text")


@pytest.mark.parametrize(("method", "parents"), [("merge", 2), ("squash", 1), ("rebase", 1)])
def test_merged_three_ways(hub: GitHub, method: str, parents: int) -> None:
    hub.write("one", "1", "feature")
    pull = opened(hub, "two")
    hub.write("three", "3")
    assert pull.mergeable is True
    assert (pull.commits, pull.changed_files) == (2, 2)
    assert [one.filename for one in pull.get_files()] == ["one", "two"]
    assert [one.commit.message for one in pull.get_commits()] == ["Write one", "Write two"]
    done = pull.merge(merge_method=method)
    assert done.merged
    commit = hub.stored.git.commit(done.sha)
    assert hub.head() == done.sha
    assert len(commit.parents) == parents
    assert (
        commit.message.splitlines()[0]
        == {
            "merge": f"Merge pull request #{pull.number} from {hub.org}/feature",
            "squash": f"A feature (#{pull.number})",
            "rebase": "Write two",
        }[method]
    )
    assert {one.path for one in hub.stored.git.tree(done.sha)} == {"README.md", "one", "two", "three"}
    pull = hub.repository().get_pull(pull.number)
    assert (pull.state, pull.merged, pull.merged_by.login) == ("closed", True, hub.ada)
    assert pull.is_merged()
    with pytest.raises(GithubException, match="Pull Request is not mergeable"):
        pull.merge()


def test_conflicts(hub: GitHub) -> None:
    pull = opened(hub, "same")
    hub.write("same", "other")
    read = hub.ok("GET", f"R/pulls/{pull.number}")
    assert (read["mergeable"], read["mergeable_state"]) == (False, "dirty")
    for method in ("merge", "rebase"):
        refused = hub.call("PUT", f"R/pulls/{pull.number}/merge", {"merge_method": method})
        assert refused.status_code == 405


def test_refusals(hub: GitHub) -> None:
    repo = hub.repository()
    with pytest.raises(GithubException) as refused:
        repo.create_pull(base="main", head="main", title="x", body="")
    assert refused.value.data["errors"][0]["message"] == "No commits between main and main"
    assert (
        hub.call("POST", "R/pulls", {"title": "x", "head": "none", "base": "main"}).json()["errors"][0]["field"]
        == "head"
    )
    pull = opened(hub)
    again = hub.call("POST", "R/pulls", {"title": "x", "head": "feature", "base": "main"})
    assert again.json()["errors"][0]["message"] == f"A pull request already exists for {hub.org}:feature."
    stale = hub.call("PUT", f"R/pulls/{pull.number}/merge", {"sha": "0" * 40})
    words = "Head branch was modified. Review and try the merge again."
    assert (stale.status_code, stale.json()["message"]) == (409, words)
    repo.edit(allow_squash_merge=False)
    refused_method = hub.call("PUT", f"R/pulls/{pull.number}/merge", {"merge_method": "squash"})
    assert refused_method.json()["message"] == "Squash merges are not allowed on this repository."


def test_drafts_and_jobs(hub: GitHub) -> None:
    hub.write("f", "f", "feature")
    draft = hub.ok("POST", "R/pulls", {"title": "x", "head": "feature", "base": "main", "draft": True})
    assert draft["mergeable_state"] == "draft"
    refused = hub.call("PUT", f"R/pulls/{draft['number']}/merge", {})
    assert (refused.status_code, refused.json()["message"]) == (405, "Pull Request is still a draft")
    job = hub.token("github-actions[bot]", "ghs_job2", kind="actions", app=15368, permissions={"*": "write"})
    hub.write("g", "g", "other")
    refused = hub.call("POST", "R/pulls", {"title": "x", "head": "other", "base": "main"}, token=job)
    words = "GitHub Actions is not permitted to create or approve pull requests."
    assert (refused.status_code, refused.json()["message"]) == (403, words)
    hub.ok("PUT", "R/actions/permissions/workflow", {"can_approve_pull_request_reviews": True})
    assert hub.call("POST", "R/pulls", {"title": "x", "head": "other", "base": "main"}, token=job).status_code == 201


def test_it_follows_its_branch_and_closes_with_it(hub: GitHub) -> None:
    pull = opened(hub)
    folder = hub.clone(f"ghp_{hub.ben}")
    hub.git("checkout", "-q", "feature", folder=folder)
    (folder / "more").write_text("more")
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", "More", folder=folder)
    hub.git("push", "-q", folder=folder)
    assert hub.repository().get_pull(pull.number).head.sha == hub.head("feature")
    assert hub.stored.git.ref(f"refs/pull/{pull.number}/head") == hub.head("feature")
    hub.git("push", "-q", "origin", ":feature", folder=folder)
    assert hub.repository().get_pull(pull.number).state == "closed"


def test_the_branch_goes_with_the_merge_where_wanted(hub: GitHub) -> None:
    hub.repository().edit(delete_branch_on_merge=True)
    opened(hub).merge()
    assert hub.stored.git.ref("refs/heads/feature") is None


def test_listed_edited_updated(hub: GitHub) -> None:
    pull = opened(hub)
    other = opened(hub, "x", "other")
    repo = hub.repository()
    assert [one.number for one in repo.get_pulls()] == [other.number, pull.number]
    assert [one.number for one in repo.get_pulls(head=f"{hub.org}:feature")] == [pull.number]
    pull.edit(title="Better", state="closed")
    assert [one.title for one in repo.get_pulls(state="closed")] == ["Better"]
    hub.write("later", "later")
    hub.ok("PUT", f"R/pulls/{other.number}/update-branch", {})
    assert hub.stored.git.is_ancestor(hub.head(), hub.head("other"))


def test_reviews_and_who_is_asked(hub: GitHub) -> None:
    pull = opened(hub)
    pull.create_review_request(reviewers=[hub.ben])
    assert [one.login for one in hub.repository().get_pull(pull.number).requested_reviewers] == [hub.ben]
    refused = hub.call("POST", f"R/pulls/{pull.number}/requested_reviewers", {"reviewers": [hub.ada]})
    assert refused.json()["message"] == "Review cannot be requested from pull request author."
    review = hub.repository(hub.ben).get_pull(pull.number).create_review(body="Good", event="APPROVE")
    assert [one.state for one in pull.get_reviews()] == ["APPROVED"]
    assert hub.repository().get_pull(pull.number).requested_reviewers == []
    hub.ok("PUT", f"R/pulls/{pull.number}/reviews/{review.id}/dismissals", {"message": "no"})
    assert [one.state for one in pull.get_reviews()] == ["DISMISSED"]


def test_issues_and_labels(hub: GitHub) -> None:
    repo = hub.repository()
    assert "bug" in [one.name for one in repo.get_labels()]
    label = repo.create_label("release", "FF00aa", "What is released")
    assert label.color == "ff00aa"
    with pytest.raises(GithubException) as refused:
        repo.create_label("Release", "ffffff")
    assert refused.value.data["errors"] == [{"resource": "Label", "code": "already_exists", "field": "name"}]
    issue = repo.create_issue("Release 1", labels=["release", "new one"])
    assert [one.name for one in issue.labels] == ["release", "new one"]
    label.edit("deploy", "00ff00")
    assert [one.name for one in repo.get_issue(issue.number).labels] == ["deploy", "new one"]
    issue.edit(state="closed")
    assert [one.number for one in repo.get_issues(state="closed")] == [issue.number]
    assert list(repo.get_issues()) == []
    label.delete()
    assert [one.name for one in repo.get_issue(issue.number).labels] == ["new one"]


def test_comments_of_a_pull_request(hub: GitHub) -> None:
    pull = opened(hub)
    comment = pull.create_issue_comment("<!-- preview -->\nfirst")
    comment.edit("<!-- preview -->\nsecond")
    assert [one.body for one in pull.get_issue_comments()] == ["<!-- preview -->\nsecond"]
    comment.delete()
    assert list(pull.get_issue_comments()) == []
    refused = hub.call("POST", f"R/issues/{pull.number}/comments", {"body": "x" * 65537})
    assert refused.json()["errors"][0]["message"] == "body is too long (maximum is 65536 characters)"
