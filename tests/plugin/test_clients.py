"""AWS clients of a place: made when they are used, and their answers tell the time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from delivery.clock import Clock
from plugin.clients import AwsClients, Place


class Ecs(BaseHTTPRequestHandler):
    """Refuses everything, at a known time."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"__type": "ClusterNotFoundException", "message": "Cluster not found."}).encode()
        self.send_response_only(400)
        self.send_header("Date", "Fri, 02 Jan 2026 12:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Ecs)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_even_a_refusal_tells_the_time(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    clock = Clock()
    clients: Any = AwsClients(Place(region="eu-central-1", account="111122223333", endpoint=endpoint), clock)
    with pytest.raises(clients.ecs.exceptions.ClusterNotFoundException):
        clients.ecs.describe_services(cluster="shop", services=["api"])
    assert clock.stamp() == "2026-01-02T12:00:00Z"
    assert clients.ecs is clients.ecs


def test_there_is_no_client_that_nobody_needs() -> None:
    clients: Any = AwsClients(Place(), Clock())
    with pytest.raises(AttributeError):
        _ = clients.dynamodb
