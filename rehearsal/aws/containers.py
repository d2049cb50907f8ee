"""What one rehearsal leaves with the Docker engine: removed at its end, and before the next start after a kill.

Containers are found by the rehearsal's label; images, which bear no label of ours, by a list kept in its home folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
from docker.errors import DockerException

_LABEL = "slipway.rehearsal"
_AT_ONCE = 4


def label_of(home: Path) -> str:
    """The label, `key=value`, of everything that the rehearsal in this home folder starts."""
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()
    return f"{_LABEL}={digest[:16]}"


def connect() -> docker.DockerClient:
    """The Docker engine that the environment names; raises DockerException where none answers."""
    client = docker.from_env(timeout=30)
    client.ping()
    return client


class Images:
    """The images that were pulled for one rehearsal, remembered across a kill."""

    def __init__(self, home: Path) -> None:
        self._list = home / "images"
        self._lock = threading.Lock()
        self._known: set[str] = set()

    def remember(self, reference: str) -> None:
        """Note an image that is about to be pulled."""
        with self._lock:
            if reference not in self._known:
                self._known.add(reference)
                with self._list.open("a") as kept:
                    kept.write(f"{reference}\n")

    def remove(self, client: docker.DockerClient) -> None:
        """Remove all of them; one that a running container uses stays."""
        if not self._list.exists():
            return
        for reference in self._list.read_text().split():
            with contextlib.suppress(DockerException, OSError):
                client.api.remove_image(reference, force=True)
        self._list.unlink()


def remove_all(client: docker.DockerClient, label: str) -> int:
    """Remove every container with the label, running or not; returns how many there were."""
    found = [entry["Id"] for entry in client.api.containers(all=True, filters={"label": [label]})]

    def remove(identifier: str) -> None:
        with contextlib.suppress(DockerException, OSError):
            client.api.remove_container(identifier, v=True, force=True)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        list(pool.map(remove, found))
    return len(found)
