"""The proxy that the environment had before ours took its place."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Upstream:
    """The proxy that the environment had before ours took its place; `skip` are the hosts it is not used for."""

    host: str
    port: int
    authorization: bytes | None = None
    skip: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: dict[str, str]) -> Upstream | None:
        """Read it from HTTPS_PROXY and NO_PROXY, in either spelling."""
        url = environment.get("HTTPS_PROXY") or environment.get("https_proxy") or ""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if not url or not parts.hostname:
            return None
        secret = None
        if parts.username is not None:
            secret = b"Basic " + base64.b64encode(f"{parts.username}:{parts.password or ''}".encode())
        skip = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
        hosts = tuple(name.strip().lstrip(".") for name in skip.split(",") if name.strip())
        return cls(parts.hostname, parts.port or 80, secret, hosts)

    def serves(self, host: str) -> bool:
        """Whether connections to a host go through it."""
        return not any(name == "*" or host == name or host.endswith(f".{name}") for name in self.skip)
