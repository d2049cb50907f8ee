"""The function in the VPC, asked about servers of our own on the loopback."""

from __future__ import annotations

import ast
import ssl
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from delivery.checker import handler

pytestmark = pytest.mark.process


class Answers(BaseHTTPRequestHandler):
    """Says who was asked for; redirects, fails and is long on wish."""

    def do_GET(self) -> None:
        status = {"/moved": 302, "/broken": 500}.get(self.path, 200)
        body = b"x" * 10_000 if self.path == "/long" else f"asked for {self.headers['Host']}".encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://elsewhere.invalid/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serve(ThreadingHTTPServer(("127.0.0.1", 0), Answers))


def serve(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def wish(port: int, path: str, scheme: str = "http") -> dict[str, object]:
    where = {"scheme": scheme, "address": "127.0.0.1", "port": port, "host": "shop.example"}
    return {**where, "path": path, "timeout_seconds": 5}


def test_it_calls_the_address_and_asks_for_the_name(port: int) -> None:
    answer = handler.ask(wish(port, "/"))
    assert (answer["status"], answer["body"], answer["error"]) == (200, "asked for shop.example", "")
    assert answer["milliseconds"] >= 0


@pytest.mark.parametrize(("path", "status"), [("/moved", 302), ("/broken", 500)])
def test_every_status_is_an_answer_and_no_redirect_is_followed(port: int, path: str, status: int) -> None:
    answer = handler.ask(wish(port, path))
    assert (answer["status"], answer["error"]) == (status, "")


def test_a_long_answer_is_cut(port: int) -> None:
    assert len(handler.ask(wish(port, "/long"))["body"]) == 4096


def test_no_answer_is_an_error_in_words() -> None:
    answer = handler.ask(wish(1, "/"))
    assert answer["status"] is None
    assert "refused" in answer["error"]


def test_answers_come_in_the_order_of_the_requests(port: int) -> None:
    answers = handler.handle({"requests": [wish(port, path) for path in ("/broken", "/", "/moved")]}, None)
    assert [answer["status"] for answer in answers["answers"]] == [500, 200, 302]


def test_https_asks_for_the_name_in_the_handshake_too(tmp_path: Path) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    context.sni_callback = lambda sock, name, ctx: asked.append(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for port in serve(server):
        answer = handler.ask(wish(port, "/", "https"))
        assert (answer["status"], answer["body"]) == (200, "asked for shop.example")
    assert asked == ["shop.example"]


def test_it_imports_the_standard_library_alone() -> None:
    tree = ast.parse(Path(handler.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "door.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
