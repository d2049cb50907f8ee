"""The packages that the example is built from, fetched with this machine's own pip, as it is configured.

An image is built where no package index may answer, and where nothing is known of the machine's index, proxy and
certificates. So the packages lie beside the application, and its Dockerfile unpacks them.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import cache_folder

#: The folder beside the Dockerfile that it takes packages from.
WHEELS = "wheels"
LIST = "requirements.txt"


def ensure(source: Path, hand: Hand, console: Console) -> Path | None:
    """Return a folder with every package of the application's list, fetched once; None where it has no list."""
    wanted = (source / LIST).resolve()
    if not wanted.is_file():
        return None
    folder = cache_folder() / WHEELS / hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        console.working("Fetching the application's packages") as work,
        tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as scratch,
    ):
        fetched = Path(scratch) / WHEELS
        # The list is whole: what its packages ask for besides stands in it, for any Python.
        words: list[str | Path] = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        words += ["--disable-pip-version-check", "--dest", fetched, "--requirement", wanted]
        done = hand.run(words, name="pip-download", on_line=lambda line: work.update(line.text))
        if done.code != 0:
            told = [line for line in done.last(40) if line.startswith("ERROR:")] or done.last(2)
            raise RehearsalError(
                f"the packages of {wanted.parent.name}/{LIST} could not be fetched: {' '.join(told[:2])}",
                f"check that pip reaches its index (`pip config list`); all it said is in {done.log}.",
            )
        count = len(list(fetched.glob("*.whl")))
        # Whole or not at all: one that was killed half way must not count as fetched.
        shutil.rmtree(folder, ignore_errors=True)
        fetched.rename(folder)
        work.done(f"the application's packages: {count}, fetched with pip")
    return folder
