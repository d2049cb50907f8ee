"""Runs BuildKit for docker-build's plugin: its own folder, its own socket, nothing left behind.

The plugin takes the builder that buildx calls current. We write that choice, a "remote" builder at our socket, into a
folder of our own and name the folder by an environment variable; a buildx of the user's is not touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from offline.engine.cache import Cache
from offline.engine.parts import BUILDKIT
from offline.errors import OfflineError
from offline.processes import Recorded, detached

NAME = "slipway"
#: Longest path of a unix socket that the kernel takes.
SOCKET_LIMIT = 107
#: Seconds in which buildkitd must answer.
PATIENCE = 30.0


def configuration(root: Path, socket: Path, insecure: Sequence[str]) -> str:
    """Return buildkitd.toml: runc in the host's network, so that builds reach what the machine reaches."""
    lines = [
        f"root = {json.dumps(str(root))}",
        "[grpc]",
        f"address = [{json.dumps(f'unix://{socket}')}]",
        "[otel]",
        f"socketPath = {json.dumps(str(socket.with_suffix('.otel')))}",
        "[worker.oci]",
        "enabled = true",
        'snapshotter = "overlayfs"',
        'networkMode = "host"',
        "[worker.containerd]",
        "enabled = false",
    ]
    for registry in insecure:
        lines += [f"[registry.{json.dumps(registry)}]", "http = true"]
    return "\n".join(lines) + "\n"


def instance(socket: Path) -> dict[str, Any]:
    """Return what buildx writes for `buildx create --driver remote unix://…`."""
    node = {
        "Name": f"{NAME}0",
        "Endpoint": f"unix://{socket}",
        "Platforms": None,
        "DriverOpts": None,
        "Flags": None,
        "Files": None,
    }
    return {"Name": NAME, "Driver": "remote", "Nodes": [node], "Dynamic": False}


class Builder:
    """One buildkitd, whose every trace lies below `home`."""

    def __init__(self, home: Path, cache: Cache) -> None:
        self.home = home
        self.cache = cache
        self.root = home / "root"
        self.socket = home / "buildkitd.sock"
        self.log = home / "buildkitd.log"
        self.docker = home / "docker"
        self.note = home / "builder.json"

    @property
    def env(self) -> dict[str, str]:
        """The variables under which docker-build's plugin finds this builder."""
        return {"BUILDX_CONFIG": str(self.docker / "buildx"), "DOCKER_CONFIG": str(self.docker)}

    def start(
        self, *, proxy: str | None = None, ca: Path | None = None, insecure: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Start it and wait until it answers; return {pid, socket, env}.

        `proxy` is used for every registry and base image; `ca` is a PEM bundle that replaces the system's; `insecure`
        are registries that speak plain HTTP. Raises OfflineError if something it needs is missing.
        """
        tools = self.cache.part(BUILDKIT) / "bin"
        self._check(tools)
        self.stop()
        for folder in (self.root, self.home / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.home / "buildkitd.toml").write_text(configuration(self.root, self.socket, insecure))
        self._choose()
        command = [str(tools / "buildkitd"), "--config", str(self.home / "buildkitd.toml")]
        pid = detached(command, log=self.log, environment=self._environment(proxy, ca))
        recorded = Recorded.of(pid) or Recorded(pid, 0)
        self.note.write_text(json.dumps(vars(recorded)))
        self._await(recorded, tools / "buildctl")
        return {"pid": pid, "socket": str(self.socket), "env": self.env}

    def stop(self) -> None:
        """End it, also one whose starter was killed: process, build steps, mounts. Its cache of layers stays."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            Recorded(**json.loads(self.note.read_text())).end()
        self._end_steps()
        for mount in sorted(self._mounts(), key=len, reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        for file in (self.socket, self.socket.with_suffix(".otel")):
            file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        shutil.rmtree(self.home / "tmp", ignore_errors=True)

    def _check(self, tools: Path) -> None:
        """Refuse what could only fail later, and less clearly."""
        if not (tools / "buildkitd").is_file():
            raise OfflineError(
                "the image builder is not in the cache.", "`./slipway toolchain install --parts buildkit`."
            )
        if os.geteuid() != 0:
            raise OfflineError(
                "the image builder needs root: it mounts the layers of images.", "run this as root, or with sudo."
            )
        if not shutil.which("runc", path=self._path()):
            raise OfflineError(
                "there is no runc, which runs the steps of a build.",
                "on Debian or Ubuntu: `apt-get install runc`; it also comes with Docker.",
            )
        if len(str(self.socket)) > SOCKET_LIMIT:
            raise OfflineError(f"{self.home} is too long a path for a socket.", "choose a --home with a shorter path.")

    @staticmethod
    def _path() -> str:
        # Debian keeps runc outside the path of ordinary users.
        return f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin"

    def _environment(self, proxy: str | None, ca: Path | None) -> dict[str, str]:
        # Its temporary mounts too must lie below home, where stop() finds them.
        variables = {**os.environ, "PATH": self._path(), "TMPDIR": str(self.home / "tmp")}
        if proxy:
            variables |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
            variables |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        if ca:
            variables["SSL_CERT_FILE"] = str(ca.absolute())
        return variables

    def _choose(self) -> None:
        """Write buildx's note of which builder is current."""
        instances = self.docker / "buildx" / "instances"
        instances.mkdir(parents=True, exist_ok=True)
        (instances / NAME).write_text(json.dumps(instance(self.socket)))
        # Global: whichever Docker endpoint the environment names.
        (self.docker / "buildx" / "current").write_text(json.dumps({"Key": "", "Name": NAME, "Global": True}))

    def _await(self, daemon: Recorded, buildctl: Path) -> None:
        """Wait until its worker is there; raise OfflineError with what it said last."""
        limit = time.monotonic() + PATIENCE
        asked = [str(buildctl), "--addr", f"unix://{self.socket}", "debug", "workers"]
        while daemon.alive() and time.monotonic() < limit:
            if self.socket.exists() and subprocess.run(asked, check=False, capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        said = "\n  ".join(self.log.read_text(errors="replace").strip().splitlines()[-5:])
        self.stop()
        raise OfflineError(
            f"the image builder did not start; its last lines:\n  {said}", f"the whole log is {self.log}."
        )

    def _end_steps(self) -> None:
        """End containers of builds that were under way when it was killed."""
        if not (runc := shutil.which("runc", path=self._path())):
            return
        listed = subprocess.run([runc, "list", "--format", "json"], check=False, capture_output=True, text=True)
        for container in json.loads(listed.stdout or "null") or []:
            if container["bundle"].startswith(f"{self.root}/"):
                subprocess.run([runc, "delete", "--force", container["id"]], check=False, capture_output=True)

    def _mounts(self) -> Iterator[str]:
        """What is still mounted below home."""
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            # Spaces in paths are written as octal.
            target = line.split()[4].encode().decode("unicode_escape")
            if target.startswith(f"{self.home}/"):
                yield target
