"""Who is told of going back and of a promotion, what they read, and that nothing that fails shows a credential."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from delivery.notices import Notice, Notices, Post, Tell
from tests.delivery.fake_clients import AwsError

ADDRESS = "https://hooks.example/services/hunter2"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:shop"
EVERYBODY = Tell(webhook="shop/chat", topic=TOPIC, issues="acme/shop")
NOTICE = Notice(
    act="rollback",
    environment="production",
    version="1.7.4",
    before="1.8.0",
    who="ada",
    why="checkout slow, password=hunter2",
    release="00000007",
)
ISSUE = "https://github.com/acme/shop/issues/7"


class Outside:
    """Secrets Manager, SNS and the web."""

    def __init__(self) -> None:
        self.secret = ADDRESS
        self.published: list[Mapping[str, str]] = []
        self.posted: list[tuple[str, Mapping[str, str], Mapping[str, Any]]] = []
        self.answer: tuple[int, bytes] = (201, json.dumps({"html_url": ISSUE}).encode())
        self.broken: Exception | None = None

    def client(self, name: str) -> Any:
        assert name in ("secretsmanager", "sns")
        return self

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        assert SecretId == "shop/chat"
        return {"SecretString": f"{self.secret}\n"}

    def publish(self, **wish: str) -> None:
        if isinstance(self.broken, AwsError):
            raise self.broken
        self.published.append(wish)

    def post(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> tuple[int, bytes]:
        if self.broken is not None:
            raise self.broken
        self.posted.append((url, headers, body))
        return self.answer

    def notices(self, tell: Tell = EVERYBODY, **environ: str) -> Notices:
        return Notices(tell, self.client, environ, self.post)


@pytest.fixture
def outside() -> Outside:
    return Outside()


def test_everybody_reads_what_was_done_and_where_it_is_written_down(outside: Outside) -> None:
    told = outside.notices(GITHUB_TOKEN="t0ken").tell(NOTICE)
    assert (told.where, told.problems) == (["the chat", f"topic {TOPIC}", ISSUE], [])
    subject = "production was taken back to 1.7.4 (before: 1.8.0)"
    text = (
        f"{subject}\nWho: ada\nWhy: checkout slow, password=***\nWhat serves: ./slipway status -s production\n"
        "Record: ./slipway history -s production --of 00000007"
    )
    assert outside.published == [{"TopicArn": TOPIC, "Subject": subject, "Message": text}]
    chat, issue = outside.posted
    assert chat == (ADDRESS, {}, {"text": text})
    assert issue[0] == "https://api.github.com/repos/acme/shop/issues"
    assert issue[1]["Authorization"] == "Bearer t0ken"
    assert issue[2] == {"title": subject, "body": text, "labels": ["incident"]}


@pytest.mark.parametrize(
    ("notice", "subject"),
    [
        (replace(NOTICE, cause="the update failed"), "production could not be taken back to 1.7.4 (before: 1.8.0)"),
        (replace(NOTICE, act="promote", version="1.9.0"), "production got 1.9.0 (before: 1.8.0)"),
        (replace(NOTICE, act="promote", before="", cause="it rang"), "production did not get 1.7.4"),
        (replace(NOTICE, before="1.7.4"), "production was taken back to 1.7.4"),
    ],
)
def test_the_first_line_says_how_it_ended(notice: Notice, subject: str) -> None:
    assert notice.subject == subject


def test_what_failed_and_what_is_not_well_is_told() -> None:
    text = replace(NOTICE, cause="token=abc is out", health=("api: 1 of 2 tasks run",)).text
    assert "Failed: token=*** is out\nNot well: api: 1 of 2 tasks run\n" in text


def test_a_promotion_opens_no_issue(outside: Outside) -> None:
    told = outside.notices(GITHUB_TOKEN="t").tell(replace(NOTICE, act="promote"))
    assert told.where == ["the chat", f"topic {TOPIC}"]


def test_nobody_is_told_where_nobody_is_named(outside: Outside) -> None:
    told = outside.notices(Tell(), GITHUB_TOKEN="t").tell(NOTICE)
    assert (told.where, told.problems, outside.posted, outside.published) == ([], [], [], [])


def test_an_issue_needs_a_token_and_goes_where_github_is(outside: Outside) -> None:
    tell = Tell(issues="acme/shop")
    assert outside.notices(tell).tell(NOTICE).problems == [
        "issues of acme/shop: there is no GITHUB_TOKEN to open one with"
    ]
    outside.notices(tell, GH_TOKEN="t", GITHUB_API_URL="http://hub").tell(NOTICE)
    assert outside.posted[0][0] == "http://hub/repos/acme/shop/issues"


def test_in_a_workflow_the_job_that_may_write_opens_the_issue(outside: Outside) -> None:
    tell = Tell(issues="acme/shop")
    told = outside.notices(tell, GITHUB_ACTIONS="true").tell(NOTICE)
    assert (told.where, told.problems, outside.posted) == ([], [], [])
    outside.notices(tell, GITHUB_ACTIONS="true", GITHUB_TOKEN="t").tell(NOTICE)
    assert len(outside.posted) == 1


def test_what_fails_hides_nobody_else_and_shows_no_address(outside: Outside) -> None:
    outside.broken = ValueError(f"unknown url type: {ADDRESS}")
    told = outside.notices(GITHUB_TOKEN="t0ken").tell(NOTICE)
    assert told.where == [f"topic {TOPIC}"]
    assert told.problems == [
        "the chat: the address in secret shop/chat: ValueError",
        "issues of acme/shop: GitHub could not be reached: ValueError",
    ]
    assert "hunter2" not in str(told)


def test_answers_that_say_no_are_problems(outside: Outside) -> None:
    outside.answer = (403, b'{"message": "Resource not accessible by integration"}')
    assert outside.notices(GITHUB_TOKEN="t").tell(NOTICE).problems == [
        "the chat: the address in secret shop/chat answered 403",
        "issues of acme/shop: GitHub answered 403: Resource not accessible by integration",
    ]
    outside.answer = (502, b"<html>")
    assert outside.notices(GITHUB_TOKEN="t").tell(NOTICE).problems[1] == "issues of acme/shop: GitHub answered 502: "


def test_aws_that_refuses_is_a_problem(outside: Outside) -> None:
    outside.broken = AwsError("AuthorizationError")
    (problem,) = outside.notices(Tell(topic=TOPIC)).tell(NOTICE).problems
    assert problem.startswith(f"topic {TOPIC}: ")


def test_a_subject_is_as_long_as_sns_takes() -> None:
    assert len(replace(NOTICE, version="1" * 200).subject) == 99


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/x"])
def test_only_the_web_is_posted_to(address: str) -> None:
    with pytest.raises(ValueError, match="no address of the web"):
        Post()(address, {}, {})


@pytest.mark.process
@pytest.mark.parametrize("status", [201, 403])
def test_what_is_posted_arrives_and_every_status_is_an_answer(status: int) -> None:
    heard: list[tuple[str | None, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers["Authorization"], self.headers["Content-Type"], body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"html_url": "x"}')

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.handle_request)
    thread.start()
    try:
        answer = Post()(f"http://127.0.0.1:{server.server_port}/", {"Authorization": "Bearer t"}, {"text": "hello"})
    finally:
        thread.join(10)
        server.server_close()
    assert answer == (status, b'{"html_url": "x"}')
    assert heard == [("Bearer t", "application/json", b'{"text": "hello"}')]
