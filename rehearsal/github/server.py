"""The HTTP side: one ASGI application for REST, GraphQL, git and the control paths, and the server around it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import shutil
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from hypercorn.asyncio import serve
from hypercorn.config import Config

from rehearsal.aws.clock import Clock, http_date
from rehearsal.github import access
from rehearsal.github.areas import ROUTES
from rehearsal.github.control import Control
from rehearsal.github.courier import Courier
from rehearsal.github.errors import DOCS, Refused
from rehearsal.github.graphql import GraphQL
from rehearsal.github.limits import Limits
from rehearsal.github.pushes import announce
from rehearsal.github.routes import Answer, Call, Table
from rehearsal.github.smart_http import SmartHttp
from rehearsal.github.tokens import WELL_KNOWN
from rehearsal.github.world import Token, World

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

REST = "/api/v3"
GRAPHQL = ("/api/graphql", "/api/v3/graphql")
#: Seconds: Go's clients drop an idle connection after 90, and a request that meets a server's end of it is lost.
_KEEP_ALIVE = 120
log = logging.getLogger("slipway.github")


class App:
    """The application. Handlers run in threads, one at a time; git's own processes run beside them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.limits = Limits(world.clock)
        self.courier = Courier(world)
        self.graphql = GraphQL(world)
        self.git = SmartHttp(world)
        world.told.append(lambda change: announce(self.courier, change))
        self.control = Control(world, self.limits, self.courier)
        self._table = Table(ROUTES)
        # A push waits in its thread for an answer given in another one: they must not be of the same pool.
        self._gits = ThreadPoolExecutor(16, "slipway-git")
        self._others = ThreadPoolExecutor(4, "slipway-rest")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or take part in the server's start and end."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        body = await _body(receive)
        pool = self._others if path.startswith(("/api/", "/_rehearsal/")) else self._gits
        status, answered, content = await asyncio.get_running_loop().run_in_executor(
            pool, self.answer, scope["method"], path, query, headers, body
        )
        answered = {**answered, "Date": http_date(self.world.clock).decode(), "Server": "github.com"}
        fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in answered.items()]
        if status not in (204, 304):
            fields.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one request, in whatever thread."""
        try:
            if path == "/_rehearsal/push":
                return self.git.decide(body)
            if path.startswith("/_rehearsal/"):
                with self.world.lock:
                    return self.control.handle(method, path, query, body)
            if path.startswith(WELL_KNOWN) and (found := self.control.issuer.document(path)):
                return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()
            if path in GRAPHQL or path.startswith(f"{REST}/") or path == REST:
                return self._api(method, path, query, headers, body)
            return self.git.serve(method, path, query, headers, body)
        except Exception:
            log.exception("%s %s", method, path)
            return 500, {"Content-Type": "application/json"}, b'{"message": "Server Error"}'

    def _api(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        token: Token | None = None
        with self.world.lock:
            try:
                token = access.identify(self.world, headers)
                self.limits.strike(method, path)
                if path != f"{REST}/rate_limit":
                    who = None if token is None else self.world.account(token.login).id
                    self.limits.take(token, who)
                if path in GRAPHQL:
                    answer = self.graphql.answer(access.require_login(token), body)
                else:
                    answer = self._rest(method, path.removeprefix(REST), query, headers, body, token)
            except Refused as refused:
                answer = Answer(refused.status, refused.body(DOCS), refused.headers)
            return self._encoded(method, answer, headers, token)

    def _rest(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, token: Token | None
    ) -> Answer:
        parts = path.strip("/").split("/")
        if parts[0] == "repositories" and len(parts) > 1 and parts[1].isdigit():
            named = self.world.repository_by_id(int(parts[1]))
            parts = ["repos", named.owner, named.name, *parts[2:]]
        route, values = self._table.find("GET" if method == "HEAD" else method, parts)
        call = Call(
            self.world, self.limits, self.courier, method, path, dict(parse_qsl(query)), headers, body, token, values
        )
        try:
            if route.grant is not None:
                call.found = self.world.repository(values["owner"], values["repo"])
                access.require(self.world, token, call.found, route.grant)
                if call.found.settings.get("archived") and method not in ("GET", "HEAD") and len(parts) > 3:
                    raise Refused(403, "Repository was archived so is read-only.")
            content = route.handler(call)
        except Refused as refused:
            return Answer(refused.status, refused.body(route.docs), refused.headers)
        if isinstance(content, Answer):
            return content
        return Answer(204 if content is None else route.status, content)

    def _encoded(
        self, method: str, answer: Answer, headers: dict[str, str], token: Token | None
    ) -> tuple[int, dict[str, str], bytes]:
        content = b"" if answer.content is None else json.dumps(answer.content).encode()
        sent = {
            "Content-Type": "application/json; charset=utf-8",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": uuid.uuid4().hex[:16].upper(),
            "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After, X-RateLimit-Remaining",
        }
        if token is not None and token.kind == "classic":
            sent |= {"X-OAuth-Scopes": ", ".join(sorted(token.scopes)), "X-Accepted-OAuth-Scopes": "repo"}
        if answer.raw is not None:
            content = answer.raw
        status = answer.status
        if 200 <= status < 300 and content:
            tag = f'W/"{hashlib.sha256(content).hexdigest()}"'
            sent |= {"ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
            asked = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
            if method in ("GET", "HEAD") and tag.removeprefix("W/") in asked:
                status, content = 304, b""
                self.limits.give_back(token)
        return status, {**sent, **self.limits.headers(token), **answer.headers}, content


async def run(world: World) -> None:
    """Serve until SIGTERM or SIGINT; then nothing is left but the folder of the repositories."""
    app = App(world)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    config = configuration(world)
    app.courier.start()
    announcing = asyncio.create_task(_announce(world))
    try:
        await serve(app, config, shutdown_trigger=ending.wait)  # type: ignore[arg-type]
    finally:
        announcing.cancel()
        app.courier.end()
        (world.home / "ready.json").unlink(missing_ok=True)


def configuration(world: World) -> Config:
    """Return how it is served: on loopback alone, and with connections kept for longer than clients keep them."""
    config = Config()
    config.bind = [f"127.0.0.1:{world.port}"]
    config.keep_alive_timeout = _KEEP_ALIVE
    config.include_date_header = False
    config.include_server_header = False
    config.graceful_timeout = 2
    config.loglevel = "WARNING"
    return config


def prepare(home: Path) -> None:
    """Make the folder of the repositories; those of an earlier run go, since nothing knows them any more.

    Raises:
        FileExistsError: The folder holds what no rehearsal put there.

    """
    folder, mark = home / "repositories", home / "repositories" / ".rehearsal"
    if folder.exists() and any(folder.iterdir()):
        if not mark.exists():
            raise FileExistsError(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()


def new_world(clock: Clock, port: int, home: Path) -> World:
    """A world with nothing in it."""
    prepare(home)
    return World(clock, port, home)


async def _announce(world: World) -> None:
    """Say `ready` once the port answers, on standard output and in `ready.json`."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", world.port)
            writer.close()
            break
        await asyncio.sleep(0.02)
    ready = {"server": world.base, "api": world.api, "graphql": f"{world.base}/api/graphql"}
    temporary = world.home / "ready.json.new"
    temporary.write_text(json.dumps(ready, indent=2) + "\n")
    temporary.replace(world.home / "ready.json")
    sys.stdout.write(f"ready {json.dumps(ready)}\n")
    sys.stdout.flush()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
