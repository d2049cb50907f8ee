"""The application that is delivered: a copy with a history of its own, whose releases are commits and tags."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.errors import RehearsalError
from rehearsal.stage.wheels import WHEELS

RELEASES = Path(__file__).resolve().parent.parent / "story" / "releases"
#: What the example is called when it is delivered first.
FIRST_VERSION = "1.0.0"
#: What tools leave in a folder, and no release needs.
IGNORED = shutil.ignore_patterns(".git", ".venv", "venv", "__pycache__", "node_modules", "*.pyc")

#: Commits of a rehearsal carry no person's name, and need no configuration of git.
IDENTITY: Mapping[str, str] = {
    "GIT_AUTHOR_NAME": "Rehearsal",
    "GIT_AUTHOR_EMAIL": "rehearsal@example.com",
    "GIT_COMMITTER_NAME": "Rehearsal",
    "GIT_COMMITTER_EMAIL": "rehearsal@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


@dataclass(frozen=True)
class Change:
    """A change that becomes a release: a patch whose first line is the commit's subject."""

    path: Path

    @property
    def subject(self) -> str:
        """What the commit says."""
        return self.path.read_text().splitlines()[0]

    @property
    def story(self) -> str:
        """What a reader should know about it: the text between the subject and the diff."""
        text = self.path.read_text().partition("\ndiff --git")[0]
        return " ".join(text.splitlines()[1:]).strip()


def change(number: int) -> Change:
    """Return the change that makes release `number` of the example.

    2 to 5 are the story's, in their order, and name their versions. 6 brings a migration and 7 one that fails: either
    can follow any release, and gets the next minor version.
    """
    return Change(next(iter(sorted(RELEASES.glob(f"{number}-*.patch")))))


class Application:
    """The folder that a service is built from, as a git repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, source: Path, version: str, wheels: Path | None = None) -> None:
        """Copy the application, with the folder of packages that it is built from, and make its first release."""
        if not (source / "Dockerfile").is_file():
            raise RehearsalError(
                f"{source} has no Dockerfile, so no image can be built from it.",
                "name the folder that holds the application's Dockerfile: `--app PATH`.",
            )
        shutil.copytree(source, self.folder, ignore=IGNORED)
        if wheels:
            shutil.copytree(wheels, self.folder / WHEELS)
        self._git("init", "--quiet", "--initial-branch", "main")
        self._commit("The first release", version)

    def release(self, change: Change) -> str:
        """Commit a change and tag it with the version that it brings, else with the next minor one; return that."""
        self._git("apply", "--index", str(change.path))
        version = (self.folder / "VERSION").read_text().strip()
        if f"v{version}" in self._tags():
            version = self._next_minor()
            (self.folder / "VERSION").write_text(f"{version}\n")
        self._commit(change.subject, version)
        return version

    def touch(self, version: str = "") -> str:
        """Make a release that changes nothing but the image, and the file VERSION where there is one.

        version: empty for the next minor one.
        """
        version = version or self._next_minor()
        if (named := self.folder / "VERSION").is_file():
            named.write_text(f"{version}\n")
        with (self.folder / "Dockerfile").open("a") as recipe:
            recipe.write(f'\nLABEL slipway.rehearsal.version="{version}"\n')
        self._commit(f"Release {version}", version)
        return version

    def revert(self) -> None:
        """Take the last commit back, as one does with a bug."""
        self._git("revert", "--no-edit", "HEAD")

    def _tags(self) -> list[str]:
        return self._git("tag", "--list", "v*").split()

    def _next_minor(self) -> str:
        """Return the minor version after every one that there has been, stopped releases included."""
        major, minor = max(tuple(map(int, tag.removeprefix("v").split(".")[:2])) for tag in self._tags())
        return f"{major}.{minor + 1}.0"

    def _commit(self, message: str, version: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        self._git("tag", f"v{version}")

    def _git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**os.environ, **IDENTITY},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RehearsalError(
                f"git {' '.join(words[:2])} failed in the copy of the application: {done.stderr.strip()[-300:]}",
                "look at the application's folder; a file that git cannot read may be the reason.",
            )
        return done.stdout
