"""The webhooks of a repository over REST: made, changed, pinged, and what was sent and answered."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from rehearsal.github.courier import Delivery, Hook, Hooks
from rehearsal.github.errors import field as detail
from rehearsal.github.errors import invalid, missing, not_found
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("repos/webhooks")
EVENTS = frozenset(
    [
        "*",
        "check_run",
        "check_suite",
        "create",
        "delete",
        "deployment",
        "deployment_protection_rule",
        "deployment_review",
        "deployment_status",
        "issue_comment",
        "issues",
        "label",
        "ping",
        "pull_request",
        "pull_request_review",
        "push",
        "release",
        "repository",
        "repository_ruleset",
        "status",
        "workflow_dispatch",
        "workflow_job",
        "workflow_run",
    ]
)


def shown(call: Call, hook: Hook) -> dict[str, Any]:
    """A hook; its secret is never shown."""
    url = f"{call.repo_url}/hooks/{hook.id}"
    last = hook.deliveries[0] if hook.deliveries else None
    config = {**hook.config, **({"secret": "********"} if hook.config.get("secret") else {})}
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": config,
        "created_at": hook.created,
        "updated_at": hook.updated,
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {
            "code": last.code if last and last.code else None,
            "status": "unused" if last is None else "active" if last.code else last.status,
            "message": last.status if last else None,
        },
    }


def _hook(call: Call) -> Hook:
    if (found := call.repo.area(Hooks).by_id.get(call.number("hook"))) is None:
        raise not_found()
    return found


def _config(call: Call, given: Any, before: dict[str, str] | None = None) -> dict[str, str]:
    asked = {name: str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    if before is None and "url" not in asked:
        raise missing("url")
    config = {"content_type": "form", "insecure_ssl": "0", **(before or {}), **asked}
    if urlsplit(config["url"]).scheme not in ("http", "https"):
        raise invalid(detail("Hook", "url", "custom", "url is not a valid URL"))
    return config


def _events(call: Call, given: Any) -> list[str]:
    events = sorted({str(one) for one in given})
    if unknown := [one for one in events if one not in EVENTS]:
        raise invalid(detail("Hook", "events", "custom", f'Invalid event: "{unknown[0]}"'))
    return events


@ROUTES.on("GET {r}/hooks", "webhooks:read")
def listed(call: Call) -> Answer:
    """Every hook."""
    return call.page(list(call.repo.area(Hooks).by_id.values()), lambda hook: shown(call, hook))


@ROUTES.on("POST {r}/hooks", "webhooks:write", 201)
def created(call: Call) -> dict[str, Any]:
    """A new hook, which gets a ping."""
    body = call.json()
    config = _config(call, body.get("config"))
    events = _events(call, body.get("events", ["push"]))
    known = call.repo.area(Hooks).by_id
    if any(one.config["url"] == config["url"] and one.events == events for one in known.values()):
        raise invalid({"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"})
    now = call.world.time()
    hook = Hook(call.world.new_id(), events, bool(body.get("active", True)), config, now, now)
    known[hook.id] = hook
    call.courier.ping(call.repo, hook, call.login)
    return shown(call, hook)


@ROUTES.on("GET {r}/hooks/{hook}", "webhooks:read")
def read(call: Call) -> dict[str, Any]:
    """One hook."""
    return shown(call, _hook(call))


@ROUTES.on("PATCH {r}/hooks/{hook}", "webhooks:write")
def changed(call: Call) -> dict[str, Any]:
    """Another address, other events."""
    body, hook = call.json(), _hook(call)
    if "config" in body:
        hook.config = _config(call, body["config"], hook.config)
    if "events" in body:
        hook.events = _events(call, body["events"])
    hook.events = sorted({*hook.events, *body.get("add_events", [])} - set(body.get("remove_events", [])))
    hook.active = bool(body.get("active", hook.active))
    hook.updated = call.world.time()
    return shown(call, hook)


@ROUTES.on("DELETE {r}/hooks/{hook}", "webhooks:write")
def removed(call: Call) -> None:
    """No hook."""
    del call.repo.area(Hooks).by_id[_hook(call).id]


@ROUTES.on("POST {r}/hooks/{hook}/pings", "webhooks:write")
def pinged(call: Call) -> None:
    """Another ping."""
    call.courier.ping(call.repo, _hook(call), call.login)


def _delivery(one: Delivery, *, whole: bool) -> dict[str, Any]:
    short = {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": one.at,
        "redelivery": one.redelivery,
        "duration": 0.01,
        "status": one.status,
        "status_code": one.code,
        "event": one.event,
        "action": one.payload.get("action"),
        "installation_id": None,
        "repository_id": one.payload["repository"]["id"],
    }
    if not whole:
        return short
    request = {"headers": one.request, "payload": one.payload}
    return {**short, "request": request, "response": {"headers": one.response, "payload": one.answer}}


@ROUTES.on("GET {r}/hooks/{hook}/deliveries", "webhooks:read")
def deliveries(call: Call) -> Answer:
    """What was sent, newest first."""
    return call.page(_hook(call).deliveries, lambda one: _delivery(one, whole=False))


def _sent(call: Call) -> Delivery:
    for one in _hook(call).deliveries:
        if one.id == call.number("delivery"):
            return one
    raise not_found()


@ROUTES.on("GET {r}/hooks/{hook}/deliveries/{delivery}", "webhooks:read")
def delivery(call: Call) -> dict[str, Any]:
    """One delivery with what was sent and answered."""
    return _delivery(_sent(call), whole=True)


@ROUTES.on("POST {r}/hooks/{hook}/deliveries/{delivery}/attempts", "webhooks:write")
def again(call: Call) -> Answer:
    """Send a delivery once more."""
    sent = _sent(call)
    call.courier.deliver(_hook(call), sent.event, sent.payload, sent.guid)
    return Answer(202, {})
