"""What Actions and Dependabot may do, and the subject of a job's token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def test_permissions_of_actions(hub: GitHub) -> None:
    at = "R/actions/permissions"
    assert hub.ok("GET", at) == {"enabled": True, "allowed_actions": "all", "sha_pinning_required": False}
    assert hub.call("GET", f"{at}/selected-actions").status_code == 409
    hub.ok("PUT", at, {"enabled": True, "allowed_actions": "selected", "sha_pinning_required": True})
    hub.ok("PUT", f"{at}/selected-actions", {"github_owned_allowed": True, "patterns_allowed": ["pulumi/*"]})
    assert hub.ok("GET", f"{at}/selected-actions")["patterns_allowed"] == ["pulumi/*"]
    assert hub.ok("GET", at)["sha_pinning_required"] is True
    hub.ok("PUT", at, {"enabled": False})
    assert hub.ok("GET", at) == {"enabled": False}
    assert hub.call("PUT", at, {"enabled": True, "allowed_actions": "some"}).status_code == 422


def test_permissions_of_workflows_and_access(hub: GitHub) -> None:
    at = "R/actions/permissions/workflow"
    assert hub.ok("GET", at)["default_workflow_permissions"] == "read"
    hub.ok("PUT", at, {"default_workflow_permissions": "write"})
    assert hub.ok("GET", at)["default_workflow_permissions"] == "write"
    assert hub.call("GET", "R/actions/permissions/access").status_code == 422
    hub.stored.private = True
    hub.ok("PUT", "R/actions/permissions/access", {"access_level": "organization"})
    assert hub.ok("GET", "R/actions/permissions/access") == {"access_level": "organization"}


def test_dependabot(hub: GitHub) -> None:
    repo = hub.repository()
    assert repo.get_vulnerability_alert() is False
    refused = hub.call("PUT", "R/automated-security-fixes")
    assert refused.json()["message"] == "Vulnerability alerts must be enabled to configure automated security fixes."
    assert repo.enable_vulnerability_alert()
    assert repo.enable_automated_security_fixes()
    assert repo.get_automated_security_fixes()["enabled"] is True
    assert repo.disable_vulnerability_alert()
    assert hub.ok("GET", "R/automated-security-fixes")["enabled"] is False


def subject(hub: GitHub, **job: str) -> Any:
    return hub.asked("subject", repo=f"{hub.org}/shop", **job)["sub"]


def test_subjects_of_new_and_old_repositories(hub: GitHub) -> None:
    owner, repo = hub.world.account(hub.org).id, hub.stored.id
    name = f"repo:{hub.org}@{owner}/shop@{repo}"
    assert subject(hub, environment="production") == f"{name}:environment:production"
    assert subject(hub) == f"{name}:ref:refs/heads/main"
    assert subject(hub, event_name="pull_request") == f"{name}:pull_request"
    before = datetime(2026, 7, 14, tzinfo=UTC).timestamp()
    hub.control("repositories", owner=hub.org, name="shop", created=before)
    assert subject(hub, environment="production") == f"repo:{hub.org}/shop:environment:production"
    hub.control("repositories", owner=hub.org, name="shop", immutable=True)
    assert subject(hub) == f"{name}:ref:refs/heads/main"


def test_claims_can_be_put_together_another_way(hub: GitHub) -> None:
    at = "R/actions/oidc/customization/sub"
    assert hub.ok("GET", at)["use_default"] is True
    hub.ok("PUT", at, {"use_default": False, "include_claim_keys": ["repository_id", "context", "job_workflow_ref"]})
    assert hub.ok("GET", at)["include_claim_keys"] == ["repository_id", "context", "job_workflow_ref"]
    found = subject(hub, environment="production", workflow="deploy.yml")
    path = f"{hub.org}/shop/.github/workflows/deploy.yml@refs/heads/main"
    assert found == f"repository_id:{hub.stored.id}:environment:production:job_workflow_ref:{path}"
    assert hub.call("PUT", at, {"use_default": False, "include_claim_keys": ["shoe"]}).status_code == 422
    claims = hub.asked("subject", repo=f"{hub.org}/shop", environment="production")
    assert claims["repository_id"] == str(hub.stored.id)
