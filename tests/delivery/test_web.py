"""The web, asked about a server of our own on the loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from delivery.web import PublicWeb

pytestmark = pytest.mark.process


class Answers(BaseHTTPRequestHandler):
    """Redirects, fails, is long, is late on wish; says what it was asked for, which tells a proxy."""

    def do_GET(self) -> None:
        status = {"/moved": 302, "/broken": 500}.get(self.path, 200)
        body = b"x" * 10_000 if self.path == "/long" else f"asked for {self.path}".encode()
        if self.path == "/late":
            time.sleep(1)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for piece in body if self.path == "/drips" else [body]:
                self.wfile.write(piece if isinstance(piece, bytes) else bytes([piece]))
                time.sleep(0.2 if self.path == "/drips" else 0)
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


def test_answers_come_in_order_and_redirects_are_answers(server: str) -> None:
    found = PublicWeb().get([f"{server}{path}" for path in ("/", "/moved", "/broken", "/long")], 5)
    assert [answer["status"] for answer in found] == [200, 302, 500, 200]
    assert [answer["body"] for answer in found][:3] == ["asked for /", "asked for /moved", "asked for /broken"]
    assert len(found[3]["body"]) == 4096
    assert {answer["error"] for answer in found} == {""}


def test_what_does_not_answer_in_time_or_at_all_is_an_error(server: str) -> None:
    late, drips, nobody, nothing = PublicWeb().get(
        [f"{server}/late", f"{server}/drips", "http://127.0.0.1:1/", "x"], 0.5
    )
    assert {answer["status"] for answer in (late, drips, nobody, nothing)} == {None}
    assert "timed out" in late["error"]
    assert "timed out" in drips["error"]
    assert "refused" in nobody["error"]
    assert nothing["error"]


def test_the_proxies_of_the_environment_are_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.setenv("no_proxy", "")
    (answer,) = PublicWeb().get(["http://shop.invalid/health"], 5)
    assert (answer["status"], answer["body"]) == (200, "asked for http://shop.invalid/health")
