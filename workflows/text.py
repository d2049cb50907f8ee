"""From a template to a text. A template is real YAML: what decides is written in comments, what is filled in is a word.

    # if: NAME           the lines up to `# end` stay where NAME holds something; `# if: not NAME` the other way round
    # each: x in NAME    the lines up to `# end`, once for each
    # include: FILE      another template, at this indentation; `with a=b` calls there `a` what is `b` here
    #- …                 for who reads the template: left out
    __NAME__             a value, `__x.part__` a part of one; alone on its line it may have several lines
    uses: NAME@PIN       the pinned commit and its version, from the pins; `image: NAME@PIN` likewise

`needs: [a, b]` may name jobs that were left out: what is rendered names those that are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workflows.pins import Pins

_DIRECTIVE = re.compile(r"^(?P<indent> *)# (?P<word>if|each|include|end)(: (?P<rest>.+))?$")
_PLACEHOLDER = re.compile(r"__([a-z]+(?:[_.][a-z]+)*)__")
_ALONE = re.compile(rf"( *)(?:{_PLACEHOLDER.pattern})")
_USES = re.compile(r"(uses: )([\w./-]+)@PIN$")
_IMAGE = re.compile(r"((?:image|name): )([\w./-]+)@PIN$")
_NEEDS = re.compile(r"^(?P<indent> *)needs: \[(?P<jobs>[\w, -]*)\]$")
_JOB = re.compile(r"^(?P<indent> *)(?P<name>[\w-]+):$")


class TemplateError(Exception):
    """A template is wrong: its file, its line and what is wrong with it."""


class Template:
    """Templates of one folder, with the pins that they name."""

    def __init__(self, folder: Path, pins: Pins) -> None:
        """Read templates from `folder`."""
        self.folder = folder
        self.pins = pins

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the text of the template `name`. Raises `TemplateError`."""
        lines = existing_needs(list(self._file(name, values)))
        text = "".join(f"{line}\n" for line in lines)
        return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"

    def _file(self, name: str, values: Mapping[str, Any]) -> Iterator[str]:
        lines = (self.folder / name).read_text().splitlines()
        yield from self._block(name, lines, 0, len(lines), values)

    def _block(self, name: str, lines: Sequence[str], start: int, end: int, values: Mapping[str, Any]) -> Iterator[str]:
        """Render the lines from `start` up to `end`."""
        at = start
        while at < end:
            line = lines[at]
            comment = line.strip() if "#" in line else ""
            found = _DIRECTIVE.match(line) if comment else None
            if comment.startswith("#- ") or comment == "#-":
                pass
            elif found is None:
                yield from self._line(f"{name}:{at + 1}", line, values)
            elif found["word"] == "end":
                raise TemplateError(f"{name}:{at + 1}: an end without a beginning")
            elif found["word"] == "include":
                inner = self._include(f"{name}:{at + 1}", found["rest"], values)
                yield from (f"{found['indent']}{one}" if one else "" for one in inner)
            else:
                close = _end(name, lines, at, end)
                for scope in _scopes(f"{name}:{at + 1}", found["word"], found["rest"], values):
                    yield from self._block(name, lines, at + 1, close, scope)
                at = close
            at += 1

    def _include(self, where: str, rest: str, values: Mapping[str, Any]) -> Iterator[str]:
        file, _, given = rest.partition(" with ")
        extra = {}
        for pair in given.split():
            inner, _, outer = pair.partition("=")
            extra[inner] = _value(where, outer, values)
        yield from self._file(file, {**values, **extra})

    def _line(self, where: str, line: str, values: Mapping[str, Any]) -> Iterator[str]:
        """Fill in one line."""
        if "__" not in line and "@PIN" not in line:  # most lines have nothing to fill in
            yield line
            return
        alone = _ALONE.fullmatch(line)
        if alone:
            for one in str(_value(where, alone[2], values)).splitlines():
                yield f"{alone[1]}{one}" if one else ""
            return
        line = _PLACEHOLDER.sub(lambda found: _shown(where, found[1], values), line)
        for pattern, known in ((_USES, self.pins.actions), (_IMAGE, self.pins.images)):
            pinned = pattern.search(line)
            if pinned and pinned[2] not in known:
                raise TemplateError(f"{where}: {pinned[2]} is not among the pins")
            if pinned:
                line = f"{line[: pinned.start()]}{pinned[1]}{known[pinned[2]]}"
        yield line


def existing_needs(lines: Sequence[str]) -> list[str]:
    """Let `needs` name only jobs that there are; leave out one that names none."""
    found = (_JOB.match(line) for line in lines)
    jobs = {match["name"] for match in found if match and len(match["indent"]) <= len("  ")}
    kept = []
    for line in lines:
        needs = _NEEDS.match(line)
        if needs is None:
            kept.append(line)
            continue
        named = [name for name in needs["jobs"].split(", ") if name in jobs]
        if named or not needs["jobs"]:
            kept.append(f"{needs['indent']}needs: [{', '.join(named)}]")
    return kept


def _end(name: str, lines: Sequence[str], start: int, end: int) -> int:
    """Return the line that ends the block that `start` begins."""
    depth = 0
    for at in range(start, end):
        found = _DIRECTIVE.match(lines[at]) if "#" in lines[at] else None
        if found and found["word"] != "include":
            depth += -1 if found["word"] == "end" else 1
        if depth == 0:
            return at
    raise TemplateError(f"{name}:{start + 1}: has no end")


def _scopes(where: str, word: str, rest: str, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Return the values with which a block is rendered, once for each time."""
    if word == "if":
        negated = rest.startswith("not ")
        if bool(_value(where, rest.removeprefix("not "), values)) != negated:
            yield values
        return
    item, _, name = rest.partition(" in ")
    for one in _value(where, name, values):
        yield {**values, item: one}


def _value(where: str, name: str, values: Mapping[str, Any]) -> Any:
    """Return the value that a dotted name names."""
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise TemplateError(f"{where}: there is no {name}")
        found = found[part]
    return found


def _shown(where: str, name: str, values: Mapping[str, Any]) -> str:
    text = str(_value(where, name, values))
    if "\n" in text:
        raise TemplateError(f"{where}: {name} has several lines and must stand alone")
    return text
