"""The calls of terraform-provider-github, in its order and with its bodies: what it reads out of each answer is there.

Bodies and order are those that provider 6.11 sends (go-github writes every field of an environment, and falls back to
the policy alone at 422); the provider's own binary passes the same against this emulator.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from nacl.public import PublicKey, SealedBox

from rehearsal.github.world import node_id
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
E = "R/environments/production"
GUARDED = {
    "wait_timer": 30,
    "reviewers": [],
    "can_admins_bypass": False,
    "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    "prevent_self_review": True,
}


def same(hub: GitHub, path: str) -> Any:
    """Read twice, the second time with the tag of the first: the provider keeps tags in its state."""
    first = hub.call("GET", path)
    assert first.ok, first.text
    again = hub.call("GET", path, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    return first.json()


def test_configure(hub: GitHub) -> None:
    assert hub.ok("GET", f"/orgs/{hub.org}")["id"] == hub.world.account(hub.org).id
    assert hub.call("GET", f"/orgs/{hub.ada}").status_code == 404


def test_adopting_a_repository(hub: GitHub) -> None:
    read = same(hub, "R")
    assert {"node_id", "id", "default_branch", "ssh_url", "svn_url", "git_url", "clone_url"} <= set(read)
    assert read["security_and_analysis"]["secret_scanning"] == {"status": "disabled"}
    # With `security_and_analysis` in the answer it asks for the alerts too.
    assert hub.call("GET", "R/vulnerability-alerts").status_code == 404


def test_an_environment_its_policies_secret_and_variable(hub: GitHub) -> None:
    hub.ok("PUT", E, GUARDED)
    read = hub.ok("GET", E)
    assert read["deployment_branch_policy"] == {"protected_branches": False, "custom_branch_policies": True}
    policy = hub.ok("POST", f"{E}/deployment-branch-policies", {"name": "main", "type": "branch"})
    assert hub.ok("GET", f"{E}/deployment-branch-policies/{policy['id']}")["type"] == "branch"
    number = hub.ok("GET", "R")["id"]
    at = f"/repositories/{number}/environments/production/secrets"
    key = hub.ok("GET", f"{at}/public-key")
    box = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"value")
    body = {"key_id": key["key_id"], "encrypted_value": base64.b64encode(box).decode()}
    assert hub.call("PUT", f"{at}/API_KEY", body).status_code == 201
    assert hub.ok("GET", f"{at}/API_KEY")["updated_at"]
    variable = {"name": "REGION", "value": "eu"}
    assert hub.call("POST", f"{E}/variables", variable).status_code == 201
    assert hub.ok("GET", f"{E}/variables/REGION")["value"] == "eu"
    assert hub.call("PATCH", f"{E}/variables/REGION", {**variable, "value": "us"}).status_code == 204
    assert hub.call("DELETE", f"{E}/variables/REGION").status_code == 204


def test_the_fallback_where_the_plan_has_no_gates(hub: GitHub) -> None:
    hub.stored.private = True
    hub.control("accounts", login=hub.org, plan="team")
    policy = {"protected_branches": True, "custom_branch_policies": False}
    whole = {"wait_timer": 0, "reviewers": None, "can_admins_bypass": True, "deployment_branch_policy": policy}
    assert hub.call("PUT", E, whole).status_code == 422
    made = hub.ok("PUT", E, {"deployment_branch_policy": policy})
    assert (made["can_admins_bypass"], made["deployment_branch_policy"]) == (True, policy)


def test_a_file(hub: GitHub) -> None:
    assert hub.ok("GET", "R/branches/main")["name"] == "main"
    assert hub.call("GET", "R/contents/.github/CODEOWNERS?ref=main").status_code == 404
    body = {"message": "Say who owns what", "content": base64.b64encode(b"* @ada\n").decode(), "branch": "main"}
    commit = hub.ok("PUT", "R/contents/.github/CODEOWNERS", body)["commit"]["sha"]
    read = hub.ok("GET", "R/contents/.github/CODEOWNERS?ref=main")
    assert parse_qs(urlsplit(read["url"]).query)["ref"] == ["main"]
    assert base64.b64decode(read["content"]) == b"* @ada\n"
    assert hub.ok("GET", f"R/commits/{commit}")["commit"]["message"] == "Say who owns what"
    changed = {**body, "sha": read["sha"], "content": base64.b64encode(b"* @ben\n").decode()}
    hub.ok("PUT", "R/contents/.github/CODEOWNERS", changed)
    assert hub.call("PUT", "R/contents/.github/CODEOWNERS", changed).status_code == 409


def test_a_branch(hub: GitHub) -> None:
    sha = hub.ok("GET", "R/git/ref/heads/main")["object"]["sha"]
    hub.ok("POST", "R/git/refs", {"ref": "refs/heads/slipway", "sha": sha})
    assert same(hub, "R/git/ref/heads/slipway")["ref"] == "refs/heads/slipway"
    assert hub.call("DELETE", "R/git/refs/heads/slipway").status_code == 204
    assert hub.call("GET", "R/git/ref/heads/slipway").status_code == 404


def test_a_ruleset_is_the_same_at_once_and_later(hub: GitHub) -> None:
    body = {
        "name": "main",
        "target": "branch",
        "source": "shop",
        "source_type": "Repository",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {"type": "update", "parameters": {"update_allows_fetch_and_merge": False}},
            {
                "type": "required_status_checks",
                "parameters": {
                    "required_status_checks": [{"context": "gate"}],
                    "strict_required_status_checks_policy": True,
                    "do_not_enforce_on_create": False,
                },
            },
        ],
    }
    made = hub.call("POST", "R/rulesets", body)
    assert made.status_code == 201
    at = f"R/rulesets/{made.json()['id']}?includes_parents=false"
    assert hub.call("GET", at, **{"If-None-Match": made.headers["ETag"]}).status_code == 304
    assert same(hub, at)["rules"] == body["rules"]


def test_a_repository_by_name_is_no_node(hub: GitHub) -> None:
    """The `repository_id` of a protection takes a name: the provider tries it as a node first, and reads the error."""

    def ask(query: str, **variables: Any) -> Any:
        sent = {"Authorization": f"Bearer ghp_{hub.ada}"}
        body: Any = {"query": query, "variables": variables}
        return requests.post(f"{hub.world.base}/api/graphql", json=body, headers=sent, timeout=10).json()

    asked = ask("query($id:ID!){node(id: $id){id}}", id="shop")
    assert asked["errors"][0]["message"].startswith("Could not resolve to a node with the global id of")
    asked = ask("query($n:String!,$o:String!){repository(owner:$o,name:$n){id}}", n="shop", o=hub.org)
    assert asked == {"data": {"repository": {"id": node_id("R", hub.stored.id)}}}
