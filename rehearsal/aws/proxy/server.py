"""The proxy itself."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import h11

from rehearsal.aws.gateway import VIA
from rehearsal.aws.proxy.client import HOP_BY_HOP, Client
from rehearsal.aws.proxy.upstream import Upstream
from rehearsal.aws.world import World

log = logging.getLogger("slipway.proxy")

_CHUNK = 65536
_HEAD_LIMIT = 65536
_CONNECT_TIMEOUT = 20.0
_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com$")
_LOAD_BALANCER = re.compile(r"^[a-z0-9.-]+\.elb\.amazonaws\.com$", re.IGNORECASE)
_ECR_CHALLENGE = b'Basic realm="https://%s/",service="ecr.amazonaws.com"'

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
AddressBook = Callable[[str], str | None]


class Proxy:
    """Listens on one port of the loopback address."""

    def __init__(
        self, world: World, tls: ssl.SSLContext, load_balancer_at: AddressBook, upstream: Upstream | None = None
    ) -> None:
        self._world = world
        self._tls = tls
        self._load_balancer_at = load_balancer_at
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Start to listen; the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._world.proxy_port, limit=_HEAD_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Listen no more, and close every connection."""
        if self._server:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: h11.Request | None = None
        try:
            client = Client(reader, writer)
            request = await client.request()
            if request is not None and request.method == b"CONNECT":
                await self._connect(request.target.decode("latin-1"), reader, writer, client.unread())
            elif request is not None:
                await self._plain(client, request)
        except h11.LocalProtocolError:
            log.exception("%s: the proxy's own mistake", request.target.decode("latin-1") if request else "no request")
        except (OSError, EOFError, h11.ProtocolError, asyncio.LimitOverrunError):
            pass  # one of the sides has gone, and nobody is left to answer
        finally:
            await _close(writer)

    async def _connect(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, early: bytes
    ) -> None:
        host, _, port = target.rpartition(":")
        host = host.strip("[]")
        ecr = bool(_ECR.match(host))
        if ecr or self._listener(host, int(port)):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await writer.start_tls(self._tls)
            await self._requests(Client(reader, writer), host, int(port), registry=ecr)
            return
        try:
            onward = await self._dial(host, int(port))
        except (OSError, TimeoutError) as error:
            writer.write(_plain_answer(502, "Bad Gateway", f"{target}: {error or 'timed out'}"))
            return
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            onward[1].write(early)
            await _join((reader, writer), onward)
        finally:
            await _close(onward[1])

    async def _plain(self, client: Client, request: h11.Request) -> None:
        """Requests in absolute form, `GET http://host/path`: only load balancers are served so."""
        url = urlsplit(request.target.decode("latin-1"))
        host = url.hostname or ""
        if self._listener(host, url.port or 80):
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            await self._requests(client, host, url.port or 80, registry=False, first=(request, path))
            return
        await self._pass_on(client, request, host, url.port or 80)

    async def _requests(
        self,
        client: Client,
        host: str,
        port: int,
        *,
        registry: bool,
        first: tuple[h11.Request, str] | None = None,
    ) -> None:
        """Serve one request after the other on a connection whose far end is the gateway."""
        request, path = first or (await client.request(), "")
        while request is not None:
            if registry and not _logged_in(request):
                await client.refuse(401, [(b"WWW-Authenticate", _ECR_CHALLENGE % host.encode())], b"Not Authorized\n")
            else:
                extra = [] if registry else [(VIA, f"{self._listener(host, port)}".encode())]
                target = path or request.target.decode("latin-1")
                try:
                    await self._forward(client, request, target, extra, ("127.0.0.1", self._world.port))
                except (OSError, EOFError, h11.RemoteProtocolError) as error:
                    # A connection that just ends looks idle to Go's client, which then sends no upload again.
                    if not client.waits:
                        raise
                    log.warning("%s %s: %r", request.method.decode(), target, error)
                    await client.refuse(502, [], b"the emulated AWS ended the connection before it answered\n")
            request = await client.next_request()
            path = _path_of(request) if request is not None else ""

    async def _pass_on(self, client: Client, request: h11.Request, host: str, port: int) -> None:
        """A plain request to any other host: one request, then the connection ends."""
        target = request.target.decode("latin-1")
        if self._upstream and self._upstream.serves(host):
            away = (self._upstream.host, self._upstream.port)
            secret = self._upstream.authorization
            extra = [(b"Proxy-Authorization", secret)] if secret else []
        else:
            away, extra, target = (host, port), [], _path_of(request)
        try:
            await self._forward(client, request, target, extra, away)
        except OSError as error:
            await client.refuse(502, [], f"{host}:{port}: {error}\n".encode())

    async def _forward(
        self,
        client: Client,
        request: h11.Request,
        target: str,
        extra: list[tuple[bytes, bytes]],
        away: tuple[str, int],
    ) -> None:
        """One request over one connection of its own, bodies streamed both ways."""
        reader, writer = await asyncio.open_connection(*away)
        try:
            onward = h11.Connection(h11.CLIENT)
            headers = [(name, value) for name, value in request.headers.raw_items() if name.lower() not in HOP_BY_HOP]
            head = h11.Request(
                method=request.method, target=target, headers=[*headers, *extra, (b"Connection", b"close")]
            )
            writer.write(onward.send(head) or b"")
            async for event in client.body():
                writer.write(onward.send(event) or b"")
                await writer.drain()
            await client.relay(onward, reader)
        finally:
            await _close(writer)

    async def _dial(self, host: str, port: int) -> Streams:
        upstream = self._upstream
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            if upstream is None or not upstream.serves(host):
                return await asyncio.open_connection(host, port)
            reader, writer = await asyncio.open_connection(upstream.host, upstream.port)
            secret = b"Proxy-Authorization: " + upstream.authorization + b"\r\n" if upstream.authorization else b""
            name = f"{host}:{port}".encode()
            writer.write(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (name, name, secret))
            answer = await reader.readuntil(b"\r\n\r\n")
            status = answer.split(b" ", 2)[1]
            if status != b"200":
                await _close(writer)
                raise OSError(f"the proxy {upstream.host}:{upstream.port} answered {status.decode()}")
            return reader, writer

    def _listener(self, host: str, port: int) -> str | None:
        """`<dns name>:<port>` of the load balancer that a name or private address belongs to."""
        if _LOAD_BALANCER.match(host):
            return f"{host.lower()}:{port}"
        name = self._load_balancer_at(host)
        return f"{name}:{port}" if name else None


def _path_of(request: h11.Request) -> str:
    url = urlsplit(request.target.decode("latin-1"))
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _logged_in(request: h11.Request) -> bool:
    """ECR takes the user `AWS` and any token it has given out; ours are not kept, so any will do."""
    for name, value in request.headers:
        if name == b"authorization" and value.lower().startswith(b"basic "):
            with contextlib.suppress(ValueError):
                user, colon, token = base64.b64decode(value[6:]).partition(b":")
                return user == b"AWS" and bool(colon) and bool(token)
    return False


def _plain_answer(status: int, reason: str, message: str) -> bytes:
    body = f"{message}\n".encode()
    return f"HTTP/1.1 {status} {reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close, and be gone when this returns; what the other side thinks of it does not matter any more."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _join(one: Streams, other: Streams) -> None:
    await asyncio.gather(_pipe(one[0], other[1]), _pipe(other[0], one[1]))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
