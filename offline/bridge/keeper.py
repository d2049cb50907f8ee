"""Keeps one Terraform provider process: starts it, writes down how to reach it, ends it when nobody uses it any more.

Started by `warm` as a small process of its own, because the provider outlives the plugin that wanted it: its
configuration costs seconds, and the engine starts its plugins anew for every preview and update. Users hold a shared
lock on `use`; the kernel gives it back however they end. Standard library only: it stays small.

Usage: launch.py keeper FOLDER BINARY SECONDS WORKDIR
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn, cast

from offline.processes import die_with_parent

#: What Terraform's plugins ask for, lest someone start them by hand.
COOKIE = {"TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"}
PACE = 0.25


def variables(outer: Mapping[str, str], folder: Path, binary: str) -> dict[str, str]:
    """Return what the provider finds in its environment.

    It leaves to Terraform what is logged and hands over everything: each request and answer with its body, and so the
    values of secrets. Nobody chooses here, so it is told to keep to errors; a variable that is set already stays, for
    whoever looks for a fault.
    """
    name = Path(binary).name.removeprefix("terraform-provider-").partition("_")[0].upper().replace("-", "_")
    quiet = dict.fromkeys((f"TF_LOG_PROVIDER_{name}", "TF_LOG_SDK"), "ERROR")
    told = {**quiet, **outer, **COOKIE, "PLUGIN_PROTOCOL_VERSIONS": "5", "TMPDIR": str(folder)}
    # With it set the provider would speak TLS; a unix socket in a folder of the user's needs none.
    told.pop("PLUGIN_CLIENT_CERT", None)
    return told


def _start(folder: Path, binary: str, workdir: str) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [binary],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=variables(os.environ, folder, binary),
            cwd=workdir,
            preexec_fn=die_with_parent,
        )


def _end(child: subprocess.Popen[bytes], folder: Path) -> NoReturn:
    child.kill()
    child.wait()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main(folder: Path, binary: str, seconds: float, workdir: str) -> None:
    """Serve until the provider ends or has been without a user for `seconds`."""
    child = _start(folder, binary, workdir)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        _end(child, folder)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    line = cast(IO[bytes], child.stdout).readline()
    if not line:
        # It ended before it shook hands; whoever wanted it tells what it said, and clears up.
        child.wait()
        os._exit(1)
    draft = folder / "handshake.new"
    draft.write_bytes(line)
    draft.rename(folder / "handshake")
    used = time.monotonic()
    with (folder / "use").open("w") as lock:
        while child.poll() is None:
            time.sleep(PACE)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                used = time.monotonic()
                continue
            # With the lock held nobody can join; a spoiled provider must not serve anyone again.
            if (folder / "spoiled").exists() or time.monotonic() - used > seconds:
                break
            fcntl.flock(lock, fcntl.LOCK_UN)
        _end(child, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4])
