"""Keep one comment on a pull request up to date: `comment.py --number N --title T --result R --file FILE`.

The comment is known by a mark that nobody sees, looked for on all pages of the comments. A text that is too long for
one is cut in the middle, where a diff says least, and says so. A preview that failed is told too: then most of all.
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

#: GitHub takes 65,536 characters; the frame around the text needs some.
MOST = 60_000
_LAST = "Resources:"
_TRIES = 3


def main(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Write or renew the comment; return 1 where GitHub refuses, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="comment.py", description="Keep one comment on a pull request up to date.")
    parser.add_argument("--number", type=int, required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--result", required=True, help="success, failure or cancelled")
    parser.add_argument("--file", type=Path, required=True)
    asked = parser.parse_args(words)
    text = asked.file.read_text(errors="replace") if asked.file.is_file() else ""
    github = GitHub(environ)
    try:
        github.keep(asked.number, mark(asked.title), body(asked.title, asked.result, text, github.run))
    except urllib.error.HTTPError as error:
        why = error.read().decode(errors="replace")[:200]
        print(f"::error::GitHub refused the comment ({error.code}): {why}. Does the job have pull-requests: write?")
        return 1
    return 0


def mark(title: str) -> str:
    """Return what the comment is known by."""
    return f"<!-- slipway: {re.sub(r'[^a-z0-9]+', '-', title.lower())} -->"


def body(title: str, result: str, text: str, run: str) -> str:
    """Return the comment: what is known at a glance, then all of it, folded."""
    head = {"success": "", "failure": " failed", "cancelled": " was cancelled"}.get(result, f": {result}")
    shown = shortened(text.strip()) or "(it wrote nothing)"
    fence = "```"
    while fence in shown:
        fence += "`"
    counts = [line.strip() for line in text.rpartition(_LAST)[2].splitlines() if line.strip()] if _LAST in text else []
    lines = [mark(title), f"### {title}{head}", "", *(f"- {line}" for line in counts[:6]), ""]
    opened = " open" if result != "success" else ""
    lines += [f"<details{opened}><summary>All of it</summary>", "", f"{fence}diff", shown, fence, "", "</details>", ""]
    return "\n".join([*lines, f"[The run]({run})"])


def shortened(text: str) -> str:
    """Cut a text in the middle where it is too long, at ends of lines."""
    if len(text) <= MOST:
        return text
    first, last = text[: MOST // 2].rpartition("\n")[0], text[-MOST // 2 :].partition("\n")[2]
    return f"{first}\n\n… {len(text) - len(first) - len(last)} characters are left out; the run has all …\n\n{last}"


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
