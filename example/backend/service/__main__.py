"""Starts the service: `python3 -m service`.

PORT (8000), DEPENDENCIES (`name=tcp://host:port …`), SIGNING_KEY and DRAIN_SECONDS (2) come from the environment, and
so do DATABASE_URL and REDIS_URL, where there is such a store; the version from the file `VERSION` beside this package.
EDITION names how the shop is dressed up today: answers carry it behind their version, `1.8.0+summer`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .dependencies import Dependency
from .pages import Shop
from .server import Server
from .stores import Stores


def named(version: str, edition: str) -> str:
    """Return what answers call themselves: two configurations of one image differ in it."""
    return f"{version}+{edition}" if edition else version


def main() -> None:
    """Serve until SIGTERM."""
    built = (Path(__file__).resolve().parent.parent / "VERSION").read_text().strip()
    version = named(built, os.environ.get("EDITION", ""))
    shop = Shop(version, Dependency.parse_all(os.environ.get("DEPENDENCIES", "")), Stores.of(os.environ))
    drain = float(os.environ.get("DRAIN_SECONDS", "2"))
    with Server(int(os.environ.get("PORT", "8000")), shop, os.environ.get("SIGNING_KEY", "")) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.leave(drain))
        print(f"shop {version} listens on port {server.server_port}", flush=True)
        server.serve_forever(poll_interval=0.1)
    print("all requests are answered; goodbye", flush=True)


if __name__ == "__main__":
    main()
