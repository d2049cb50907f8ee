"""Keep one comment on a pull request up to date: `comment.py --number N --title T --result R --file FILE`.

The comment is known by a mark that nobody sees, looked for on all pages of the comments. What it shows is the plan
(`--page`: Markdown, danger first, all of it folded), and beside it how the tests went (`--tests`: a folder of results
for each suite). A preview that failed is told too, with its log (`--file`): then most of all. A text that is too long
for a comment is cut in the middle, where it says least, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __package__:
    from workflows.steps.results import COVERAGE, coverage, junit
else:  # run as a file
    from results import COVERAGE, coverage, junit  # type: ignore[import-not-found, no-redef, unused-ignore]

#: GitHub takes 65,536 characters; the frame around the text needs some.
MOST = 60_000
#: So much of them tests get at most.
MOST_TESTS = 6_000
_TRIES = 3


def main(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Write or renew the comment; return 1 where GitHub refuses, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="comment.py", description="Keep one comment on a pull request up to date.")
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--result", required=True, help="success, failure or cancelled")
    parser.add_argument("--file", type=Path, required=True, help="what the preview wrote, for one that failed")
    parser.add_argument("--page", type=Path, default=Path("nothing"), help="the plan, in Markdown")
    parser.add_argument("--tests", type=Path, default=Path("nothing"), help="a folder for each suite, of its results")
    parser.add_argument("--coverage", type=float, default=0.0, metavar="PERCENT", help="how much must be covered")
    asked = parser.parse_args(words)
    github = GitHub(environ)
    told = tests(asked.tests, asked.coverage)
    text = body(asked.title, asked.result, _read(asked.file), github.run, page=_read(asked.page), tests=told)
    try:
        github.keep(asked.number, mark(asked.title), text)
    except urllib.error.HTTPError as error:
        why = error.read().decode(errors="replace")[:200]
        print(f"::error::GitHub refused the comment ({error.code}): {why}. Does the job have pull-requests: write?")
        return 1
    return 0


def mark(title: str) -> str:
    """Return what the comment is known by."""
    return f"<!-- slipway: {re.sub(r'[^a-z0-9]+', '-', title.lower())} -->"


def body(title: str, result: str, text: str, run: str, *, page: str = "", tests: str = "") -> str:
    """Return the comment: the plan, or the log where there is none or the preview did not succeed; then the tests."""
    head = {"success": "", "failure": " failed", "cancelled": " was cancelled"}.get(result, f": {result}")
    beside = [shortened(tests.strip(), MOST_TESTS), ""] if tests.strip() else []
    room = MOST - sum(map(len, beside))
    lines = [mark(title), f"### {title}{head}", ""]
    if page.strip() and result == "success":
        lines += [_whole(page.strip(), room), ""]
    else:
        lines += _log(text, room, opened=result != "success")
    return "\n".join([*lines, *beside, f"[The run]({run})"])


def tests(folder: Path, wanted: float) -> str:
    """Return how the tests went, in Markdown: a row for each suite that left results; empty where none did.

    folder: has one folder for each suite, called `results-SUITE` as its artifact is; or, as the action that brings
    them does it with a single one, the files themselves.
    """
    rows = []
    suites = sorted(folder.glob("results-*")) if folder.is_dir() else []
    for suite in suites or [folder]:
        found, covered = junit(suite), coverage(suite / COVERAGE)
        if not found.tests and covered is None:
            continue
        lines = "" if covered is None else f"{covered:.1f} % ({wanted:g} % must be)"
        name = suite.name.removeprefix("results-")
        rows.append(f"| {name} | {found.tests} | {len(found.failed)} | {found.skipped} | {lines} |")
    if not rows:
        return ""
    return "\n".join(["| tests | ran | failed | skipped | lines covered |", "| --- | --- | --- | --- | --- |", *rows])


def shortened(text: str, most: int = MOST) -> str:
    """Cut a text in the middle where it is too long, at ends of lines."""
    if len(text) <= most:
        return text
    first, last = text[: most // 2].rpartition("\n")[0], text[-most // 2 :].partition("\n")[2]
    return f"{first}\n\n… {len(text) - len(first) - len(last)} characters are left out; the run has all …\n\n{last}"


def _log(text: str, room: int, *, opened: bool) -> list[str]:
    """Return what the preview wrote, folded; open where it failed."""
    # What stands around it has room of its own.
    shown = shortened(text.strip(), room - 1_000) or "(it wrote nothing)"
    fence = _fence(shown)
    return [
        f"<details{' open' if opened else ''}><summary>All of it</summary>",
        "",
        f"{fence}diff",
        shown,
        fence,
        "",
        "</details>",
        "",
    ]


def _whole(page: str, room: int) -> str:
    """Return a page that fits; what is folded in it ends as it began, wherever it is cut."""
    if len(page) <= room:
        return page
    kept = page[: room - 500].rpartition("\n")[0]
    fences = re.findall(r"^`{3,}", kept, re.MULTILINE)
    end = [fences[-1]] if len(fences) % 2 else []
    end += ["", "</details>"] if kept.count("<details") > kept.count("</details>") else []
    return "\n".join([kept, *end, "", f"… {len(page) - len(kept)} characters are left out; the run has all"])


def _fence(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return fence


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


class GitHub:
    """The few calls that a comment needs."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.api = environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self.repository = environ["GITHUB_REPOSITORY"]
        self.token = environ.get("GITHUB_TOKEN", "")
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        self.run = f"{server}/{self.repository}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}"

    def keep(self, number: int, known_by: str, text: str) -> None:
        """Renew the comment that `known_by` marks, or write it."""
        page = 1
        while True:
            comments = self._call("GET", f"issues/{number}/comments?per_page=100&page={page}")
            for comment in comments:
                if str(comment.get("body", "")).startswith(known_by):
                    self._call("PATCH", f"issues/comments/{comment['id']}", {"body": text})
                    return
            if len(comments) < 100:
                self._call("POST", f"issues/{number}/comments", {"body": text})
                return
            page += 1

    def _call(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        """Ask GitHub; a server that is not itself is asked again."""
        request = urllib.request.Request(  # noqa: S310 - GitHub's own variable names the server
            f"{self.api}/repos/{self.repository}/{path}",
            data=None if content is None else json.dumps(content).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        for tried in range(1, _TRIES + 1):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code < 500 or tried == _TRIES or method == "POST":
                    raise
            time.sleep(tried)
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
