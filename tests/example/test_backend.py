"""The example application answers as its health check, its checks and its users expect."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from example.backend.service.__main__ import named
from example.backend.service.dependencies import Dependency
from example.backend.service.pages import Page, Shop
from example.backend.service.server import Server

pytestmark = pytest.mark.process

BACKEND = Path(__file__).resolve().parents[2] / "example" / "backend"
SHOP = Shop("1.2.3")


@contextmanager
def serving(shop: Shop, **options: str) -> Iterator[Server]:
    with Server(0, shop, **options) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def get(server: Server, path: str) -> tuple[int, dict[str, str], dict[str, Any], bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
            body = answer.read()
            return answer.status, dict(answer.headers), json.loads(body), body
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.loads(error.read()), b""


@pytest.mark.parametrize(("target", "greeting"), [("/", "Hello, world!"), ("/?name=Ada", "Hello, Ada!")])
def test_it_greets(target: str, greeting: str) -> None:
    assert SHOP.page(target) == Page({"greeting": greeting, "version": "1.2.3"})


def test_answers_name_the_edition_behind_the_version() -> None:
    assert (named("1.8.0", ""), named("1.8.0", "summer")) == ("1.8.0", "1.8.0+summer")


def test_version_and_unknown_pages() -> None:
    assert SHOP.page("/version").content == {"version": "1.2.3"}
    lost = SHOP.page("/nowhere")
    assert (lost.status, lost.content["pages"]) == (404, ["/", "/health", "/version"])


def test_without_dependencies_it_is_healthy_and_says_so() -> None:
    page = SHOP.page("/health")
    assert (page.status, page.content["healthy"], page.content["dependencies"]) == (200, True, [])


def test_health_has_one_entry_per_dependency() -> None:
    with socket.create_server(("127.0.0.1", 0)) as up, socket.create_server(("127.0.0.1", 0)) as gone:
        down = gone.getsockname()[1]
        gone.close()
        text = f"database=tcp://127.0.0.1:{up.getsockname()[1]} stock=tcp://127.0.0.1:{down}"
        page = Shop("1.2.3", Dependency.parse_all(text)).page("/health")
    assert page.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert page.content["dependencies"] == [
        {"name": "database", "healthy": True},
        {"name": "stock", "healthy": False, "problem": "Connection refused"},
    ]


@pytest.mark.parametrize("word", ["database", "database=http://x:1", "=tcp://x:1", "database=tcp://x"])
def test_a_dependency_that_cannot_be_read_stops_the_start(word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"expected name=tcp://host:port, got {word!r}")):
        Dependency.parse_all(word)


def test_every_answer_names_its_version_and_is_signed() -> None:
    with serving(SHOP, signing_key="abc") as server:
        status, headers, _, body = get(server, "/")
        assert (status, headers["X-Version"]) == (200, "1.2.3")
        assert headers["X-Signature"] == hmac.new(b"abc", body, hashlib.sha256).hexdigest()
        assert get(server, "/nowhere")[1]["X-Version"] == "1.2.3"


def test_an_error_answers_500_and_the_service_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(Shop):
        def greeting(self, query: Any) -> Page:
            raise KeyError("currency")

    with serving(Broken("1.2.3")) as server:
        status, headers, content, _ = get(server, "/")
        assert (status, headers["X-Version"], content) == (500, "1.2.3", {"error": "something went wrong here"})
        assert get(server, "/health")[0] == 200
    assert "KeyError('currency')" in capsys.readouterr().err


def test_leaving_answers_what_is_under_way() -> None:
    entered, answers = threading.Event(), []

    class Slow(Shop):
        def greeting(self, query: Any) -> Page:
            entered.set()
            time.sleep(0.04)
            return super().greeting(query)

    with Server(0, Slow("1.2.3")) as server:
        serve = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        serve.start()
        ask = threading.Thread(target=lambda: answers.append(get(server, "/")[0]))
        ask.start()
        assert entered.wait(2)
        server.leave(drain=0.0)
        serve.join(2)
    ask.join(2)
    assert answers == [200]


def test_the_image_is_multi_stage_and_not_root() -> None:
    dockerfile = (BACKEND / "Dockerfile").read_text()
    assert dockerfile.count("FROM ${BASE_IMAGE}") == 2
    assert re.search(r"^USER (?!0)\d+", dockerfile, re.MULTILINE)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", (BACKEND / "VERSION").read_text())
