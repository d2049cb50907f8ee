"""The one endpoint: load balancers by their host name, our own services by their target header, MiniStack for the rest.

It stands before MiniStack because MiniStack answers some paths itself (`/health` with 200) whatever the host is: a
health check through a load balancer would always pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qs

import ministack.app as ministack
from hypercorn.protocol.events import StreamClosed
from ministack.core.responses import StreamingResponse, request_scope
from ministack.services import alb

from rehearsal.aws.accounts import caller
from rehearsal.aws.clock import http_date
from rehearsal.aws.control import Control
from rehearsal.aws.distance import away
from rehearsal.aws.iam.call import Call as Made
from rehearsal.aws.iam.guard import Owned, refused
from rehearsal.aws.trouble import Call, Rule
from rehearsal.aws.world import World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

VIA = b"x-rehearsal-listener"
"""Set by our proxy for requests to a load balancer's address: `<dns name>:<listener port>`; never forwarded."""

_PRODUCTION_PORTS = (80, 443)


class JsonService(Protocol):
    """One of our own services: an AWS JSON API named by the first half of `X-Amz-Target`."""

    target_prefix: str
    iam_prefix: str
    """Of its actions in policies, such as `codedeploy`."""

    def handle(self, action: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one call."""
        ...

    def resources(self, call: Made) -> Owned:
        """Return what a call is made on (ARNs), each with its tags."""
        ...


class Services:
    """Our own services, of each account its own."""

    def __init__(
        self, world: World, own: list[JsonService], elsewhere: Callable[[str], list[JsonService]] = lambda _: []
    ) -> None:
        """Take those of the world's account; `elsewhere` makes those of another one, when it is first asked for."""
        self._elsewhere = elsewhere
        self._by_account = {world.account: _by_prefix(own)}

    def of(self, account: str, prefix: str) -> JsonService | None:
        """Return the service that the target header of a call names; None where it is none of ours."""
        if not any(prefix in services for services in self._by_account.values()):
            return None
        if account not in self._by_account:
            self._by_account[account] = _by_prefix(self._elsewhere(account))
        return self._by_account[account].get(prefix)


def _by_prefix(services: list[JsonService]) -> dict[str, JsonService]:
    return {service.target_prefix: service for service in services}


class Gateway:
    """The ASGI application."""

    def __init__(self, world: World, control: Control, services: Services) -> None:
        self._world = world
        self._control = control
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or take part in the server's start and end)."""
        if scope["type"] != "http":
            await ministack.app(scope, receive, send)
            return
        dated = self._dated(send)
        headers = {name.lower(): value for name, value in scope["headers"]}
        if scope["path"].startswith("/_rehearsal/"):
            await self._answer(dated, *self._control.handle(scope["method"], scope["path"], await _body(receive)))
            return
        host, _, port = (headers.get(VIA) or headers.get(b"host", b"")).decode("latin-1").partition(":")
        if host.endswith(".elb.amazonaws.com"):
            await self._balance(host, int(port) if port.isdigit() else 80, scope, receive, send)
            return
        if self._control.trouble.idle:
            await self._serve(scope, headers, receive, dated)
        else:
            await self._troubled(scope, headers, receive, send)

    async def _troubled(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """Answer a call as the rules in force want it."""
        # A layer of an image is large, and no rule looks into it.
        body = b"" if scope["path"].startswith("/v2/") else await _body(receive)
        struck = self._control.trouble.meet(Call.of(scope["method"], scope["path"], headers, body))
        for rewriting in (one for one in struck if one.effect == "rewrite"):
            body = rewriting.rewritten(body)
        again = receive if scope["path"].startswith("/v2/") else _again(body, receive)
        rule = next((one for one in struck if one.effect != "rewrite"), None)
        await self._struck(rule, Call.of(scope["method"], scope["path"], headers), scope, headers, again, send)

    async def _struck(
        self, rule: Rule | None, call: Call, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        dated = self._dated(send)
        if rule is None:
            await self._serve(scope, headers, receive, dated)
        elif rule.effect == "hold":
            answer = await _kept(lambda keep: self._serve(scope, headers, receive, self._dated(keep)))
            await rule.until_ended()
            for message in answer:
                await send(message)
        else:
            if rule.lost():
                await _kept(lambda keep: self._serve(scope, headers, receive, keep))
            if rule.effect == "hang-up":
                await hang_up(send)
            else:
                await self._answer(dated, *rule.error(call))

    async def _serve(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        send = away(headers, send)
        prefix, _, action = headers.get(b"x-amz-target", b"").decode("latin-1").partition(".")
        whose = caller(self._world, headers)
        service = self._services.of(whose.account, prefix) if prefix else None
        if service is None:
            await ministack.app(scope, receive, send)
            return
        body = await _body(receive)
        refusal = refused(service, action, scope, body, whose) if self._world.iam else None
        if refusal is not None:
            await self._answer(send, *refusal)
            return
        await self._call(service, action, body, send)

    async def _balance(self, host: str, port: int, scope: Scope, receive: Receive, send: Send) -> None:
        """Relay to a load balancer; where there is none, or none that listens, nothing answers, as on AWS."""
        with request_scope(self._world.account, self._world.region):
            load_balancer = alb.find_lb_for_host(host)
            listens = load_balancer is not None and _listens(load_balancer, port)
        if not listens or (port in _PRODUCTION_PORTS and self._control.take_drop()):
            await hang_up(send)
            return
        await self._relay(load_balancer, port, scope, receive, self._dated(send))

    async def _relay(
        self, load_balancer: dict[str, Any], port: int, scope: Scope, receive: Receive, send: Send
    ) -> None:
        query = scope["query_string"].decode("latin-1")
        headers = _joined_headers(scope)
        client = (scope.get("client") or ("127.0.0.1",))[0]
        with request_scope(self._world.account, self._world.region):
            status, answered, body = await alb.dispatch_request(
                load_balancer,
                scope["method"],
                scope["path"],
                headers,
                await _body(receive),
                parse_qs(query, keep_blank_values=True),
                port,
                client_ip=client,
                raw_query_string=query,
                raw_path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            )
        if isinstance(body, StreamingResponse):
            await ministack._send_streaming_response(send, receive, status, answered, body)
        else:
            await ministack._send_response(send, status, answered, body, head=scope["method"] == "HEAD")

    async def _call(self, service: JsonService, action: str, body: bytes, send: Send) -> None:
        status, headers, answer = await asyncio.to_thread(service.handle, action, body)
        await self._answer(send, status, headers, answer)

    @staticmethod
    async def _answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        fields.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    def _dated(self, send: Send) -> Send:
        """Every answer carries the emulated time, and no other."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [field for field in message.get("headers", []) if field[0].lower() != b"date"]
                message = {**message, "headers": [*fields, (b"date", http_date(self._world.clock))]}
            await send(message)

        return dated


async def hang_up(send: Send) -> None:
    """Close the connection without an answer. ASGI has no word for it, so this speaks to hypercorn's stream."""
    stream = getattr(send, "__self__", None)
    if stream is None:
        raise RuntimeError("this server gives no way to close a connection without an answer")
    with contextlib.suppress(ConnectionError):
        await stream.send(StreamClosed(stream_id=stream.stream_id))


def error(code: str, message: str, status: int = 400) -> tuple[int, dict[str, str], bytes]:
    """An error as AWS's JSON protocols write it."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, body


def _listens(load_balancer: dict[str, Any], port: int) -> bool:
    """Whether a listener has this port."""
    arn = load_balancer["LoadBalancerArn"]
    return any(
        listener["LoadBalancerArn"] == arn and int(listener["Port"]) == port for listener in alb._listeners.values()
    )


def _joined_headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if name.lower() == VIA:
            continue
        text = value.decode("latin-1")
        separator = "; " if key == "cookie" else ", "
        headers[key] = f"{headers[key]}{separator}{text}" if key in headers else text
    return headers


async def _kept(serve: Callable[[Send], Awaitable[None]]) -> list[Message]:
    """Let a call be carried out, and keep its answer back."""
    kept = list[Message]()

    async def keep(message: Message) -> None:
        kept.append(message)

    await serve(keep)
    return kept


def _again(body: bytes, further: Receive) -> Receive:
    """Hand out a body that has been read already, then what comes after it."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else await further()

    return receive


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
