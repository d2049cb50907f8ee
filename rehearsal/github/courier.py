"""Keeps webhooks and sends deliveries: signed, one after the other, and to this machine alone."""

from __future__ import annotations

import hmac
import http.client
import json
import logging
import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from rehearsal.github import views
from rehearsal.github.world import Repository, World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SECONDS = 10
log = logging.getLogger("slipway.github.hooks")


@dataclass
class Delivery:
    """One delivery of one event to one hook."""

    id: int
    guid: str
    event: str
    payload: dict[str, Any]
    redelivery: bool
    at: str
    request: dict[str, str] = field(default_factory=dict)
    code: int = 0
    status: str = "pending"
    response: dict[str, str] = field(default_factory=dict)
    answer: str = ""


@dataclass
class Hook:
    """One webhook of one repository."""

    id: int
    events: list[str]
    active: bool
    config: dict[str, str]
    created: str
    updated: str
    deliveries: list[Delivery] = field(default_factory=list)

    def wants(self, event: str) -> bool:
        """Whether this event goes to this hook."""
        return self.active and (event in self.events or "*" in self.events)


@dataclass
class Hooks:
    """The webhooks of one repository."""

    by_id: dict[int, Hook] = field(default_factory=dict)


class Courier:
    """Sends deliveries, one after the other, in a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="slipway-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def end(self) -> None:
        """Send what waits, then stop."""
        self._waiting.put(None)
        self._thread.join(_SECONDS)

    def publish(self, repo: Repository, event: str, payload: dict[str, Any], sender: str) -> None:
        """Send an event to every hook that wants it."""
        hooks = [hook for hook in repo.area(Hooks).by_id.values() if hook.wants(event)]
        if not hooks:
            return
        whole = self._whole(repo, payload, sender)
        for hook in hooks:
            self.deliver(hook, event, whole)

    def ping(self, repo: Repository, hook: Hook, sender: str) -> None:
        """Tell a hook that it is one."""
        payload = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": {"id": hook.id}}
        self.deliver(hook, "ping", self._whole(repo, payload, sender))

    def deliver(self, hook: Hook, event: str, payload: dict[str, Any], guid: str | None = None) -> Delivery:
        """Send one event to one hook; `guid` is that of the delivery that is sent again."""
        world = self._world
        made = Delivery(world.new_id(), guid or str(uuid.uuid4()), event, payload, guid is not None, world.time())
        hook.deliveries.insert(0, made)
        self._waiting.put(lambda: self._send(hook, made))
        return made

    def _whole(self, repo: Repository, payload: dict[str, Any], sender: str) -> dict[str, Any]:
        shown = views.repository(self._world, repo)
        return {**payload, "repository": shown, "sender": views.user(self._world, sender)}

    def _run(self) -> None:
        while (send := self._waiting.get()) is not None:
            send()

    def _send(self, hook: Hook, made: Delivery) -> None:
        url = urlsplit(hook.config["url"])
        text = json.dumps(made.payload)
        form = hook.config.get("content_type") == "form"
        body = (urlencode({"payload": text}) if form else text).encode()
        made.request = {
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "GitHub-Hookshot/rehearsal",
            "X-GitHub-Delivery": made.guid,
            "X-GitHub-Event": made.event,
            "X-GitHub-Hook-ID": str(hook.id),
        }
        if secret := hook.config.get("secret"):
            for name, digest in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
                signed = hmac.new(secret.encode(), body, digest).hexdigest()
                made.request[name] = f"{digest}={signed}"
        if url.hostname not in LOOPBACK or url.scheme != "http":
            made.status = "failed to connect to host: a rehearsal sends to http on loopback alone"
            return
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=_SECONDS)
        try:
            path = quote(url.path or "/", safe="/%") + (f"?{url.query}" if url.query else "")
            connection.request("POST", path, body, made.request)
            answer = connection.getresponse()
            made.answer = answer.read(65536).decode(errors="replace")
            made.response = dict(answer.getheaders())
            made.code = answer.status
            made.status = "OK" if answer.status < 400 else f"Invalid HTTP Response: {answer.status}"
        except (OSError, http.client.HTTPException) as error:
            made.status = f"failed to connect to host: {error}"
            log.warning("%s to %s: %s", made.event, hook.config["url"], error)
        finally:
            connection.close()
