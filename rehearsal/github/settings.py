"""What a repository lets GitHub Actions and Dependabot do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github.errors import Refused, missing, wrong
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("actions/permissions")
SECURITY_ROUTES = Routes("repos/repos")

_ALLOWED = ("all", "local_only", "selected")


@dataclass
class Settings:
    """The choices of one repository, as they are at first."""

    enabled: bool = True
    allowed: str = "all"
    sha_pinning: bool = False
    selected: dict[str, Any] = field(
        default_factory=lambda: {"github_owned_allowed": True, "verified_allowed": False, "patterns_allowed": []}
    )
    workflow: str = "read"
    approve: bool = False
    access: str = "none"
    alerts: bool = False
    fixes: bool = False


def _of(call: Call) -> Settings:
    return call.repo.area(Settings)


@ROUTES.on("GET {r}/actions/permissions", "administration:read")
def read(call: Call) -> dict[str, Any]:
    """Whether there are workflows, and which actions they may use."""
    chosen = _of(call)
    shown: dict[str, Any] = {"enabled": chosen.enabled}
    if chosen.enabled:
        shown |= {"allowed_actions": chosen.allowed, "sha_pinning_required": chosen.sha_pinning}
    if chosen.enabled and chosen.allowed == "selected":
        shown["selected_actions_url"] = f"{call.url}/selected-actions"
    return shown


@ROUTES.on("PUT {r}/actions/permissions", "administration:write")
def put(call: Call) -> None:
    """Choose."""
    body, chosen = call.json(), _of(call)
    if not isinstance(body.get("enabled"), bool):
        raise missing("enabled")
    if (allowed := body.get("allowed_actions")) is not None:
        if allowed not in _ALLOWED:
            raise wrong(
                f"For 'allowed_actions', `{allowed}` is not a possible value. Must be one of: {', '.join(_ALLOWED)}."
            )
        chosen.allowed = allowed
    chosen.enabled = body["enabled"]
    chosen.sha_pinning = bool(body.get("sha_pinning_required", chosen.sha_pinning))


@ROUTES.on("GET {r}/actions/permissions/selected-actions", "administration:read")
def selected(call: Call) -> dict[str, Any]:
    """The actions that may be used, where they are selected."""
    if _of(call).allowed != "selected":
        raise Refused(409, "Conflict")
    return _of(call).selected


@ROUTES.on("PUT {r}/actions/permissions/selected-actions", "administration:write")
def select(call: Call) -> None:
    """Select."""
    if _of(call).allowed != "selected":
        raise Refused(409, "Conflict")
    _of(call).selected |= {key: value for key, value in call.json().items() if key in _of(call).selected}


@ROUTES.on("GET {r}/actions/permissions/workflow", "administration:read")
def workflow(call: Call) -> dict[str, Any]:
    """What a workflow's token may do unless it says less."""
    chosen = _of(call)
    return {"default_workflow_permissions": chosen.workflow, "can_approve_pull_request_reviews": chosen.approve}


@ROUTES.on("PUT {r}/actions/permissions/workflow", "administration:write")
def workflow_put(call: Call) -> None:
    """Choose."""
    body, chosen = call.json(), _of(call)
    value = body.get("default_workflow_permissions", chosen.workflow)
    if value not in ("read", "write"):
        raise wrong(
            f"For 'default_workflow_permissions', `{value}` is not a possible value. Must be one of: read, write."
        )
    chosen.workflow = value
    chosen.approve = bool(body.get("can_approve_pull_request_reviews", chosen.approve))
    call.repo.settings["can_approve_pull_request_reviews"] = chosen.approve


@ROUTES.on("GET {r}/actions/permissions/access", "administration:read")
def access(call: Call) -> dict[str, Any]:
    """Who else may use the actions of this repository."""
    _private(call)
    return {"access_level": _of(call).access}


@ROUTES.on("PUT {r}/actions/permissions/access", "administration:write")
def access_put(call: Call) -> None:
    """Choose."""
    _private(call)
    level = call.text(call.json(), "access_level")
    if level not in ("none", "user", "organization", "enterprise"):
        raise wrong(f"For 'access_level', `{level}` is not a possible value.")
    _of(call).access = level


def _private(call: Call) -> None:
    if not call.repo.private:
        raise Refused(422, "Access policy only applies to internal and private repositories.")


@SECURITY_ROUTES.on("GET {r}/vulnerability-alerts", "administration:read")
def alerts(call: Call) -> Answer:
    """204 where Dependabot alerts are on, 404 where not."""
    if not _of(call).alerts:
        raise Refused(404, "Vulnerability alerts are disabled.")
    return Answer(204)


@SECURITY_ROUTES.on("PUT {r}/vulnerability-alerts", "administration:write")
def alerts_on(call: Call) -> None:
    """On."""
    _of(call).alerts = True


@SECURITY_ROUTES.on("DELETE {r}/vulnerability-alerts", "administration:write")
def alerts_off(call: Call) -> None:
    """Off; updates need them."""
    _of(call).alerts = _of(call).fixes = False


@SECURITY_ROUTES.on("GET {r}/automated-security-fixes", "administration:read")
def fixes(call: Call) -> dict[str, Any]:
    """Whether Dependabot opens pull requests against vulnerable dependencies."""
    return {"enabled": _of(call).fixes, "paused": False}


@SECURITY_ROUTES.on("PUT {r}/automated-security-fixes", "administration:write")
def fixes_on(call: Call) -> None:
    """On."""
    if not _of(call).alerts:
        raise Refused(422, "Vulnerability alerts must be enabled to configure automated security fixes.")
    _of(call).fixes = True


@SECURITY_ROUTES.on("DELETE {r}/automated-security-fixes", "administration:write")
def fixes_off(call: Call) -> None:
    """Off."""
    _of(call).fixes = False
