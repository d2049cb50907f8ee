"""Requests go to a healthy target, over one connection each, without a thread.

AWS: a request goes to a healthy target of the group; 503 where there is none, 502 where the target refuses or breaks
the connection, 504 where it does not answer in time; a request is never sent a second time.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html

MiniStack 1.5.33 picks any registered target, and holds one thread of a pool of 64 per request: a slow target starves
every other service of the emulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import h11
from ministack.core.responses import StreamingResponse
from ministack.services import alb

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.elb_targets import Target, Targets
from rehearsal.machine import MachineClock

_CHUNK = 65536
#: On AWS no load balancer stands still because a laptop's host does: nobody's alarm is to ring for that.
_STANDSTILL = 0.75
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "content-length",
    "upgrade",
    "expect",
}

_load_balancer: contextvars.ContextVar[str] = contextvars.ContextVar("load_balancer", default="")

Response = tuple[int, dict[str, Any], Any]


@dataclass(frozen=True)
class Served:
    """What became of one request: `status` and `seconds` of the target's answer, or the load balancer's own error."""

    load_balancer: str
    group: str
    status: int
    by_target: bool
    seconds: float = 0.0
    connected: bool = True


Observer = Callable[[Served], None]


class Connection:
    """One request to one target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, target: Target) -> Connection:
        """Connect; raises OSError or TimeoutError."""
        async with asyncio.timeout(alb.TARGET_CONNECT_TIMEOUT):
            return cls(*await asyncio.open_connection(target.address, target.port))

    async def ask(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> h11.Response:
        """Send the request and read the head of the answer."""
        request = h11.Request(method=method, target=path, headers=headers)
        self._write(request)
        if body:
            self._write(h11.Data(data=body))
        self._write(h11.EndOfMessage())
        async with asyncio.timeout(alb.TARGET_IDLE_TIMEOUT):
            await self._writer.drain()
            while not isinstance(event := await self._event(), h11.Response):
                if isinstance(event, h11.ConnectionClosed):
                    raise h11.RemoteProtocolError("the target closed the connection without an answer")
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body as it arrives; raises where the target breaks off."""
        while True:
            async with asyncio.timeout(alb.TARGET_IDLE_TIMEOUT):
                event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return

    def close(self) -> None:
        """End the connection, whatever its state."""
        self._writer.close()

    def _write(self, event: h11.Event) -> None:
        data = self._protocol.send(event)
        if data:
            self._writer.write(data)

    async def _event(self) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(_CHUNK))
        return event  # type: ignore[return-value]


class Relay:
    """Carries requests to targets and tells the observers what became of them."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._clock = MachineClock(least=_STANDSTILL)
        self.observers: list[Observer] = []

    async def forward(
        self, group: str, method: str, path: str, headers: list[tuple[str, str]], body: bytes
    ) -> Response:
        """Forward one request to a target of the group."""
        target = self._targets.take(group)
        if target is None:
            return self._refuse(group, 503, "No healthy targets")
        started = self._clock.now()
        connection: Connection | None = None
        try:
            connection = await Connection.open(target)
            answer = await connection.ask(method, path, headers, body)
        except (OSError, h11.ProtocolError) as error:
            self._end(connection, target)
            status = 504 if isinstance(error, TimeoutError) else 502
            return self._refuse(group, status, f"Target {target.address}: {error}", connected=connection is not None)
        except BaseException:
            self._end(connection, target)
            raise
        seconds = max(self._clock.now() - started, 0.0)
        self._tell(Served(_load_balancer.get(), group, answer.status_code, by_target=True, seconds=seconds))
        return answer.status_code, _header_dict(answer), StreamingResponse(self._stream(connection, target))

    def _stream(self, connection: Connection, target: Target) -> Callable[[Any, Any], Awaitable[None]]:
        async def stream(send: Any, receive: Any) -> None:
            try:
                async for chunk in connection.body():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            except (OSError, h11.ProtocolError):
                # The end of the message is withheld: that is how a client sees that the body is cut short.
                return
            finally:
                self._end(connection, target)

        return stream

    def _refuse(self, group: str, status: int, message: str, *, connected: bool = True) -> Response:
        self._tell(Served(_load_balancer.get(), group, status, by_target=False, connected=connected))
        return status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()

    def _end(self, connection: Connection | None, target: Target) -> None:
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
        self._targets.give_back(target)

    def _tell(self, served: Served) -> None:
        for observer in self.observers:
            observer(served)


def apply(binding: Binding, relay: Relay) -> None:
    """Forward through `relay` wherever targets are addresses; Lambda targets stay MiniStack's."""
    forward_to_group = alb._forward_to_tg
    dispatch_request = alb.dispatch_request

    async def forward(
        group: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: Any,
        raw_query: str | None = None,
        raw_path: str | None = None,
    ) -> Any:
        record = alb._tgs.get(group)
        if not record or record.get("TargetType", "instance") not in ("instance", "ip"):
            return await forward_to_group(group, method, path, headers, body, query, raw_query, raw_path)
        target_path = (raw_path or path) + (f"?{raw_query}" if raw_query else "")
        fields = [(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP]
        fields.append(("Connection", "close"))
        if body or method in ("POST", "PUT", "PATCH"):
            fields.append(("Content-Length", str(len(body))))
        return await relay.forward(group, method, target_path, fields, body)

    async def dispatch(load_balancer: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        token = _load_balancer.set(load_balancer["LoadBalancerArn"])
        try:
            return await dispatch_request(load_balancer, *args, **kwargs)
        finally:
            _load_balancer.reset(token)

    binding.replace(alb, "_forward_to_tg", forward)
    binding.replace(alb, "dispatch_request", dispatch)


def _header_dict(answer: h11.Response) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        if name.decode().lower() not in ("connection", "keep-alive", "transfer-encoding", "date"):
            headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return {name: values[0] if len(values) == 1 else values for name, values in headers.items()}
