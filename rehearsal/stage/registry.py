"""Puts an image into a registry that speaks plain HTTP on this machine, without a Docker engine.

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
"""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Image:
    """An image of one layer: a gzipped tar, and the digest of the tar inside."""

    layer: Path
    layer_digest: str
    content_digest: str
    architecture: str

    def config(self) -> bytes:
        """What the image says about itself; the same content gives the same bytes."""
        return _canonical(
            {
                "architecture": self.architecture,
                "os": "linux",
                "config": {"Env": [f"PATH={PATH}", "LANG=C.UTF-8"]},
                "rootfs": {"type": "layers", "diff_ids": [self.content_digest]},
                "history": [{"created_by": "slipway rehearsal: base image"}],
            }
        )

    def manifest(self) -> bytes:
        """What the registry lists: the config and the layer."""
        config = self.config()
        return _canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "digest": digest(config), "size": len(config)},
                "layers": [
                    {"mediaType": LAYER, "digest": self.layer_digest, "size": self.layer.stat().st_size},
                ],
            }
        )


def digest(content: bytes) -> str:
    """Return `sha256:…` of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push(image: Image, port: int, repository: str) -> str:
    """Push an image to a registry on this machine; return `localhost:<port>/<repository>@sha256:…`."""
    config, manifest = image.config(), image.manifest()
    with image.layer.open("rb") as layer:
        _blob(port, repository, image.layer_digest, layer, image.layer.stat().st_size)
    _blob(port, repository, digest(config), config, len(config))
    _ask(port, "PUT", f"/v2/{repository}/manifests/{digest(manifest)}", manifest, {"Content-Type": MANIFEST})
    return f"localhost:{port}/{repository}@{digest(manifest)}"


def _blob(port: int, repository: str, named: str, content: Any, size: int) -> None:
    """Upload one blob, unless the registry has it."""
    if _ask(port, "HEAD", f"/v2/{repository}/blobs/{named}", refuse=False).status == http.client.OK:
        return
    begun = _ask(port, "POST", f"/v2/{repository}/blobs/uploads/")
    place = begun.getheader("Location", "").partition(f"localhost:{port}")[2] or begun.getheader("Location", "")
    mark = "&" if "?" in place else "?"
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    _ask(port, "PUT", f"{place}{mark}digest={named}", content, headers)


def _ask(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, *, refuse: bool = True
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("localhost", port, timeout=120)
    try:
        connection.request(method, path, body, {"Host": f"localhost:{port}", **(headers or {})})
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if refuse and answer.status >= http.client.BAD_REQUEST:
        raise RehearsalError(
            f"the emulated registry refused {method} {path}: {answer.status} {said[:300]}",
            "its log is emulated-aws.log in the rehearsal's folder.",
        )
    return answer


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
