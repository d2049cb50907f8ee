"""The side that asks the proxy: HTTP/1.1 with keep-alive, bodies streamed both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import h11

_CHUNK = 65536

HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"te", b"upgrade", b"expect"}
"""Headers that belong to one connection and go no further."""


class Client:
    """The side that asks us: HTTP/1.1 with keep-alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = h11.Connection(h11.SERVER)
        self._looks = False

    async def request(self) -> h11.Request | None:
        """The next request's head, or None where there is none any more."""
        event = await self._event()
        if not isinstance(event, h11.Request):
            return None
        self._looks = event.method == b"HEAD"
        return event

    async def next_request(self) -> h11.Request | None:
        """Another request on the same connection, where both sides keep it open."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return None
        self._protocol.start_next_cycle()
        return await self.request()

    async def body(self) -> AsyncIterator[h11.Event]:
        """The request's body and its end, as they arrive."""
        while True:
            if self._protocol.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
            event = await self._event()
            if isinstance(event, h11.ConnectionClosed):
                raise EOFError
            yield event
            if isinstance(event, h11.EndOfMessage):
                return

    async def relay(self, onward: h11.Connection, reader: asyncio.StreamReader) -> None:
        """Hand the far end's answer to the client as it arrives."""
        while True:
            event = onward.next_event()
            if event is h11.NEED_DATA:
                onward.receive_data(await reader.read(_CHUNK))
                continue
            if isinstance(event, h11.Response):
                headers = [(n, v) for n, v in event.headers.raw_items() if n.lower() not in HOP_BY_HOP]
                event = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
            if isinstance(event, h11.ConnectionClosed):
                raise EOFError
            if isinstance(event, h11.Response | h11.Data | h11.EndOfMessage):
                self._write(event)
                await self._writer.drain()
            if isinstance(event, h11.EndOfMessage):
                return

    async def refuse(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Answer for ourselves, after the request's body has been read away; a HEAD gets the head alone."""
        if self._protocol.their_state is h11.SEND_BODY and self._protocol.they_are_waiting_for_100_continue:
            headers = [*headers, (b"Connection", b"close")]
        elif self._protocol.their_state is h11.SEND_BODY:
            async for _ in self.body():
                pass
        length = (b"Content-Length", str(len(body)).encode())
        version = (b"Docker-Distribution-Api-Version", b"registry/2.0")
        self._write(h11.Response(status_code=status, headers=[*headers, version, length]))
        if not self._looks:
            self._write(h11.Data(data=body))
        self._write(h11.EndOfMessage())
        await self._writer.drain()

    @property
    def waits(self) -> bool:
        """Whether a request has come to which nothing has been answered yet."""
        return self._protocol.our_state is h11.SEND_RESPONSE

    def unread(self) -> bytes:
        """What the client has sent beyond its request."""
        return bytes(self._protocol.trailing_data[0])

    async def _event(self) -> h11.Event:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await self._reader.read(_CHUNK))
        return event  # type: ignore[return-value]

    def _write(self, event: h11.Event) -> None:
        if data := self._protocol.send(event):
            self._writer.write(data)
