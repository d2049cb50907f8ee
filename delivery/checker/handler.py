"""Asks HTTP questions from inside the VPC and hands the answers back; the release judges them.

    {"requests": [{"scheme", "address", "port", "host", "path", "timeout_seconds"}]}
    {"answers":  [{"status", "body", "error", "milliseconds"}]}

`address` is what is called, `host` what is asked for (Host header, and SNI for HTTPS). An answer has a status or an
error.
Standard library only: the function is packed as it is.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_LONGEST_BODY = 4096
_AT_ONCE = 16


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one invocation: all requests at once, answers in their order."""
    requests = event.get("requests", [])
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as askers:
        return {"answers": list(askers.map(ask, requests))}


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """Ask one question."""
    host = request["host"]
    url = f"{request['scheme']}://{request['address']}:{request['port']}{request['path']}"
    wish = urllib.request.Request(url, headers={"Host": host, "User-Agent": "slipway-check"})  # noqa: S310 - see below
    opener = urllib.request.build_opener(_Stay(), _Tls(host))
    began = time.monotonic()
    status, body, error = None, "", ""
    try:
        with opener.open(wish, timeout=request["timeout_seconds"]) as answer:
            status, body = answer.status, _text(answer)
    except urllib.error.HTTPError as answer:
        # Every status but 2xx arrives here; to the release it is an answer like any other.
        with answer:
            status, body = answer.code, _text(answer)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        error = f"{type(failure).__name__}: {getattr(failure, 'reason', None) or failure}"
    return {
        "status": status,
        "body": body,
        "error": error,
        "milliseconds": round((time.monotonic() - began) * 1000),
    }


def _text(answer: Any) -> str:
    return bytes(answer.read(_LONGEST_BODY)).decode("utf-8", "replace")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would lead out of the VPC, and to another listener."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Tls(urllib.request.HTTPSHandler):
    """HTTPS to an address, asking for a name.

    The certificate is not verified: the connection goes to the load balancer's own private address, and its certificate
    names the public domain, which this function need not know.
    """

    def __init__(self, host: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(context=context)
        self._tls = context
        self._host = host

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def connection(address: str, **options: Any) -> http.client.HTTPSConnection:
            options.pop("context", None)
            return _Connection(address, sni=self._host, context=self._tls, **options)

        return self.do_open(connection, req)


class _Connection(http.client.HTTPSConnection):
    def __init__(self, address: str, *, sni: str, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(address, context=context, **options)
        self._sni = sni
        self._tls = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._sni)
