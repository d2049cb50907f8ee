"""Show a text on the page of the run: `summary.py --title TITLE --file FILE`. GitHub takes 1 MiB of a step.

With `--page FILE` it is Markdown that is shown as it is, and the text of `--file` only where there is no such page;
nothing where there is neither.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
MOST = 900_000


def main(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Append to the summary; print where there is none."""
    parser = argparse.ArgumentParser(prog="summary.py", description="Show a text on the page of the run.")
    parser.add_argument("--title", required=True)
    parser.add_argument("--file", type=Path, help="a text")
    parser.add_argument("--page", type=Path, help="a text in Markdown, which goes before the other")
    asked = parser.parse_args(words)
    if asked.page is not None and asked.page.is_file():
        page(f"## {asked.title}\n\n{asked.page.read_text(errors='replace')[:MOST]}", environ)
    elif asked.file is not None:
        page(section(asked.title, asked.file.read_text(errors="replace") if asked.file.is_file() else ""), environ)
    return 0


def section(title: str, text: str) -> str:
    """Return a section of Markdown; what is too long loses its beginning, since the end says how it went."""
    shown = text if len(text) <= MOST else f"… {len(text) - MOST} characters more are in the log\n{text[-MOST:]}"
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"## {title}\n\n{fence}\n{shown.rstrip() or '(nothing)'}\n{fence}\n"


def page(text: str, environ: Mapping[str, str]) -> None:
    """Write to the page of the run."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        print(text)
        return
    with Path(path).open("a") as summary:
        summary.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
