"""Branch protection over GraphQL, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from rehearsal.github.world import node_id
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
CREATE = """mutation($input: CreateBranchProtectionRuleInput!) {
  createBranchProtectionRule(input: $input) { branchProtectionRule { id } }
}"""
UPDATE = """mutation($input: UpdateBranchProtectionRuleInput!) {
  updateBranchProtectionRule(input: $input) { branchProtectionRule { pattern } }
}"""
REMOVE = """mutation($input: DeleteBranchProtectionRuleInput!) {
  deleteBranchProtectionRule(input: $input) { clientMutationId }
}"""
LIST = """query($id: ID!) { node(id: $id) { ... on Repository {
  branchProtectionRules(first: 5) { nodes { pattern } pageInfo { hasNextPage } }
} } }"""
READ = """query($id: ID!) { node(id: $id) { ... on BranchProtectionRule {
  id pattern isAdminEnforced requiredStatusCheckContexts repository { id name }
  pushAllowances(first: 100) { nodes { actor {
    ... on App { id name slug } ... on Team { id name slug } ... on User { id name login }
  } } }
} } }"""


def ask(hub: GitHub, query: str, token: str | None = None, **variables: Any) -> Any:
    answer = requests.post(
        f"{hub.world.base}/api/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {token or f'ghp_{hub.ada}'}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def protect(hub: GitHub, **more: Any) -> str:
    given = {"repositoryId": node_id("R", hub.stored.id), "pattern": "main", "isAdminEnforced": True, **more}
    done = ask(hub, CREATE, input=given)
    assert "errors" not in done, done
    return str(done["data"]["createBranchProtectionRule"]["branchProtectionRule"]["id"])


def test_kept_and_read_as_it_is_selected(hub: GitHub) -> None:
    ben = node_id("U", hub.world.account(hub.ben).id)
    made = protect(hub, requiresStatusChecks=True, requiredStatusCheckContexts=["gate"], pushActorIds=[ben])
    node = ask(hub, READ, id=made)["data"]["node"]
    assert node == {
        "id": made,
        "pattern": "main",
        "isAdminEnforced": True,
        "requiredStatusCheckContexts": ["gate"],
        "repository": {"id": node_id("R", hub.stored.id), "name": "shop"},
        "pushAllowances": {"nodes": [{"actor": {"id": ben, "name": hub.ben, "login": hub.ben}}]},
    }
    rules = ask(hub, LIST, id=node_id("R", hub.stored.id))["data"]["node"]["branchProtectionRules"]
    assert rules == {"nodes": [{"pattern": "main"}], "pageInfo": {"hasNextPage": False}}
    assert hub.ok("GET", "R/branches/main/protection")["required_status_checks"]["contexts"] == ["gate"]
    changed = ask(hub, UPDATE, input={"branchProtectionRuleId": made, "pattern": "rel/*"})
    assert changed["data"]["updateBranchProtectionRule"]["branchProtectionRule"] == {"pattern": "rel/*"}
    assert "errors" not in ask(hub, REMOVE, input={"branchProtectionRuleId": made})
    gone = ask(hub, READ, id=made)
    assert gone["errors"][0]["message"] == f"Could not resolve to a node with the global id of '{made}'"
    assert hub.call("GET", "R/branches/main/protection").json()["message"] == "Branch not protected"


def test_what_is_refused(hub: GitHub) -> None:
    protect(hub)
    given = {"repositoryId": node_id("R", hub.stored.id), "pattern": "main"}
    assert ask(hub, CREATE, input=given)["errors"][0]["message"] == "Name already protected: main"
    weak = ask(hub, CREATE, token=f"ghp_{hub.ben}", input={**given, "pattern": "x"})["errors"][0]
    assert weak["type"] == "FORBIDDEN"
    assert "does not have the correct permissions" in weak["message"]
    wrong = ask(hub, "{ viewer { login shoeSize } }")["errors"][0]["message"]
    assert wrong == "Cannot query field 'shoeSize' on type 'User'."
    unknown = ask(hub, '{ repository(owner: "no", name: "body") { id } }')["errors"][0]
    assert unknown["message"] == "Could not resolve to a Repository with the name 'no/body'."


def test_a_push_is_declined_by_the_protected_branch_hook(hub: GitHub) -> None:
    folder = hub.clone()
    protect(hub, requiresApprovingReviews=True, requiredApprovingReviewCount=1)
    (folder / "x").write_text("x")
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", "x", folder=folder)
    output = hub.git("push", "origin", "HEAD:main", folder=folder, ok=False)
    assert "remote: error: GH006: Protected branch update failed for refs/heads/main." in output
    assert "remote: error: Changes must be made through a pull request." in output
    assert "! [remote rejected] HEAD -> main (protected branch hook declined)" in output
    refused = hub.call("PUT", "R/contents/a", {"message": "m", "content": base64.b64encode(b"x").decode()})
    words = "Could not create file: Changes must be made through a pull request."
    assert (refused.status_code, refused.json()["message"]) == (409, words)


def test_a_merge_is_refused_in_plain_words(hub: GitHub) -> None:
    protect(hub, requiresApprovingReviews=True, requiredApprovingReviewCount=2)
    hub.write("f", "f", "feature")
    number = hub.repository(hub.ben).create_pull(base="main", head="feature", title="F", body="").number
    refused = hub.call("PUT", f"R/pulls/{number}/merge", {})
    words = "At least 2 approving reviews are required by reviewers with write access."
    assert (refused.status_code, refused.json()["message"]) == (405, words)


def test_administrators_pass_where_it_does_not_hold_for_them(hub: GitHub) -> None:
    protect(hub, requiresApprovingReviews=True, isAdminEnforced=False, lockBranch=True)
    body = {"message": "m", "content": base64.b64encode(b"x").decode()}
    assert hub.call("PUT", "R/contents/a", body).status_code == 201
    refused = hub.call("PUT", "R/contents/b", body, token=f"ghp_{hub.ben}")
    assert refused.json()["message"].startswith("Could not create file: Cannot change this locked branch")
