"""HTTP around the pages: one thread per request, every answer with its version, no request dropped at the end."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .pages import Page, Shop


class Server(ThreadingHTTPServer):
    """Serves a shop's pages on all addresses.

    signing_key: when it is given, answers carry `X-Signature`, the HMAC-SHA256 of their body.
    """

    # Requests under way are waited for when the server closes.
    daemon_threads = False
    # A burst of new connections waits here instead of being refused.
    request_queue_size = 256

    def __init__(self, port: int, shop: Shop, signing_key: str = "") -> None:
        super().__init__(("", port), Handler)
        self.shop = shop
        self.signing_key = signing_key.encode()

    def leave(self, drain: float) -> None:
        """Stop after `drain` seconds in which requests are still taken: until then, a load balancer may send some."""

        def later() -> None:
            time.sleep(drain)
            self.shutdown()

        threading.Thread(target=later, name="drain").start()


class Handler(BaseHTTPRequestHandler):
    """Answers one request and closes the connection: an idle one that ends with the server could drop a request."""

    server: Server
    server_version = "shop"
    # Seconds that a client has to send its request.
    timeout = 10

    def do_GET(self) -> None:
        """Answer with the page of the path."""
        try:
            page = self.server.shop.page(self.path)
        except Exception as error:
            # One request fails, the service goes on; whoever operates it reads why.
            self.log_error("%s: %r", self.path, error)
            page = Page({"error": "something went wrong here"}, HTTPStatus.INTERNAL_SERVER_ERROR)
        self.answer(page)

    def answer(self, page: Page) -> None:
        """Send a page."""
        body = json.dumps(page.content).encode() + b"\n"
        self.send_response(page.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", self.server.shop.version)
        if self.server.signing_key:
            self.send_header("X-Signature", hmac.new(self.server.signing_key, body, hashlib.sha256).hexdigest())
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing about what went well."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Write one line to the log."""
        sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")
