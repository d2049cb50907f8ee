"""The base image: the usual slim Python where it can be pulled, one made of the distribution's packages where not."""

from __future__ import annotations

import http.client

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.stage import rootfs
from rehearsal.stage.registry import Image

REPOSITORY = "base/python"
HUB = "registry-1.docker.io"
#: Seconds in which Docker Hub must answer to count as reachable.
PATIENCE = 5.0
RECIPE = rootfs.Recipe(
    name="a base image",
    holds="Python",
    reason="Docker Hub cannot be reached, and ",
    instead="connect to Docker Hub, or run the rehearsal in a Debian virtual machine.",
    # What a Python service needs beside the packages that every Debian has.
    packages=("python3-minimal", "libpython3-stdlib", "ca-certificates"),
)


def hub_answers() -> bool:
    """Tell whether Docker Hub can be reached from here."""
    connection = http.client.HTTPSConnection(HUB, timeout=PATIENCE)
    try:
        connection.request("GET", "/v2/")
        # 401 is how it greets a stranger.
        return connection.getresponse().status in (http.client.OK, http.client.UNAUTHORIZED)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def make(hand: Hand, console: Console, *, install_missing: bool) -> Image:
    """Return an image of the host's own distribution with Python, made once and kept in the cache."""
    return rootfs.make(RECIPE, hand, console, install_missing=install_missing)
