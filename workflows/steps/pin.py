"""Name the release that a stack takes, in its settings: `pin.py --stack production --release 1.8.0 --plan HASH`.

The hash of the plan that the release comes with stands behind it, as a comment: who merges the line approves both.
`pulumi config set` would need the state and its credentials for what is one line of a file.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path


def main(words: Sequence[str]) -> int:
    """Write the line; return 1 where the file is not as expected, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="pin.py", description="Name the release that a stack takes.")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--release", required=True)
    parser.add_argument("--plan", default="", help="the plan's hash; empty where there is none")
    asked = parser.parse_args(words)
    if not re.fullmatch(r"(?:[0-9a-f]{12,64})?", asked.plan):
        print(f"::error::{asked.plan!r} is no plan's hash")
        return 1
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*", asked.release):
        print(f"::error::{asked.release!r} is no release's name")
        return 1
    file = Path(f"Pulumi.{asked.stack}.yaml")
    name = re.search(r"^name: *['\"]?([\w-]+)", Path("Pulumi.yaml").read_text(), re.MULTILINE)
    if name is None or not re.search(r"^config:\s*$", file.read_text(), re.MULTILINE):
        print(f"::error::{file}: has no `config:`, or Pulumi.yaml no `name:`")
        return 1
    file.write_text(pinned(file.read_text(), name[1], asked.release, asked.plan))
    return 0


def pinned(text: str, project: str, release: str, plan: str = "") -> str:
    """Return the file's text with the release named; comments and all other lines stay."""
    line = f'{project}:release: "{release}"' + (f" # plan {plan}" if plan else "")
    found = re.compile(rf"^( +)({re.escape(project)}:)?release:.*$", re.MULTILINE)
    if found.search(text):
        return found.sub(lambda match: match[1] + line, text, count=1)
    return re.sub(r"^config:\s*?$", lambda match: f"{match[0]}\n  {line}", text, count=1, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
