"""Webhooks: really sent, signed, kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.rehearsal.aws.emulator import wait_for
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


class Receiver:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def events(self) -> list[str]:
        return [headers["X-GitHub-Event"] for headers, _ in self.got]

    def end(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.end()


def test_sent_signed_and_kept(hub: GitHub, receiver: Receiver) -> None:
    repo = hub.repository()
    config = {"url": receiver.url, "content_type": "json", "secret": "known to both"}
    hook = repo.create_hook("web", config, ["push", "deployment_status", "pull_request"])
    assert hook.config["secret"] == "********"
    folder = hub.clone()
    (folder / "x").write_text("x")
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", "More", folder=folder)
    hub.git("push", "-q", "origin", "HEAD:main", folder=folder)
    repo.create_deployment("main").create_status("success")
    wait_for(lambda: len(receiver.got) == 3, seconds=5, every=0.01)
    assert receiver.events() == ["ping", "push", "deployment_status"]
    for headers, body in receiver.got:
        signed = hmac.new(b"known to both", body, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={signed}"
    push = json.loads(receiver.got[1][1])
    assert (push["ref"], push["after"]) == ("refs/heads/main", hub.head())
    assert push["repository"]["full_name"] == f"{hub.org}/shop"
    assert push["sender"]["login"] == hub.ada
    sent = hub.ok("GET", f"R/hooks/{hook.id}/deliveries")
    assert [one["event"] for one in sent] == ["deployment_status", "push", "ping"]
    wait_for(lambda: hub.ok("GET", f"R/hooks/{hook.id}/deliveries")[0]["status_code"] == 202, seconds=5, every=0.01)
    whole = hub.ok("GET", f"R/hooks/{hook.id}/deliveries/{sent[1]['id']}")
    assert whole["request"]["payload"]["after"] == hub.head()
    assert whole["response"]["payload"] == "thanks"
    assert hub.call("POST", f"R/hooks/{hook.id}/deliveries/{sent[1]['id']}/attempts").status_code == 202
    wait_for(lambda: len(receiver.got) == 4, seconds=5, every=0.01)
    assert receiver.got[3][0]["X-GitHub-Delivery"] == receiver.got[1][0]["X-GitHub-Delivery"]


def test_every_way_a_branch_moves_is_a_push(hub: GitHub, receiver: Receiver) -> None:
    hub.ok("POST", "R/hooks", {"config": {"url": receiver.url, "content_type": "json"}, "events": ["push", "create"]})
    repo = hub.repository()
    repo.create_git_ref("refs/heads/feature", hub.head())
    repo.create_file("a", "Write a", "a", branch="feature")
    repo.create_pull(base="main", head="feature", title="A", body="").merge()
    wait_for(lambda: len(receiver.got) == 5, seconds=5, every=0.01)
    assert receiver.events() == ["ping", "create", "push", "push", "push"]
    written, merged = (json.loads(body) for _, body in receiver.got[3:])
    assert (written["ref"], [one["message"] for one in written["commits"]]) == ("refs/heads/feature", ["Write a"])
    assert (merged["ref"], merged["after"]) == ("refs/heads/main", hub.head())


def test_forms_changes_and_silence(hub: GitHub, receiver: Receiver) -> None:
    made = hub.ok("POST", "R/hooks", {"config": {"url": receiver.url}, "events": ["issues"]})
    hub.ok("POST", "R/issues", {"title": "x"})
    wait_for(lambda: receiver.events() == ["ping", "issues"], seconds=5, every=0.01)
    assert receiver.got[1][1].startswith(b"payload=%7B%22action%22%3A+%22opened%22")
    assert "X-Hub-Signature-256" not in receiver.got[1][0]
    changed = hub.ok("PATCH", f"R/hooks/{made['id']}", {"active": False, "add_events": ["push"]})
    assert (changed["active"], changed["events"]) == (False, ["issues", "push"])
    hub.ok("POST", "R/issues", {"title": "y"})
    assert len(receiver.got) == 2
    assert hub.call("DELETE", f"R/hooks/{made['id']}").status_code == 204
    assert hub.ok("GET", "R/hooks") == []


def test_nothing_leaves_the_machine(hub: GitHub) -> None:
    made = hub.ok("POST", "R/hooks", {"config": {"url": "https://example.com/hook"}})
    (sent,) = hub.ok("GET", f"R/hooks/{made['id']}/deliveries")
    wait_for(lambda: hub.ok("GET", f"R/hooks/{made['id']}/deliveries")[0]["status"] != "pending", seconds=5, every=0.01)
    whole = hub.ok("GET", f"R/hooks/{made['id']}/deliveries/{sent['id']}")
    assert whole["status"] == "failed to connect to host: a rehearsal sends to http on loopback alone"


def test_what_is_refused(hub: GitHub, receiver: Receiver) -> None:
    body = {"config": {"url": receiver.url}, "events": ["push"]}
    hub.ok("POST", "R/hooks", body)
    twice = hub.call("POST", "R/hooks", body)
    assert twice.json()["errors"][0]["message"] == "Hook already exists on this repository"
    wrong = hub.call("POST", "R/hooks", {"config": {"url": receiver.url}, "events": ["bang"]})
    assert wrong.json()["errors"][0]["message"] == 'Invalid event: "bang"'
    assert hub.call("POST", "R/hooks", {"config": {}}).status_code == 422
    assert hub.call("GET", "R/hooks", token=f"ghp_{hub.ben}").status_code == 403
