"""An image is made from the machine's own package sources, and the same content gives the same image."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.stage import registry, rootfs
from rehearsal.stage.registry import digest


def test_only_sources_of_this_release_are_used(tmp_path: Path) -> None:
    lists = tmp_path / "sources.list.d"
    lists.mkdir()
    (tmp_path / "sources.list").write_text("deb http://packages.example/debian bookworm main\n")
    (lists / "debian.sources").write_text("Types: deb\nURIs: http://packages.example/debian\nSuites: bookworm\n")
    (lists / "vendor.list").write_text("deb https://vendor.example/apt stable main\n")
    (lists / "old.list").write_text("deb http://packages.example/debian bullseye main\n")
    (lists / "off.list").write_text("# deb http://packages.example/debian bookworm main\n")
    (lists / "debian.sources.bak").write_text("deb http://packages.example/debian bookworm main\n")
    assert rootfs.sources("bookworm", tmp_path) == [tmp_path / "sources.list", lists / "debian.sources"]


def packed(tmp_path: Path, content: bytes = b"a whole file system") -> Path:
    tar = tmp_path / "rootfs.tar"
    tar.write_bytes(content)
    return rootfs._pack(tar, tmp_path / "image", "amd64")


def test_the_same_content_gives_the_same_image(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = (rootfs._kept(packed(tmp_path / name)) for name in ("one", "two"))
    assert one
    assert two
    assert one.manifest() == two.manifest()
    assert one.layer_digest == digest(one.layer.read_bytes())
    assert one.content_digest == digest(gzip.decompress(one.layer.read_bytes()))


def test_a_damaged_image_does_not_count(tmp_path: Path) -> None:
    folder = packed(tmp_path)
    (folder / "layer.tar.gz").write_bytes(gzip.compress(b"something else", mtime=0))
    assert rootfs._kept(folder) is None
    (folder / "image.json").unlink()
    assert rootfs._kept(folder) is None


class Registry(ThreadingHTTPServer):
    """A registry that holds what it is given, as the distribution specification says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RegistryHandler)
        self.held: dict[str, bytes] = {}
        self.asked: list[str] = []


class RegistryHandler(BaseHTTPRequestHandler):
    server: Registry

    def do_HEAD(self) -> None:
        self.answer(200 if self.path.rpartition("/")[2] in self.server.held else 404)

    def do_POST(self) -> None:
        self.answer(202, {"Location": "/v2/base/python/blobs/uploads/1"})

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        named = self.path.rpartition("digest=")[2] if "digest=" in self.path else self.path.rpartition("/")[2]
        self.server.held[named] = content
        self.answer(201 if digest(content) == named else 400)

    def answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.server.asked.append(f"{self.command} {self.path.partition('/v2/base/python/')[2][:12]}")
        self.send_response(status)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_an_image_is_pushed_by_its_digest(tmp_path: Path) -> None:
    image = rootfs._kept(packed(tmp_path))
    assert image
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = server.server_port
        named = registry.push(image, port, "base/python")
        assert named == f"localhost:{port}/base/python@{digest(image.manifest())}"
        manifest = json.loads(server.held[digest(image.manifest())])
        assert server.held[manifest["layers"][0]["digest"]] == image.layer.read_bytes()
        assert json.loads(server.held[manifest["config"]["digest"]])["rootfs"]["diff_ids"] == [image.content_digest]
        server.asked.clear()
        registry.push(image, port, "base/python")
        assert [word for word in server.asked if word.startswith("POST")] == []
        server.shutdown()
        thread.join()


def test_a_registry_that_refuses_is_named(tmp_path: Path) -> None:
    image = rootfs._kept(packed(tmp_path))
    assert image
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        image = registry.Image(image.layer, "sha256:" + "0" * 64, image.content_digest, "amd64")
        with pytest.raises(RehearsalError, match=r"the emulated registry refused PUT .*: 400"):
            registry.push(image, server.server_port, "base/python")
        server.shutdown()
        thread.join()
