"""Environments: reviewers, wait timers, policies, and what each plan allows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
AT = "R/environments/production%2Feu"


def test_everything_that_guards_an_environment(hub: GitHub) -> None:
    ada = hub.ok("GET", "/user")["id"]
    team = hub.control("teams", organization=hub.org, slug="ops", members=[hub.cy])["id"]
    hub.stored.teams["ops"] = "write"
    body = {
        "wait_timer": 30,
        "prevent_self_review": True,
        "can_admins_bypass": False,
        "reviewers": [{"type": "User", "id": ada}, {"type": "Team", "id": team}],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    made = hub.ok("PUT", AT, body)
    rules = {rule["type"]: rule for rule in made["protection_rules"]}
    assert rules["wait_timer"]["wait_timer"] == 30
    assert rules["required_reviewers"]["prevent_self_review"] is True
    assert [one["reviewer"]["id"] for one in rules["required_reviewers"]["reviewers"]] == [ada, team]
    assert (made["name"], made["can_admins_bypass"]) == ("production/eu", False)
    again = hub.ok("PUT", AT, body)
    assert again["protection_rules"] == made["protection_rules"]
    assert hub.ok("GET", "R/environments")["total_count"] == 1
    assert hub.ok("PUT", AT, {})["protection_rules"] == []
    assert hub.call("DELETE", AT).status_code == 204
    assert hub.call("GET", AT).status_code == 404


def test_policies_of_branches_and_tags(hub: GitHub) -> None:
    at = f"{AT}/deployment-branch-policies"
    hub.ok("PUT", AT, {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False}})
    assert hub.call("POST", at, {"name": "main"}).status_code == 404
    hub.ok("PUT", AT, {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}})
    branch = hub.ok("POST", at, {"name": "main"})
    tag = hub.ok("POST", at, {"name": "v*", "type": "tag"})
    assert (branch["type"], tag["type"]) == ("branch", "tag")
    assert hub.ok("POST", at, {"name": "main"})["id"] == branch["id"]
    assert hub.ok("PUT", f"{at}/{tag['id']}", {"name": "r*"})["name"] == "r*"
    assert hub.ok("GET", at)["total_count"] == 2
    assert hub.call("DELETE", f"{at}/{branch['id']}").status_code == 204
    assert hub.call("GET", f"{at}/{branch['id']}").status_code == 404


def test_pygithub(hub: GitHub) -> None:
    repo = hub.repository()
    repo.create_environment("staging", wait_timer=5)
    environment: Any = repo.get_environment("staging")
    assert environment.protection_rules[0].wait_timer == 5
    assert [one.name for one in repo.get_environments()] == ["staging"]
    environment.create_variable("REGION", "eu-central-1")
    assert environment.get_variable("REGION").value == "eu-central-1"
    environment.create_secret("KEY", "value")
    assert [one.name for one in environment.get_secrets()] == ["KEY"]
    assert hub.asked("secrets", repo=f"{hub.org}/shop")["environment:staging"] == {"KEY": "value"}
    repo.delete_environment("staging")
    assert hub.asked("secrets", repo=f"{hub.org}/shop") == {}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"wait_timer": 43201}, 422, "Invalid request.\n\n43201 must be less than or equal to 43200."),
        ({"reviewers": [{"type": "User", "id": 1}] * 7}, 422, "No more than 6 items are allowed; 7 were supplied."),
        (
            {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
            422,
            "`protected_branches` and `custom_branch_policies` cannot have the same value",
        ),
    ],
)
def test_what_is_refused(hub: GitHub, body: Any, status: int, words: str) -> None:
    refused = hub.call("PUT", AT, body)
    assert refused.status_code == status
    assert words in refused.json()["message"]


def test_a_reviewer_who_may_not_read_is_left_out(hub: GitHub) -> None:
    team = hub.control("teams", organization=hub.org, slug="strangers")["id"]
    assert hub.ok("PUT", AT, {"reviewers": [{"type": "Team", "id": team}]})["protection_rules"] == []


def test_plans_of_private_repositories(hub: GitHub) -> None:
    hub.stored.private = True
    hub.control("accounts", login=hub.org, plan="team")
    whole = {"wait_timer": 0, "reviewers": None, "can_admins_bypass": True, "deployment_branch_policy": None}
    refused = hub.call("PUT", AT, whole)
    assert (refused.status_code, refused.json()["message"]) == (
        422,
        "Failed to create the environment protection rule. "
        "Please ensure the billing plan supports the required reviewers protection rule.",
    )
    assert hub.ok("PUT", AT, {"deployment_branch_policy": None})["name"] == "production/eu"
    hub.control("accounts", login=hub.org, plan="free")
    assert hub.call("PUT", AT, {}).status_code == 404
    assert hub.call("GET", AT).status_code == 404
    hub.control("accounts", login=hub.org, plan="enterprise")
    assert hub.call("PUT", AT, whole).status_code == 200
