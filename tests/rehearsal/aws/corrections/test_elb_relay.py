"""Requests to targets."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from ministack.services import alb

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import elb_relay, elb_target_health
from rehearsal.aws.corrections.elb_relay import Relay
from rehearsal.aws.corrections.elb_targets import Targets

pytestmark = pytest.mark.process


class Setup:
    """A target group with one target, and what reached it."""

    def __init__(self, binding: Any, ministack: Any) -> None:
        self.targets = Targets(ManualClock())
        self.relay = Relay(self.targets)
        self.served: list[Any] = []
        self.relay.observers.append(self.served.append)
        elb_target_health.apply(binding, self.targets)
        elb_relay.apply(binding, self.relay)
        self.group = group(ministack)

    async def ask(self, answer: Any, method: Any = "GET", body: Any = b"", headers: Any = None) -> Any:
        """One request to a target that answers with these bytes; status, headers, body and what the target got."""
        got = []

        async def serve(reader: Any, writer: Any) -> None:
            got.append(await reader.readuntil(b"\r\n\r\n"))
            length = next((int(line[15:]) for line in got[0].split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
            got[0] += await reader.readexactly(length)
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            self.register("127.0.0.1", server.sockets[0].getsockname()[1])
            sent = headers or {"host": "lb"}
            status, fields, content = await alb._forward_to_tg(
                self.group, method, "/a b", sent, body, {}, "q=1", "/a%20b"
            )
            return status, fields, await read(content), got[0] if got else b""

    def register(self, address: Any, port: Any) -> None:
        self.targets.sync(self.group, [(address, port)])
        for target in self.targets.of(self.group):
            target.state = "healthy"


def group(ministack: Any) -> Any:
    made = ministack.client("elbv2").create_target_group(
        Name="blue", Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip"
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


async def read(content: Any) -> Any:
    """The body, and whether its end was said."""
    if isinstance(content, bytes):
        return content, True
    parts, ended = [], False

    async def send(message: Any) -> None:
        nonlocal ended
        parts.append(message["body"])
        ended = ended or not message["more_body"]

    await content.runner(send, asyncio.Event().wait)
    return b"".join(parts), ended


@pytest.fixture
def setup(binding: Any, ministack: Any) -> Any:
    return Setup(binding, ministack)


def test_stock_ministack_holds_a_thread_per_request(ministack: Any) -> None:
    arn = group(ministack)
    threads: list[Any] = []

    async def ask() -> None:
        async def serve(reader: Any, writer: Any) -> None:
            await reader.readuntil(b"\r\n\r\n")
            threads.extend(thread.name for thread in threading.enumerate())
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            alb._targets[arn] = [{"Id": "127.0.0.1", "Port": server.sockets[0].getsockname()[1]}]
            _, _, content = await alb._forward_to_tg(arn, "GET", "/", {}, b"", {})
            assert await read(content) == (b"", True)

    asyncio.run(ask())
    assert any(name.startswith("asyncio_") for name in threads)


def test_stock_ministack_sends_requests_to_dead_targets(ministack: Any) -> None:
    arn = group(ministack)
    alb._targets[arn] = [{"Id": "127.0.0.9", "Port": 1}]
    status, _, _ = asyncio.run(alb._forward_to_tg(arn, "GET", "/", {}, b"", {}))
    assert status == 502


def test_a_request_reaches_the_target_as_it_was_sent(setup: Any) -> None:
    answer = b"HTTP/1.1 201 Created\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok"
    status, fields, body, got = asyncio.run(setup.ask(answer, "POST", b"body", {"host": "lb", "connection": "close"}))
    assert (status, body) == (201, (b"ok", True))
    assert fields["set-cookie"] == ["a=1", "b=2"]
    assert got.startswith(b"POST /a%20b?q=1 HTTP/1.1\r\n")
    assert got.endswith(b"\r\n\r\nbody")


def test_a_chunked_answer_arrives_whole(setup: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    _, fields, body, _ = asyncio.run(setup.ask(answer))
    assert body == (b"abcde", True)
    assert "transfer-encoding" not in fields


def test_a_body_that_breaks_off_is_not_ended(setup: Any) -> None:
    _, _, body, _ = asyncio.run(setup.ask(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
    assert body == (b"abc", False)


def test_a_target_that_closes_without_an_answer_is_a_502(setup: Any) -> None:
    status, _, _, _ = asyncio.run(setup.ask(b""))
    assert status == 502


def test_a_target_that_refuses_is_a_502_and_not_tried_again(setup: Any) -> None:
    setup.register("127.0.0.9", 1)
    status, _, _ = asyncio.run(alb._forward_to_tg(setup.group, "GET", "/", {"host": "lb"}, b"", {}))
    assert status == 502
    assert [(served.status, served.by_target, served.connected) for served in setup.served] == [(502, False, False)]


def test_without_a_healthy_target_there_is_a_503(setup: Any) -> None:
    status, _, _ = asyncio.run(alb._forward_to_tg(setup.group, "GET", "/", {"host": "lb"}, b"", {}))
    assert status == 503


def test_a_target_that_does_not_answer_in_time_is_a_504(setup: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alb, "TARGET_IDLE_TIMEOUT", 0.02)

    async def ask() -> Any:
        waiting = asyncio.Event()

        async def say_nothing(reader: Any, writer: Any) -> None:
            await waiting.wait()
            writer.close()

        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        async with server:
            setup.register("127.0.0.1", server.sockets[0].getsockname()[1])
            answer = await alb._forward_to_tg(setup.group, "GET", "/", {"host": "lb"}, b"", {})
            waiting.set()
            await asyncio.sleep(0)
            return answer

    assert asyncio.run(ask())[0] == 504


def test_every_request_is_given_back(setup: Any) -> None:
    for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", b"nonsense\r\n\r\n"):
        asyncio.run(setup.ask(answer))
    assert [target.in_flight for target in setup.targets.of(setup.group)] == [0]


def test_the_observers_hear_of_the_targets_answer(setup: Any) -> None:
    asyncio.run(setup.ask(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
    (served,) = setup.served
    assert (served.group, served.status, served.by_target) == (setup.group, 404, True)
    assert 0 < served.seconds < 1
