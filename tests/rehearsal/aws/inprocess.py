"""MiniStack inside the test's own process, reached by boto3 clients that skip the network."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import threading
from collections.abc import Coroutine
from functools import cache
from types import TracebackType
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import boto3
import ministack.app as ministack
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from ministack.core.responses import request_scope
from ministack.services import alb, cloudwatch, ec2, ecr, ecs, eventbridge, iam, lambda_svc, secretsmanager

_MODULES = (alb, cloudwatch, ec2, ecr, ecs, eventbridge, iam, lambda_svc, secretsmanager)


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        while chunk := self.read(65536):
            yield chunk


class InProcess:
    """MiniStack as its modules are now: stock, or with whatever corrections a test has applied."""

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self._scope = contextlib.ExitStack()

    def __enter__(self) -> InProcess:
        self._reset()
        self._scope.enter_context(request_scope(self.account, self.region))
        _here.runner = self._scope.enter_context(asyncio.Runner())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scope.close()
        del _here.runner
        self._reset()

    def client(self, name: str) -> Any:
        """A boto3 client whose requests end in MiniStack."""
        return _client(name, self.account, self.region)

    def query(self, service: str, action: str, **parameters: str) -> str:
        """One call over the Query protocol, which boto3 no longer speaks for every service; the answer's XML."""
        scope = f"{self.account}/20260101/{self.region}/{service}/aws4_request"
        headers = {
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "content-type": "application/x-www-form-urlencoded",
            "host": "ministack",
        }
        body = urlencode({"Action": action, **parameters}).encode()
        status, _, answer = _run(_call("POST", "/", b"", headers, body))
        assert status == 200, answer
        return answer.decode()

    @staticmethod
    def _reset() -> None:
        for module in _MODULES:
            module.reset()


@cache
def _session() -> Any:
    return boto3.Session()  # reads a service's model once for all its clients


@cache
def _client(name: str, account: str, region: str) -> Any:
    client = _session().client(
        name,
        endpoint_url="http://ministack",
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",
    )
    client.meta.events.register("before-send", _send)
    return client


def _send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    url = urlsplit(request.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in dict[str, Any](request.headers).items()
    }
    headers["host"] = url.netloc
    body: Any = request.body or b""
    content = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else body.encode()
    status, answered, answer = _run(_call(request.method, url.path or "/", url.query.encode(), headers, content))
    return AWSResponse(request.url, status, cast(Any, answered), _Raw(answer))


#: An event loop is dear to make: a test's thread keeps one for all its calls.
_here = threading.local()

Answer = tuple[int, dict[str, str], bytes]


def _run(call: Coroutine[Any, Any, Answer]) -> Answer:
    runner: asyncio.Runner | None = getattr(_here, "runner", None)
    return runner.run(call, context=contextvars.copy_context()) if runner else asyncio.run(call)


async def _call(method: str, path: str, query: bytes, headers: dict[str, str], body: bytes) -> Answer:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await ministack.app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])
