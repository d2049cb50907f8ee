"""The web as it is seen from where the update runs; in tests a fake stands in for it."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from typing import Any, Protocol

_LONGEST_BODY = 4096
_AT_ONCE = 16
#: A look-up of a name obeys no timeout; so much longer than a request may take, and it counts as not answered.
_LATE_SECONDS = 5.0


class Web(Protocol):
    """Asks for URLs, once each."""

    def get(self, urls: Sequence[str], timeout_seconds: float) -> list[Mapping[str, Any]]:
        """Ask for all at once; an answer for each: its `status` (None where there was none), `body` and `error`."""


class PublicWeb:
    """Asks as any client would: through the proxies that the environment names, certificates verified.

    `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are read by urllib itself. Redirects are not followed.
    """

    def get(self, urls: Sequence[str], timeout_seconds: float) -> list[Mapping[str, Any]]:
        """Ask for all at once."""
        askers = ThreadPoolExecutor(max_workers=_AT_ONCE)
        rounds = -(-len(urls) // _AT_ONCE)
        until = time.monotonic() + rounds * timeout_seconds + _LATE_SECONDS
        try:
            waiting = [askers.submit(_get, url, timeout_seconds) for url in urls]
            return [_in_time(answer, until) for answer in waiting]
        finally:
            askers.shutdown(wait=False, cancel_futures=True)


def _in_time(answer: Future[Mapping[str, Any]], until: float) -> Mapping[str, Any]:
    try:
        return answer.result(timeout=max(0.0, until - time.monotonic()))
    except NotInTime:
        return _nothing("TimeoutError: timed out")


def _get(url: str, timeout_seconds: float) -> Mapping[str, Any]:
    until = time.monotonic() + timeout_seconds
    try:
        wish = urllib.request.Request(url, headers={"User-Agent": "slipway-check"})  # noqa: S310 - our own service's
        with urllib.request.build_opener(_Stay()).open(wish, timeout=timeout_seconds) as answer:
            return {"status": answer.status, "body": _text(answer, until), "error": ""}
    except urllib.error.HTTPError as answer:
        # Every status but 2xx arrives here; to a check it is an answer like any other.
        with answer:
            try:
                return {"status": answer.code, "body": _text(answer, until), "error": ""}
            except (OSError, http.client.HTTPException) as failure:
                return _nothing(f"{type(failure).__name__}: {failure}")
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return _nothing(f"{type(failure).__name__}: {getattr(failure, 'reason', None) or failure}")


def _text(answer: Any, until: float) -> str:
    """The beginning of the body; a timeout counts each read anew, so a body that drips has an end of its own."""
    body = b""
    while len(body) < _LONGEST_BODY:
        piece = answer.read1(_LONGEST_BODY - len(body))
        if not piece:
            break
        body += piece
        if time.monotonic() > until:
            raise TimeoutError("timed out while reading")
    return body.decode("utf-8", "replace")


def _nothing(error: str) -> Mapping[str, Any]:
    return {"status": None, "body": "", "error": error}


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the check is about this answer."""

    def redirect_request(self, *_: Any) -> None:
        return None
