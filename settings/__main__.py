"""Write `docs/settings.md`, or see whether it is as it should be: `python -m settings [--write-docs]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from settings.docs import render
from settings.source import read_yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"


def main(words: Sequence[str]) -> int:
    """Return 0 where the page is right, 1 where it is not, 2 for wrong usage."""
    if any(word != "--write-docs" for word in words):
        print(f"Error: unknown: {' '.join(words)}\nFix:   python -m settings [--write-docs]", file=sys.stderr)
        return 2
    project = read_yaml(ROOT / "Pulumi.yaml")
    page = render(project["name"], project)
    if words:
        PAGE.write_text(page)
        return 0
    if not PAGE.exists() or PAGE.read_text() != page:
        print("Error: docs/settings.md is stale\nFix:   python -m settings --write-docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
