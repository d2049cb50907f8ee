"""GitHub's patterns: of refs in rulesets, of branches in protections and policies, of files in CODEOWNERS."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


@cache
def ref_pattern(pattern: str) -> re.Pattern[str]:
    """As Ruby's `File.fnmatch` with FNM_PATHNAME: `*` stays within a part, `**/` crosses them."""
    written, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            written, at = f"{written}(?:[^/]+/)*", at + 3
        elif pattern[at] == "*":
            while at < len(pattern) and pattern[at] == "*":
                at += 1
            written += "[^/]*"
        elif pattern[at] == "?":
            written, at = f"{written}[^/]", at + 1
        elif pattern[at] == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            inside = pattern[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            written, at = f"{written}[{'^' + inside[1:] if inside.startswith('!') else inside}]", end + 1
        else:
            written, at = written + re.escape(pattern[at]), at + 1
    return re.compile(written)


def matches(pattern: str, name: str) -> bool:
    """Whether a branch or tag, by its short name, fits."""
    return ref_pattern(pattern).fullmatch(name) is not None


def covers(include: Iterable[str], exclude: Iterable[str], ref: str, default_branch: str) -> bool:
    """Whether the `ref_name` condition of a ruleset takes a full ref in."""

    def one(pattern: str) -> bool:
        if pattern == "~ALL":
            return True
        if pattern == "~DEFAULT_BRANCH":
            return ref == f"refs/heads/{default_branch}"
        full = pattern if pattern.startswith("refs/") else f"{ref.rsplit('/', ref.count('/') - 1)[0]}/{pattern}"
        return ref_pattern(full).fullmatch(ref) is not None

    return any(map(one, include)) and not any(map(one, exclude))


@cache
def owned_pattern(pattern: str) -> re.Pattern[str]:
    """A line of CODEOWNERS, which follows gitignore's rules without `!` and `[ ]`."""
    anchored = "/" in pattern.rstrip("/")
    inner = pattern.strip("/")
    written = ""
    for part in re.split(r"(\*\*/|/\*\*|\*|\?)", inner):
        written += {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    start = "" if anchored else "(?:.*/)?"
    # `docs/*` owns the files in a folder and none below; everything else owns a file of that name or a whole folder.
    end = "" if inner.endswith("/*") else "/.*" if pattern.endswith("/") else "(?:/.*)?"
    return re.compile(f"{start}{written}{end}")


def owners_of(content: str, path: str) -> tuple[str, ...]:
    """Who owns a file: the last line of CODEOWNERS that fits it."""
    found: tuple[str, ...] = ()
    for line in content.splitlines():
        words = line.partition("#")[0].split()
        if words and owned_pattern(words[0]).fullmatch(path):
            found = tuple(words[1:])
    return found
