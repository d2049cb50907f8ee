"""What was asked for: `docs/seeds.yaml`, the page `docs/seeds.md` written from it, and what the two name.

python -m tests.seeds            see whether the page is as it should be
python -m tests.seeds --write    write it
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from settings.source import LOADER
from settings.table import OBJECTS, SETTINGS

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "seeds.yaml"
PAGE = ROOT / "docs" / "seeds.md"

#: What an answer may be, and what that means; in the order of the page.
ANSWERS: dict[str, str] = {
    "open": "it is not there yet; what is missing",
    "declined": "it is not going to be; why",
    "replaced": "something else serves the same end; what",
    "done": "it is there; what does it",
}
KINDS = ("task", "criterion", "file")


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers some of what was asked.

    name: by which rows name it; answer: one of `ANSWERS`; title: in a few words; by: what does it, replaces it or is
    missing, why where it is declined; shown: where it can be seen, each a reference.
    """

    name: str
    answer: str
    title: str
    by: str
    shown: tuple[str, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """Everything that must exist: what stands in backquotes, and where it is shown."""
        return (*re.findall(r"`([^`]+)`", self.by), *self.shown)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was asked. id: unique in its document, such as `T014.2`; answer: an answer's name."""

    id: str
    kind: str
    answer: str
    asked: str


@dataclass(frozen=True, slots=True)
class Seed:
    """One of the documents. items: how many rows it must have; parts: its parts by title, in their order."""

    id: str
    title: str
    items: int
    parts: Mapping[str, Sequence[Row]]

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.parts.values() for row in part]


@dataclass(frozen=True, slots=True)
class Seeds:
    """All of it."""

    answers: Mapping[str, Answer]
    seeds: Sequence[Seed]


def load(text: str) -> Seeds:
    """Read the document; a missing field is a KeyError, a row of another length a ValueError."""
    found: Mapping[str, Any] = yaml.load(text, LOADER)
    return Seeds(
        {
            name: Answer(name, entry["answer"], entry["title"], _by(entry), tuple(entry.get("shown", ())))
            for name, entry in found["answers"].items()
        },
        [
            Seed(
                seed["id"],
                seed["title"],
                seed["items"],
                {part["title"]: [_row(*row) for row in part["rows"]] for part in seed["parts"]},
            )
            for seed in found["seeds"]
        ],
    )


def _by(entry: Mapping[str, Any]) -> str:
    return str(entry["why" if entry["answer"] == "declined" else "by"])


def _row(identity: str, kind: str, answer: str, asked: str) -> Row:
    return Row(identity, kind, answer, asked)


def gaps(identities: Iterable[str]) -> list[str]:
    """Return what is missing, or there twice: below each prefix numbers count from 1 without a gap, at every level."""
    known: dict[str, list[int]] = {}
    wrong = []
    seen = Counter(identities)
    for identity, times in seen.items():
        match = re.fullmatch(r"([A-Z]+)(\d+)((?:\.\d+)*)", identity)
        if match is None:
            wrong.append(f"{identity} is no id")
            continue
        if times > 1:
            wrong.append(f"{identity} is there {times} times")
        above = match[1]
        for number in (int(part) for part in f"{match[2]}{match[3]}".split(".")):
            known.setdefault(above, []).append(number)
            above = f"{above}{'.' if above[-1].isdigit() else ''}{number}"
    for above, numbers in known.items():
        absent = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        wrong += [f"{above}{'.' if above[-1].isdigit() else ''}{number} is missing" for number in absent]
    return wrong


def above(identity: str) -> str:
    """Return the id of what an item is a part of; empty where it is a part of none."""
    return identity.rpartition(".")[0]


# References


def problem(reference: str) -> str:
    """Return what is wrong with a reference; empty where what it names is there."""
    words = reference.split()
    if words[0] == "./slipway":
        return _verb(words[1:])
    if words[0] == "make":
        return _target(words[1:])
    path, _, test = reference.partition("::")
    if test:
        return "" if (ROOT / path).is_file() and test in tests_of(path) else f"{path} has no test {test}"
    path, _, place = reference.partition("#")
    if place:
        there = (ROOT / path).is_file() and place in (jobs_of(path) if path.endswith(".yml") else headings_of(path))
        return "" if there else f"{path} has no {place}"
    return "" if reference in settings() or (ROOT / reference).exists() else f"there is no {reference}"


def _verb(words: Sequence[str]) -> str:
    verb, options = words[0], [word for word in words[1:] if word.startswith("--")]
    if verb not in verbs():
        return f"./slipway has no verb {verb}"
    room = ROOT / verbs()[verb]
    text = "".join(path.read_text() for path in sorted(room.rglob("*.py")))
    missing = [option for option in options if f'"{option}"' not in text]
    wrong = [word for word in words[1:] if verb == "scene" and word not in acts()]
    return f"./slipway {verb} has no {', '.join(missing + wrong)}" if missing or wrong else ""


def _target(words: Sequence[str]) -> str:
    goals = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    if words[0] not in goals:
        return f"make has no {words[0]}"
    wrong = [word for word in words[1:] if words[0] != "scene" or word not in acts()]
    return f"there is no act {', '.join(wrong)}" if wrong else ""


@cache
def verbs() -> Mapping[str, str]:
    """Return the front door's verbs, each with the room that does it."""
    loader = importlib.machinery.SourceFileLoader("front_door", str(ROOT / "slipway"))
    spec = importlib.util.spec_from_loader("front_door", loader)
    assert spec is not None
    door = importlib.util.module_from_spec(spec)
    loader.exec_module(door)
    return {verb: words[0] for verb, (_, words, _) in door.VERBS.items()}


@cache
def acts() -> frozenset[str]:
    """Return the names of the rehearsal's acts, without loading it."""
    tree = ast.parse((ROOT / "rehearsal" / "story" / "acts" / "__init__.py").read_text())
    return frozenset(
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Act"
        and isinstance(node.args[0], ast.Constant)
    )


@cache
def settings() -> frozenset[str]:
    """Return every setting and field, as `services.checks.json`."""
    fields = {re.sub(r"\.<\w+>|\[\]", "", where): fields for where, fields in OBJECTS.items()}
    return frozenset({*SETTINGS, *(f"{where}.{field}" for where, inner in fields.items() for field in inner)})


@cache
def tests_of(path: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@cache
def jobs_of(path: str) -> frozenset[str]:
    """Return the jobs of a workflow."""
    return frozenset(yaml.load((ROOT / path).read_text(), LOADER).get("jobs", ()))


@cache
def headings_of(path: str) -> frozenset[str]:
    """Return the headings of a page as links name them."""
    lines = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines)


# The page

_HEAD = """\
# What was asked for

<!-- Written by `python -m tests.seeds --write` from docs/seeds.yaml: change that, not this. -->

Slipway began with five documents, each of which asked for the delivery of another application. This page lists every
task, criterion and file that they name, and what became of it. They overlap, and here and there they disagree; so
many rows share an answer, and answers are written once. A task is open as long as one of its parts is.

"""


def render(found: Seeds) -> str:
    """Return the page."""
    uses = Counter(row.answer for seed in found.seeds for row in seed.rows)
    lines = [_HEAD + _table(("answer", "means"), [(f"[{name}](#{name})", what) for name, what in ANSWERS.items()])]
    lines.append(_table(("document", "items", *reversed(ANSWERS)), [*_counts(found)]))
    for answer in ANSWERS:
        lines.append(f"## {answer.capitalize()}\n")
        some = [entry for entry in found.answers.values() if entry.answer == answer]
        shown = answer in ("done", "replaced")
        titles = ("what", {"declined": "why", "open": "what is missing"}.get(answer, "by"), "shown in", "rows")
        lines.append(
            _table(
                titles if shown else (*titles[:2], "rows"),
                [
                    (
                        f'<a id="{entry.name}"></a>{entry.title}',
                        entry.by,
                        *((" · ".join(_shown(each) for each in entry.shown),) if shown else ()),
                        str(uses[entry.name]),
                    )
                    for entry in some
                ],
            )
        )
    for seed in found.seeds:
        lines.append(f"## {seed.id} {seed.title}\n")
        for title, rows in seed.parts.items():
            lines.append(f"**{title}**\n")
            lines.append(_table(("id", "kind", "asked", "answer", "by"), [_cells(found, seed, row) for row in rows]))
    return "\n".join(lines).rstrip() + "\n"


def _counts(found: Seeds) -> Iterator[tuple[str, ...]]:
    total: Counter[str] = Counter()
    for seed in found.seeds:
        counted = Counter(found.answers[row.answer].answer for row in seed.rows)
        total += counted
        document = f"[{seed.id} {seed.title}](#{_slug(f'{seed.id} {seed.title}')})"
        yield (document, str(len(seed.rows)), *(str(counted[answer]) for answer in reversed(ANSWERS)))
    yield ("all", str(total.total()), *(str(total[answer]) for answer in reversed(ANSWERS)))


def _cells(found: Seeds, seed: Seed, row: Row) -> tuple[str, ...]:
    answer = found.answers[row.answer]
    asked = f"`{row.asked}`" if row.kind == "file" else row.asked
    return (f"{seed.id}/{row.id}", row.kind, asked, answer.answer, f"[{answer.title}](#{answer.name})")


def _shown(reference: str) -> str:
    path, _, _ = reference.partition("#")
    if path.endswith(".md"):
        target = reference.removeprefix("docs/") if path.startswith("docs/") else f"../{reference}"
        return f"[{path}]({target})"
    return f"`{reference}`"


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *rows)]
    return "\n".join(lines) + "\n"


def main(words: Sequence[str]) -> int:
    """Return 0 where the page is right, 1 where it is not, 2 for wrong usage."""
    if any(word != "--write" for word in words):
        print(f"Error: unknown: {' '.join(words)}\nFix:   python -m tests.seeds [--write]", file=sys.stderr)
        return 2
    page = render(load(SOURCE.read_text()))
    if words:
        PAGE.write_text(page)
        return 0
    if not PAGE.exists() or PAGE.read_text() != page:
        print("Error: docs/seeds.md is stale\nFix:   python -m tests.seeds --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
