"""Tell how tests went, from what they left: `results.py FOLDER --coverage PERCENT`.

JUnit's XML (`*.xml` with test cases) becomes a table on the page of the run and a mark in the pull request at each
test that failed; Cobertura's `coverage.xml` becomes a line, and below PERCENT an error. A suite that leaves neither is
judged by its exit code alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if __package__:
    from workflows.steps.summary import page
else:  # run as a file
    from summary import page  # type: ignore[import-not-found, no-redef, unused-ignore]

#: Marks in a pull request: GitHub shows ten of a step. https://github.com/orgs/community/discussions/26680
MOST_MARKS = 10
COVERAGE = "coverage.xml"


@dataclass(slots=True)
class Results:
    """Tests that ran. failed: a name and the first line of what is wrong, for each."""

    tests: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failed: list[tuple[str, str]] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)


def main(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Tell; return 1 where too few lines are covered, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="results.py", description="Tell how tests went.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--coverage", type=float, default=0.0, metavar="PERCENT")
    asked = parser.parse_args(words)
    found = junit(asked.folder)
    covered = coverage(asked.folder / COVERAGE)
    if found.tests or covered is not None:
        page(table(found, covered, asked.coverage), environ)
    for name, why in found.failed[:MOST_MARKS]:
        print(f"::error title={_escaped(name, title=True)}::{_escaped(why)}")
    if covered is not None and covered < asked.coverage:
        print(f"::error::{covered:.1f} % of lines are covered, {asked.coverage:g} % must be (workflows.coverage)")
        return 1
    return 0


def junit(folder: Path) -> Results:
    """Read all of JUnit's files; one that is no XML tells nothing."""
    found = Results()
    for path in sorted(folder.glob("**/*.xml")):
        root = _xml(path)
        for case in root.iter("testcase") if root is not None else ():
            name = ".".join(filter(None, [case.get("classname"), case.get("name")]))
            seconds = _number(case.get("time"))
            found.tests += 1
            found.seconds += seconds
            found.slowest.append((seconds, name))
            if case.find("skipped") is not None:
                found.skipped += 1
            wrong = case.find("failure") if case.find("failure") is not None else case.find("error")
            if wrong is not None:
                lines = (wrong.get("message") or wrong.text or "it failed").strip().splitlines()
                found.failed.append((name, lines[0] if lines else "it failed"))
    found.slowest = sorted(found.slowest, reverse=True)[:5]
    return found


def coverage(path: Path) -> float | None:
    """Return the lines covered, in per cent; None where it was not measured."""
    root = _xml(path) if path.is_file() else None
    rate = root.get("line-rate") if root is not None else None
    return None if rate is None else 100 * _number(rate)


def table(found: Results, covered: float | None, wanted: float) -> str:
    """Return it in Markdown."""
    lines = ["| tests | failed | skipped | seconds |", "| --- | --- | --- | --- |"]
    lines += [f"| {found.tests} | {len(found.failed)} | {found.skipped} | {found.seconds:.1f} |", ""]
    lines += [f"- failed: `{name}`: {why[:300]}" for name, why in found.failed]
    lines += [f"- {seconds:.1f} s: `{name}`" for seconds, name in found.slowest if seconds >= 1]
    if covered is not None:
        lines.append(f"- {covered:.1f} % of lines are covered; {wanted:g} % must be")
    return "\n".join(lines) + "\n"


def _xml(path: Path) -> ElementTree.Element | None:
    try:
        # Written by our own tests a moment ago; expat refuses entities that grow.
        return ElementTree.parse(path).getroot()  # noqa: S314
    except (OSError, ElementTree.ParseError):
        return None


def _number(text: str | None) -> float:
    try:
        return float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0


def _escaped(text: str, *, title: bool = False) -> str:
    """Return a text as a workflow command takes it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if title else text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
