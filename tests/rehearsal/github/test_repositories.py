"""Repositories, people, plans, tokens, pages, ETags: what every area shares."""

from __future__ import annotations

import pytest
import requests
from github import GithubException, UnknownObjectException

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def test_read_change_and_rename(hub: GitHub) -> None:
    repo = hub.repository()
    assert (repo.full_name, repo.default_branch, repo.private) == (f"{hub.org}/shop", "main", False)
    repo.edit(description="A shop", delete_branch_on_merge=True, has_wiki=False)
    again = hub.repository()
    assert (again.description, again.delete_branch_on_merge, again.has_wiki) == ("A shop", True, False)
    repo.replace_topics(["ecs", "Pulumi"])
    assert hub.repository().get_topics() == ["ecs", "pulumi"]
    repo.edit(name="store")
    assert hub.client().get_repo(f"{hub.org}/store").id == repo.id
    assert hub.ok("GET", f"/repositories/{repo.id}")["name"] == "store"


def test_made_and_removed(hub: GitHub) -> None:
    made = hub.client().get_organization(hub.org).create_repo("second", auto_init=True, private=True)
    assert made.get_readme().decoded_content == b"# second\n"
    with pytest.raises(GithubException, match="name already exists on this account"):
        hub.client().get_organization(hub.org).create_repo("second")
    made.delete()
    with pytest.raises(UnknownObjectException):
        hub.client().get_repo(f"{hub.org}/second")


def test_a_person_is_no_organization(hub: GitHub) -> None:
    assert hub.call("GET", f"/orgs/{hub.ada}").status_code == 404
    assert hub.ok("GET", f"/orgs/{hub.org}")["plan"] == {"name": "enterprise"}
    assert hub.ok("GET", "/user")["login"] == hub.ada


def test_a_tag_of_an_answer_saves_the_next_one(hub: GitHub) -> None:
    first = hub.call("GET", "R")
    left = int(first.headers["X-RateLimit-Remaining"])
    second = hub.call("GET", "R", **{"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.content) == (304, b"")
    assert int(second.headers["X-RateLimit-Remaining"]) == left
    hub.ok("PATCH", "R", {"description": "other"})
    assert hub.call("GET", "R", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_pages_and_their_links(hub: GitHub) -> None:
    issue = hub.repository().create_issue("Preview")
    for number in range(35):
        issue.create_comment(f"comment {number}")
    answer = hub.call("GET", f"R/issues/{issue.number}/comments")
    assert len(answer.json()) == 30
    assert set(answer.links) == {"next", "last"}
    rest = requests.get(answer.links["next"]["url"], headers={"Authorization": f"Bearer ghp_{hub.ada}"}, timeout=10)
    assert [one["body"] for one in rest.json()] == [f"comment {number}" for number in range(30, 35)]
    assert set(rest.links) == {"prev", "first"}
    assert len(list(issue.get_comments())) == 35


def test_tokens_and_what_they_lack(hub: GitHub) -> None:
    bad = hub.call("GET", "R", token="ghp_nobody")
    assert (bad.status_code, bad.json()["message"]) == (401, "Bad credentials")
    hub.stored.private = True
    weak = hub.token(hub.ben, "ghp_weak", scopes=["read:org"])
    assert hub.call("GET", "R", token=weak).status_code == 404
    fine = hub.token(hub.ben, "github_pat_x", kind="fine-grained", permissions={"metadata": "read", "contents": "read"})
    assert hub.call("GET", "R", token=fine).status_code == 200
    refused = hub.call("PUT", "R/topics", {"names": []}, token=fine)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by personal access token")
    app = hub.token("slipway[bot]", "ghs_x", kind="app", app=77, permissions={"metadata": "read"})
    refused = hub.call("POST", "R/labels", {"name": "x"}, token=app)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    stranger = hub.token("stranger", "ghp_stranger")
    assert hub.call("GET", "R", token=stranger).status_code == 404
    writer = hub.call("PATCH", "R", {"description": "x"}, token=f"ghp_{hub.ben}")
    assert (writer.status_code, writer.json()["message"]) == (403, "Must have admin rights to Repository.")
    anonymous = requests.get(f"{hub.world.api}/repos/{hub.org}/shop", timeout=10)
    assert anonymous.status_code == 404


def test_wrong_bodies(hub: GitHub) -> None:
    address = f"{hub.world.api}/repos/{hub.org}/shop/labels"
    sent = {"Authorization": f"Bearer ghp_{hub.ada}"}
    broken = requests.post(address, data="{", headers=sent, timeout=10)
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    lacking = hub.call("POST", "R/labels", {})
    assert (lacking.status_code, lacking.json()["message"]) == (422, 'Invalid request.\n\n"name" wasn\'t supplied.')
    assert lacking.json()["documentation_url"] == "https://docs.github.com/rest/issues/labels"


def test_limits_and_trouble_reach_the_client(hub: GitHub) -> None:
    hub.control("limit", token=f"ghp_{hub.ben}", remaining=1, reset_in=60)
    assert hub.call("GET", "R", token=f"ghp_{hub.ben}").headers["X-RateLimit-Remaining"] == "0"
    over = hub.call("GET", "R", token=f"ghp_{hub.ben}")
    assert over.status_code == 403
    assert over.json()["message"].startswith("API rate limit exceeded for user ID ")
    assert hub.call("GET", "/rate_limit", token=f"ghp_{hub.ben}").json()["rate"]["remaining"] == 0
    hub.control("trouble", name="slow", path=f"/{hub.org}/shop/labels", status=429, retry_after=2, times=1)
    slow = hub.call("GET", "R/labels")
    assert (slow.status_code, slow.headers["Retry-After"]) == (429, "2")
    assert hub.call("GET", "R/labels").status_code == 200
    assert hub.asked("trouble") == [{"name": "slow", "met": 1, "left": 0}]
    hub.control("calm")
    assert hub.asked("trouble") == []


def test_archived_repositories_only_read(hub: GitHub) -> None:
    hub.repository().edit(archived=True)
    refused = hub.call("POST", "R/labels", {"name": "x"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Repository was archived so is read-only.")
    assert hub.call("GET", "R/labels").status_code == 200


def test_collaborators_and_teams(hub: GitHub) -> None:
    hub.control("teams", organization=hub.org, slug="ops", members=[hub.cy])
    hub.token("dan", "ghp_dan")
    hub.repository().add_to_collaborators("dan", "push")
    assert hub.repository().get_collaborator_permission("dan") == "write"
    team = hub.client().get_organization(hub.org).get_team_by_slug("ops")
    assert (
        hub.call("PUT", f"/orgs/{hub.org}/teams/ops/repos/{hub.org}/shop", {"permission": "admin"}).status_code == 204
    )
    assert hub.repository().get_collaborator_permission(hub.cy) == "admin"
    assert [one.id for one in hub.repository().get_teams()] == [team.id]
    hub.control("teams", organization=hub.org, slug="strangers")
    access = {name: f"/orgs/{hub.org}/teams/{name}/repos/{hub.org}/shop" for name in ("ops", "strangers", "nobody")}
    assert {name: hub.call("GET", path).status_code for name, path in access.items()} == {
        "ops": 204,
        "strangers": 404,
        "nobody": 404,
    }
    hub.repository().remove_from_collaborators("dan")
    assert hub.repository().get_collaborator_permission("dan") == "read"


def test_autolinks(hub: GitHub) -> None:
    made = hub.repository().create_autolink("SHOP-", "https://example.com/<num>")
    assert [one.id for one in hub.repository().get_autolinks()] == [made.id]
    hub.repository().remove_autolink(made)
    assert list(hub.repository().get_autolinks()) == []
