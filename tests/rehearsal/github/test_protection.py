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
    assert (refused.status_code, refused.json()["message"]) == (405, words)


def test_administrators_pass_where_it_does_not_hold_for_them(hub: GitHub) -> None:
    protect(hub, requiresApprovingReviews=True, isAdminEnforced=False, lockBranch=True)
    body = {"message": "m", "content": base64.b64encode(b"x").decode()}
    assert hub.call("PUT", "R/contents/a", body).status_code == 201
    refused = hub.call("PUT", "R/contents/b", body, token=f"ghp_{hub.ben}")
    assert refused.json()["message"].startswith("Could not create file: Cannot change this locked branch")
