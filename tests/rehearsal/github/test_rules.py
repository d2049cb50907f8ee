"""Rulesets: kept, refused where they could not be, and really in the way of pushes, files, refs and merges."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from rehearsal.github.world import ACTIONS_APP
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def ruleset(hub: GitHub, *rules: dict[str, Any], include: str = "~DEFAULT_BRANCH", **more: Any) -> Any:
    body = {
        "name": "rules",
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [include], "exclude": []}},
        "rules": list(rules),
        **more,
    }
    return hub.ok("POST", "R/rulesets", body)


def pull_rule(**parameters: Any) -> dict[str, Any]:
    return {"type": "pull_request", "parameters": parameters}


def checks_rule(*names: str, **more: Any) -> dict[str, Any]:
    required = [{"context": name, "integration_id": more.pop("app", None)} for name in names]
    return {"type": "required_status_checks", "parameters": {"required_status_checks": required, **more}}


def commit(hub: GitHub, folder: Path, message: str = "Change") -> None:
    (folder / "file").write_text(message)
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", message, folder=folder)


def test_kept_shown_changed_removed(hub: GitHub) -> None:
    made = ruleset(hub, {"type": "deletion"}, pull_rule(required_approving_review_count=1))
    at = f"R/rulesets/{made['id']}"
    assert hub.ok("GET", f"{at}?includes_parents=false") == made
    filled = made["rules"][1]["parameters"]
    assert filled["allowed_merge_methods"] == ["merge", "squash", "rebase"]
    assert {one["type"] for one in hub.ok("GET", "R/rules/branches/main")} == {"deletion", "pull_request"}
    assert hub.ok("GET", "R/rules/branches/other") == []
    changed = hub.ok("PUT", at, {"enforcement": "disabled"})
    assert (changed["enforcement"], changed["rules"]) == ("disabled", made["rules"])
    assert hub.ok("GET", "R/rules/branches/main") == []
    assert hub.call("DELETE", at).status_code == 204
    assert hub.call("GET", at).status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"name": "x", "enforcement": "on"},
            "`on` is not a possible value. Must be one of: active, evaluate, disabled.",
        ),
        ({"enforcement": "active"}, '"name" wasn\'t supplied.'),
        ({"name": "x", "enforcement": "active", "bypass_actors": None}, "/bypass_actors: data cannot be null."),
        ({"name": "x", "enforcement": "active", "rules": [{"type": "none"}]}, "data matches no possible input"),
        ({"name": "x", "enforcement": "active", "rules": [{"type": "required_deployments"}]}, "missing required keys"),
    ],
)
def test_what_cannot_be_a_ruleset(hub: GitHub, body: Any, words: str) -> None:
    refused = hub.call("POST", "R/rulesets", body)
    assert refused.status_code == 422
    assert words in refused.json()["message"]


def test_plans(hub: GitHub) -> None:
    hub.control("accounts", login=hub.org, plan="team")
    refused = hub.call("POST", "R/rulesets", {"name": "x", "enforcement": "evaluate"})
    assert "Enforcement evaluate option is not supported on this plan." in refused.json()["errors"][0]
    hub.stored.private = True
    hub.control("accounts", login=hub.org, plan="free")
    refused = hub.call("GET", "R/rulesets")
    words = "Upgrade to GitHub Pro or make this repository public to enable this feature."
    assert (refused.status_code, refused.json()["message"]) == (403, words)


def test_a_push_past_the_pull_request_is_declined(hub: GitHub) -> None:
    folder = hub.clone()
    ruleset(hub, pull_rule(), {"type": "non_fast_forward"}, {"type": "deletion"})
    before = hub.head()
    commit(hub, folder)
    output = hub.git("push", "origin", "HEAD:main", "HEAD:feature", folder=folder, ok=False)
    assert "remote: error: GH013: Repository rule violations found for refs/heads/main." in output
    assert "remote: - Changes must be made through a pull request." in output
    assert "! [remote rejected] HEAD -> main (push declined due to repository rule violations)" in output
    assert "* [new branch]      HEAD -> feature" in output
    assert hub.head() == before
    hub.git("commit", "--amend", "-qm", "Other", folder=folder)
    hub.git("push", "-qf", "origin", "HEAD:feature", folder=folder)


def test_force_pushes_and_deletions(hub: GitHub) -> None:
    folder = hub.clone()
    commit(hub, folder)
    hub.git("push", "-q", "origin", "HEAD:release/1", folder=folder)
    ruleset(hub, {"type": "non_fast_forward"}, {"type": "deletion"}, include="refs/heads/release/*")
    hub.git("commit", "--amend", "-qm", "Other", folder=folder)
    assert "- Cannot force-push to this branch" in hub.git(
        "push", "-f", "origin", "HEAD:release/1", folder=folder, ok=False
    )
    assert "- Cannot delete this branch" in hub.git("push", "origin", ":release/1", folder=folder, ok=False)
    refused = hub.call("DELETE", "R/git/refs/heads/release/1")
    words = "Repository rule violations found\n\nCannot delete this branch\n\n"
    assert (refused.status_code, refused.json()["message"]) == (422, words)


def test_files_over_rest_are_declined_with_409(hub: GitHub) -> None:
    ruleset(hub, pull_rule())
    body = {"message": "m", "content": base64.b64encode(b"x").decode()}
    refused = hub.call("PUT", "R/contents/a", body)
    words = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
    assert (refused.status_code, refused.json()["message"]) == (409, words)


def test_bypass_by_role_app_and_pull_request(hub: GitHub) -> None:
    app = hub.token("slipway[bot]", "ghs_app", kind="app", app=4711, permissions={"*": "write"})
    body = {"message": "m", "content": base64.b64encode(b"x").decode()}
    made = ruleset(
        hub, pull_rule(), bypass_actors=[{"actor_id": 4711, "actor_type": "Integration", "bypass_mode": "exempt"}]
    )
    assert hub.call("PUT", "R/contents/a", body).status_code == 409
    assert hub.call("PUT", "R/contents/a", body, token=app).status_code == 201
    for mode, status in (("always", 201), ("pull_request", 409)):
        role = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": mode}
        hub.ok("PUT", f"R/rulesets/{made['id']}", {"bypass_actors": [role]})
        assert hub.call("PUT", f"R/contents/{mode}", body).status_code == status
        assert hub.call("PUT", f"R/contents/ben-{mode}", body, token=f"ghp_{hub.ben}").status_code == 409


def opened(hub: GitHub, login: str | None = None) -> Any:
    hub.write("feature.txt", "feature", "feature")
    body = {"title": "Feature", "head": "feature", "base": "main"}
    return hub.ok("POST", "R/pulls", body, token=f"ghp_{login or hub.ben}")


def merge(hub: GitHub, number: int, **body: Any) -> tuple[int, str]:
    answer = hub.call("PUT", f"R/pulls/{number}/merge", body)
    return answer.status_code, answer.json()["message"]


def approve(hub: GitHub, number: int, login: str) -> Any:
    return hub.call("POST", f"R/pulls/{number}/reviews", {"event": "APPROVE"}, token=f"ghp_{login}")


def found(*reasons: str) -> tuple[int, str]:
    return 405, "Repository rule violations found\n\n" + "".join(f"{one}\n\n" for one in reasons)


def test_a_merge_waits_for_reviews(hub: GitHub) -> None:
    ruleset(hub, pull_rule(required_approving_review_count=1, dismiss_stale_reviews_on_push=True))
    number = opened(hub)["number"]
    lacking = "At least 1 approving review is required by reviewers with write access."
    assert merge(hub, number) == found(lacking)
    assert hub.ok("GET", f"R/pulls/{number}")["mergeable_state"] == "blocked"
    own = approve(hub, number, hub.ben)
    assert (own.status_code, own.json()["errors"]) == (422, ["Can not approve your own pull request"])
    assert approve(hub, number, hub.cy).status_code == 200
    assert hub.ok("GET", f"R/pulls/{number}")["mergeable_state"] == "clean"
    hub.write("feature.txt", "more", "feature")
    assert merge(hub, number) == found(lacking)
    approve(hub, number, hub.cy)
    assert merge(hub, number) == (200, "Pull Request successfully merged")


def test_code_owners(hub: GitHub) -> None:
    hub.write("CODEOWNERS", f"* @{hub.cy}\n")
    ruleset(hub, pull_rule(require_code_owner_review=True))
    number = opened(hub)["number"]
    approve(hub, number, hub.ada)
    assert merge(hub, number) == found(f"Waiting on code owner review from {hub.cy}.")
    approve(hub, number, hub.cy)
    assert merge(hub, number)[0] == 200
    hub.write("CODEOWNERS", "* @nobody\n")
    (error,) = hub.ok("GET", "R/codeowners/errors")["errors"]
    assert error["message"].startswith("Unknown owner on line 1: make sure @nobody exists")


def test_a_merge_waits_for_checks(hub: GitHub) -> None:
    ruleset(hub, checks_rule("gate", app=ACTIONS_APP))
    job = hub.token("github-actions[bot]", "ghs_job", kind="actions", app=ACTIONS_APP, permissions={"*": "write"})
    number = opened(hub)["number"]
    sha = hub.head("feature")
    assert merge(hub, number) == found('Required status check "gate" is expected.')
    hub.ok("POST", f"R/statuses/{sha}", {"state": "success", "context": "other"})
    run = hub.ok("POST", "R/check-runs", {"name": "gate", "head_sha": sha, "status": "in_progress"}, token=job)
    assert merge(hub, number) == found('Required status check "gate" is in progress.')
    hub.ok("PATCH", f"R/check-runs/{run['id']}", {"conclusion": "failure"}, token=job)
    assert merge(hub, number) == found('Required status check "gate" is failing.')
    hub.ok("PATCH", f"R/check-runs/{run['id']}", {"conclusion": "success"}, token=job)
    assert merge(hub, number)[0] == 200


def test_many_checks_and_being_behind(hub: GitHub) -> None:
    ruleset(hub, checks_rule("a", "b", strict_required_status_checks_policy=True))
    number = opened(hub)["number"]
    assert merge(hub, number) == found("2 of 2 required status checks are expected.")
    hub.ok("POST", f"R/statuses/{hub.head('feature')}", {"state": "failure", "context": "a"})
    assert merge(hub, number) == found("2 of 2 required status checks have not succeeded: 1 expected, 1 failing.")
    for name in "ab":
        hub.ok("POST", f"R/statuses/{hub.head('feature')}", {"state": "success", "context": name})
    hub.write("main.txt", "moved on")
    assert merge(hub, number) == found("This branch is out-of-date with the base branch.")


def test_other_rules(hub: GitHub) -> None:
    made = ruleset(
        hub, {"type": "required_deployments", "parameters": {"required_deployment_environments": ["staging"]}}
    )
    number = opened(hub)["number"]
    assert merge(hub, number) == found("Missing successful active staging deployment.")
    hub.ok("PUT", f"R/rulesets/{made['id']}", {"rules": [{"type": "required_linear_history"}]})
    assert merge(hub, number) == found("This branch must not contain merge commits.")
    hub.ok("PUT", f"R/rulesets/{made['id']}", {"rules": [pull_rule(allowed_merge_methods=["squash"])]})
    assert merge(hub, number)[0] == 405
    assert merge(hub, number, merge_method="squash")[0] == 200


def test_creation_names_messages_and_signatures(hub: GitHub) -> None:
    folder = hub.clone()
    commit(hub, folder, "no ticket")
    pattern = {"operator": "regex", "pattern": "^SHOP-", "name": "a ticket"}
    made = ruleset(
        hub,
        {"type": "commit_message_pattern", "parameters": pattern},
        {"type": "required_signatures"},
        include="refs/heads/guarded/*",
    )
    output = hub.git("push", "origin", "HEAD:guarded/x", folder=folder, ok=False)
    assert "Commit message must match a given pattern: a ticket" in output
    assert "Commits must have verified signatures." in output
    hub.ok("PUT", f"R/rulesets/{made['id']}", {"rules": [{"type": "creation"}]})
    output = hub.git("push", "origin", "HEAD:guarded/x", folder=folder, ok=False)
    assert "Cannot ref due" not in output
    assert "Cannot create ref due to creations being restricted." in output


def test_tags(hub: GitHub) -> None:
    folder = hub.clone()
    hub.git("tag", "v1", folder=folder)
    hub.git("push", "-q", "origin", "v1", folder=folder)
    ruleset(hub, {"type": "deletion"}, {"type": "creation"}, include="refs/tags/v*", target="tag")
    assert "Cannot delete this tag" in hub.git("push", "origin", ":v1", folder=folder, ok=False)
    hub.git("tag", "v2", folder=folder)
    hub.git("push", "origin", "v2", folder=folder, ok=False)


def test_paths_that_nobody_pushes(hub: GitHub) -> None:
    folder = hub.clone()
    commit(hub, folder)
    ruleset(hub, {"type": "file_path_restriction", "parameters": {"restricted_file_paths": ["file"]}}, target="push")
    assert "File path restriction: file" in hub.git("push", "origin", "HEAD:main", folder=folder, ok=False)
    refused = hub.call(
        "POST", "R/rulesets", {"name": "y", "enforcement": "active", "target": "push", "rules": [{"type": "deletion"}]}
    )
    assert refused.status_code == 422
