"""AWS's own command line, fetched with this machine's own pip: apart from our packages, since it pins a botocore."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import cache_folder

VERSION = "1.46.3"


def ensure(hand: Hand, console: Console) -> Hand:
    """Return a hand that finds `aws`, installed once into the user's cache."""
    folder = cache_folder() / f"aws-cli-{VERSION}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (
            console.working(f"Fetching AWS's command line {VERSION}") as work,
            tempfile.TemporaryDirectory(dir=folder.parent, prefix="new-") as scratch,
        ):
            fetched = Path(scratch) / "packages"
            words: list[str | Path] = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
            words += ["--target", fetched, f"awscli=={VERSION}"]
            done = hand.run(words, name="pip-install", on_line=lambda line: work.update(line.text))
            if done.code != 0:
                raise RehearsalError(
                    f"awscli {VERSION} could not be fetched: {' '.join(done.last(2))}",
                    f"check that pip reaches its index (`pip config list`); all it said is in {done.log}.",
                )
            # Whole or not at all: one that was killed half way must not count as fetched.
            shutil.rmtree(folder, ignore_errors=True)
            fetched.rename(folder)
            work.done(f"AWS's command line {VERSION}, fetched with pip")
    path = os.pathsep.join([str(folder / "bin"), hand.environment.get("PATH", os.defpath)])
    return replace(hand, environment={**hand.environment, "PATH": path, "PYTHONPATH": str(folder)})
