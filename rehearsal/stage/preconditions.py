"""What must be so before anything is started, each with one sentence and the way out."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

from rehearsal.errors import RehearsalError

GIGABYTE = 10**9
#: Disk that the images, layers and logs of one rehearsal take, beside the toolchain's own.
STORY_GIGABYTES = 3.0


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse a Python that the program does not run on."""
    if version < (3, 11):
        raise RehearsalError(
            f"Python 3.11 or newer is needed; this is {'.'.join(map(str, version))}.",
            "run `python3.11 slipway rehearse`, or with a newer one.",
        )


def check_root(user: int | None = None) -> None:
    """Refuse everybody but root: the image builder mounts the layers of images."""
    if (os.geteuid() if user is None else user) != 0:
        raise RehearsalError(
            "a rehearsal builds images, and its builder mounts their layers: that takes root.",
            "run `sudo -E ./slipway rehearse`, or run it as root in the dev container or a virtual machine.",
        )


def check_git(found: str | None = None) -> None:
    """Refuse a machine without git: releases are commits."""
    if not (found or shutil.which("git")):
        raise RehearsalError(
            "there is no git, and releases are commits.",
            "install it (on Debian or Ubuntu: `apt-get install git`), or start with --install-missing.",
        )


def check_disk(folder: Path, needed: float = STORY_GIGABYTES, free: float | None = None) -> None:
    """Refuse a disk on which the rehearsal would stop half way; both numbers in GB."""
    if free is None:
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(existing).free / GIGABYTE
    if free < needed:
        raise RehearsalError(
            f"{folder} has {free:.1f} GB of disk left; a rehearsal needs {needed:.1f} GB.",
            "free some space, or set SLIPWAY_CACHE to a folder on a larger disk.",
        )


def check_ports(ports: Iterable[int]) -> None:
    """Refuse a port on which somebody else listens, and say who."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise RehearsalError(
                    f"port {port} of this machine is taken{_by(holder(port))} ({error.strerror}).",
                    f"end that, or take another: `--port {port + 100}`.",
                ) from None


def _by(holder: str) -> str:
    return f" by {holder}" if holder else ""


def holder(port: int) -> str:
    """Name the process that listens on a port: number and command; empty where the kernel does not tell us."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(table, port)}
    for process in Path("/proc").iterdir() if inodes else ():
        if not process.name.isdigit():
            continue
        try:
            if any(str(handle.readlink()) in inodes for handle in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                return f"process {process.name}, {' '.join(words[:4]).strip()}"
        except OSError:
            continue
    return ""


def _listening(table: str, port: int) -> Iterable[str]:
    """The inodes of sockets that listen on a port (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html)."""
    listens = "0A"
    try:
        rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    except OSError:
        return
    for row in rows:
        fields = row.split()
        if fields[3] == listens and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9]
