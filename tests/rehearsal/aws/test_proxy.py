"""The forward proxy, in front of a gateway that tells what reached it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import h11
import pytest

from rehearsal.aws import certificates
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.proxy.server import Proxy
from rehearsal.aws.proxy.upstream import Upstream
from rehearsal.aws.world import World

pytestmark = pytest.mark.process

ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
BALANCER = "shop-1.eu-central-1.elb.amazonaws.com"
LOGIN = "Basic " + base64.b64encode(b"AWS:token").decode()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: Any) -> Any:
    return certificates.issue(tmp_path_factory.mktemp("issued"), [ECR, "*.eu-central-1.elb.amazonaws.com"])


async def gateway(reader: Any, writer: Any) -> None:
    """Answers each request with what it was, as chunks, and keeps the connection if it may."""
    connection = h11.Connection(h11.SERVER)

    async def event() -> Any:
        while (found := connection.next_event()) is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        return found

    while isinstance(request := await event(), h11.Request):
        if request.target == b"/v2/dropped":
            return
        size = 0
        while isinstance(part := await event(), h11.Data):
            size += len(part.data)
        assert isinstance(part, h11.EndOfMessage)
        seen = {
            "method": request.method.decode(),
            "target": request.target.decode(),
            "headers": {name.decode(): value.decode() for name, value in request.headers},
            "size": size,
        }
        head = h11.Response(status_code=200, headers=[("Transfer-Encoding", "chunked")])
        writer.write(connection.send(head))
        for chunk in (json.dumps(seen).encode()[:10], json.dumps(seen).encode()[10:]):
            writer.write(connection.send(h11.Data(data=chunk)))
        writer.write(connection.send(h11.EndOfMessage()))
        if connection.our_state is not h11.DONE:
            break
        connection.start_next_cycle()


class Client:
    """One connection to the proxy."""

    def __init__(self, port: Any) -> None:
        self.port = port
        self.protocol: Any = None

    async def __aenter__(self) -> Any:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def connect(self, target: Any, context: Any = None) -> Any:
        """CONNECT; the status, and TLS above it where a context is given."""
        self.writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        status = int((await self.reader.readuntil(b"\r\n\r\n")).split()[1])
        if status == 200 and context:
            await self.writer.start_tls(context, server_hostname=target.rpartition(":")[0])
        return status

    async def ask(self, method: Any, target: Any, headers: Any = (), body: Any = ()) -> Any:
        """One request on this connection: status, headers, body."""
        if self.protocol is None:
            self.protocol = h11.Connection(h11.CLIENT)
        else:
            self.protocol.start_next_cycle()
        self.writer.write(self.protocol.send(h11.Request(method=method, target=target, headers=list(headers))))
        for part in body:
            self.writer.write(self.protocol.send(h11.Data(data=part)))
        self.writer.write(self.protocol.send(h11.EndOfMessage()))
        await self.writer.drain()
        content = b""
        response: Any = None
        while not isinstance(event := await self.event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                content += bytes(event.data)
        return response.status_code, dict(response.headers), content

    async def event(self) -> Any:
        while (found := self.protocol.next_event()) is h11.NEED_DATA:
            self.protocol.receive_data(await self.reader.read(65536))
        return found


def run(issued: Any, story: Any, upstream: Any = None) -> None:
    """Play `story(client factory, TLS context of a client that trusts us, port of the gateway)` against a proxy."""

    async def play() -> None:
        async with serving(gateway) as behind:
            world = World(
                clock=ManualClock(),
                account="111122223333",
                region="eu-central-1",
                port=behind,
                proxy_port=0,
                home=Path(),
                label="a=b",
            )
            proxy = Proxy(world, issued.server_context(), {"10.0.0.7": BALANCER}.get, upstream)
            port = await proxy.start()
            context = ssl.create_default_context(cafile=issued.authority)
            try:
                await story(lambda: Client(port), context, behind)
            finally:
                await proxy.stop()

    asyncio.run(play())


@contextlib.asynccontextmanager
async def serving(handler: Any, port: Any = 0) -> AsyncIterator[Any]:
    """A server whose connections are all over when the block is; its port."""
    tasks = set()

    def accept(reader: Any, writer: Any) -> None:
        async def handle() -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

        tasks.add(asyncio.create_task(handle()))

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_ecr_asks_for_its_login(issued: Any) -> None:
    async def story(client: Any, context: Any, _: Any) -> None:
        async with client() as one:
            await one.connect(f"{ECR}:443", context)
            status, headers, _ = await one.ask("GET", "/v2/", [("Host", ECR)])
            assert status == 401
            assert headers[b"www-authenticate"] == f'Basic realm="https://{ECR}/",service="ecr.amazonaws.com"'.encode()
            wrong = "Basic " + base64.b64encode(b"me:token").decode()
            assert (await one.ask("GET", "/v2/", [("Host", ECR), ("Authorization", wrong)]))[0] == 401
            status, _, body = await one.ask("GET", "/v2/x?y=1", [("Host", ECR), ("Authorization", LOGIN)])
            assert status == 200
            assert json.loads(body)["target"] == "/v2/x?y=1"

    run(issued, story)


def test_who_is_refused_a_look_may_ask_again_on_the_same_connection(issued: Any) -> None:
    """Go takes such a connection for idle: an upload that it sends just as it is closed fails with a bare "EOF"."""

    async def story(client: Any, context: Any, _: Any) -> None:
        async with client() as one:
            await one.connect(f"{ECR}:443", context)
            status, headers, body = await one.ask("HEAD", "/v2/x/manifests/1", [("Host", ECR)])
            assert (status, body) == (401, b"")
            assert int(headers[b"content-length"]) > 0
            assert (await one.ask("GET", "/v2/x", [("Host", ECR), ("Authorization", LOGIN)]))[0] == 200

    run(issued, story)


def test_large_and_chunked_uploads_arrive_whole(issued: Any) -> None:
    async def story(client: Any, context: Any, _: Any) -> None:
        login = [("Host", ECR), ("Authorization", LOGIN)]
        async with client() as one:
            await one.connect(f"{ECR}:443", context)
            for framing in (("Transfer-Encoding", "chunked"), ("Content-Length", str(5_000_000))):
                _, _, body = await one.ask("PUT", "/v2/x", [*login, framing], [b"x" * 1_000_000] * 5)
                assert json.loads(body)["size"] == 5_000_000

    run(issued, story)


def test_who_is_left_without_an_answer_is_told_and_may_ask_again(issued: Any) -> None:
    async def story(client: Any, context: Any, _: Any) -> None:
        login = [("Host", ECR), ("Authorization", LOGIN)]
        async with client() as one:
            await one.connect(f"{ECR}:443", context)
            upload = [*login, ("Content-Length", "1000")]
            assert (await one.ask("PUT", "/v2/dropped", upload, [b"x" * 1000]))[0] == 502
            assert (await one.ask("GET", "/v2/x", login))[0] == 200

    run(issued, story)


def test_a_load_balancer_by_name(issued: Any) -> None:
    async def story(client: Any, *_: Any) -> None:
        async with client() as one:
            for _again in range(2):
                _, _, body = await one.ask("GET", f"http://{BALANCER}:8080/health?a=b", [("Host", f"{BALANCER}:8080")])
                seen = json.loads(body)
                assert seen["target"] == "/health?a=b"
                assert seen["headers"]["host"] == f"{BALANCER}:8080"
                assert seen["headers"]["x-rehearsal-listener"] == f"{BALANCER}:8080"

    run(issued, story)


def test_a_load_balancer_by_address_keeps_the_host_it_was_given(issued: Any) -> None:
    async def story(client: Any, *_: Any) -> None:
        async with client() as one:
            headers = [("Host", "shop.example"), ("Proxy-Connection", "keep-alive")]
            _, _, body = await one.ask("POST", "http://10.0.0.7/", [*headers, ("Content-Length", "2")], [b"ab"])
            seen = json.loads(body)
            assert (seen["method"], seen["target"], seen["size"]) == ("POST", "/", 2)
            assert seen["headers"]["host"] == "shop.example"
            assert seen["headers"]["x-rehearsal-listener"] == f"{BALANCER}:80"
            assert "proxy-connection" not in seen["headers"]

    run(issued, story)


def test_a_load_balancer_over_tls(issued: Any) -> None:
    async def story(client: Any, context: Any, _: Any) -> None:
        async with client() as one:
            await one.connect(f"{BALANCER}:443", context)
            _, _, body = await one.ask("GET", "/", [("Host", BALANCER)])
            assert json.loads(body)["headers"]["x-rehearsal-listener"] == f"{BALANCER}:443"

    run(issued, story)


def test_other_hosts_are_tunnelled(issued: Any) -> None:
    async def story(client: Any, _: Any, port: Any) -> None:
        async with client() as one:
            assert await one.connect(f"127.0.0.1:{port}") == 200
            _, _, body = await one.ask("GET", "/through", [("Host", "x")])
            assert json.loads(body)["target"] == "/through"

    run(issued, story)


def test_a_host_that_refuses_is_a_502(issued: Any) -> None:
    async def story(client: Any, *_: Any) -> None:
        async with client() as one:
            assert await one.connect("127.0.0.1:1") == 502
        async with client() as one:
            assert (await one.ask("GET", "http://127.0.0.1:1/", [("Host", "x")]))[0] == 502

    run(issued, story)


def test_the_environments_own_proxy_comes_next(issued: Any) -> None:
    asked = []

    async def story(client: Any, _: Any, port: Any) -> None:
        async def proxy(reader: Any, writer: Any) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(
                b"HTTP/1.1 200 OK\r\n\r\n" if asked[-1].startswith(b"CONNECT good") else b"HTTP/1.1 403 No\r\n\r\n"
            )
            writer.write(await reader.read(100))

        async with serving(proxy, upstream_port):
            async with client() as one:
                assert await one.connect("good.example:443") == 200
                one.writer.write(b"hello")
                assert await one.reader.read(100) == b"hello"
            async with client() as one:
                assert await one.connect("bad.example:443") == 502
            async with client() as one:
                assert await one.connect(f"127.0.0.1:{port}") == 200

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        upstream_port = probe.getsockname()[1]
    run(issued, story, Upstream("127.0.0.1", upstream_port, b"Basic eDp5", ("127.0.0.1",)))
    assert len(asked) == 2
    assert b"Proxy-Authorization: Basic eDp5" in asked[0]


class TestUpstream:
    def test_none(self) -> None:
        assert Upstream.of({}) is None

    def test_with_a_name_and_a_password(self) -> None:
        found = Upstream.of({"https_proxy": "http://me:secret@proxy.example:3128"})
        assert found is not None
        assert (found.host, found.port, found.authorization) == ("proxy.example", 3128, b"Basic bWU6c2VjcmV0")

    def test_without_a_scheme(self) -> None:
        found = Upstream.of({"HTTPS_PROXY": "proxy.example:3128"})
        assert found is not None
        assert found.host == "proxy.example"

    @pytest.mark.parametrize(
        ("host", "served"), [("a.example", False), ("b.a.example", False), ("ba.example", True), ("localhost", False)]
    )
    def test_hosts_it_is_not_used_for(self, host: Any, served: Any) -> None:
        upstream = Upstream.of({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost, .a.example"})
        assert upstream is not None
        assert upstream.serves(host) is served
