"""Say what a change touches, as outputs of a step: `changes.py --base COMMIT --head COMMIT`.

    code=true|false        whether anything but pages (*.md) changed
    app=true|false         whether anything but production's settings changed
    production=true|false  whether production's settings changed
    plan=HASH|             the plan that stands behind the release which production is to take, where that line changed

Where it cannot be known (a first push, a merge queue), everything counts as changed but production's settings. With
`--messages` a commit that says it is unfinished fails the step.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

PRODUCTION = "Pulumi.production.yaml"
#: A line of a diff that names a release, as `pin.py` writes it.
PLAN = re.compile(r"""^\+ +(?:[\w-]+:)?release: *["']?[^"'#\s]+["']?(?: +# plan (?P<plan>[0-9a-f]{12,64}))?\s*$""")
UNFINISHED = re.compile(r"^(fixup!|squash!|amend!|WIP\b|wip\b)")
LONGEST_SUBJECT = 120


def main(words: Sequence[str]) -> int:
    """Print the outputs; return 1 where a commit's message is not fit to stay, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="changes.py", description="Say what a change touches.")
    parser.add_argument("--base", default="", help="the commit before; empty where there is none")
    parser.add_argument("--head", default="", help="the commit after")
    parser.add_argument("--messages", action="store_true", help="look at the messages of the commits, too")
    asked = parser.parse_args(words)
    paths = _git("diff", "--name-only", "--no-renames", f"{asked.base}...{asked.head}") if _known(asked) else None
    for name, value in outputs(paths).items():
        print(f"{name}={'true' if value else 'false'}")
    print(f"plan={approved(_lines(asked)) if paths is not None else ''}")
    look = asked.messages and paths is not None
    subjects = _git("log", "--no-merges", "--format=%h %s", f"{asked.base}..{asked.head}") if look else []
    wrong = [line for line in (told(subject) for subject in subjects or []) if line]
    for line in wrong:
        print(f"::error::{line}", file=sys.stderr)
    return 1 if wrong else 0


def outputs(paths: Sequence[str] | None) -> dict[str, bool]:
    """Return the outputs for the paths that changed; None where nobody knows."""
    if paths is None:
        return {"code": True, "app": True, "production": False}
    names = [PurePosixPath(path) for path in paths]
    return {
        "code": any(name.suffix != ".md" for name in names),
        "app": any(name.name != PRODUCTION for name in names),
        "production": any(name.name == PRODUCTION for name in names),
    }


def approved(lines: Sequence[str]) -> str:
    """Return the hash of the plan that a change to production's settings approves, given as the lines of its diff.

    Empty where the change names no release, or one without a plan: what a person writes by hand.
    """
    found = [PLAN.match(line) for line in lines]
    return next((one["plan"] or "" for one in reversed(found) if one), "")


def told(line: str) -> str:
    """Return what is wrong with a commit, given as `HASH SUBJECT`; empty where nothing is."""
    commit, _, subject = line.partition(" ")
    if UNFINISHED.match(subject):
        return f"{commit} says that it is unfinished ({subject[:40]}): `git rebase --autosquash` or amend it."
    if len(subject) > LONGEST_SUBJECT:
        return f"{commit} has a subject of {len(subject)} characters: keep it within {LONGEST_SUBJECT}."
    return ""


def _lines(asked: argparse.Namespace) -> list[str]:
    """Return the diff of production's settings, wherever they lie."""
    return (
        _git("diff", "--unified=0", "--no-color", f"{asked.base}...{asked.head}", "--", f":(top,glob)**/{PRODUCTION}")
        or []
    )


def _known(asked: argparse.Namespace) -> bool:
    """Tell whether both commits are here."""
    return all(
        re.fullmatch(r"[0-9a-f]{40}", commit) and commit.strip("0") and _git("cat-file", "-t", commit) == ["commit"]
        for commit in (asked.base, asked.head)
    )


def _git(*words: str) -> list[str] | None:
    """Return git's lines; None where it fails."""
    said = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return said.stdout.splitlines() if said.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
