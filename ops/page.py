"""A plan as people read it: in Markdown for a pull request and the page of a run, in lines for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ops.planned import Change, Operation, Plan, hash_of
from ops.traffic import LEVELS, meaning

#: GitHub takes 65,536 characters of a comment; what stands around the page needs some.
MOST: Final = 50_000
_MOST_ROWS: Final = 60
_MOST_OF_A_VALUE: Final = 600
_ORDER: Final[tuple[Operation, ...]] = ("delete", "replace", "update", "create")
_TITLES: Final[Mapping[Operation, str]] = {
    "delete": "Deleted",
    "replace": "Replaced",
    "update": "Changed",
    "create": "Created",
}
_SIGNS: Final[Mapping[Operation, str]] = {"delete": "-", "replace": "+-", "update": "~", "create": "+"}


def page(plan: Plan, before: Sequence[str] = (), most: int = MOST) -> str:
    """Return the plan in Markdown: danger first, all of it folded; at most `most` characters.

    before: lines that stand above all else.
    """
    head = [*before, *([""] if before else []), *_head(plan)]
    listed = [line for operation in _ORDER for line in _section(plan, operation)]
    shown = "\n".join([*head, *listed])
    return _cut(shown, most // 2) + _folded(plan, most - min(len(shown), most // 2))


def lines(plan: Plan) -> list[str]:
    """Return the plan in lines: what is released, then each resource, danger first."""
    what = f", {plan.version}" if plan.version else ""
    return [
        f"Plan {plan.hash} for {plan.environment}{what}: {counted(plan)}",
        *(f"  warning: {line}" for text in plan.warnings for line in text.splitlines()),
        *(f"  {_row(change)}" for change in _sorted(plan.changes)),
    ]


def counted(plan: Plan) -> str:
    """Say in numbers what the plan does."""
    words = {"delete": "to delete", "replace": "to replace", "update": "to change", "create": "to create"}
    numbers = {operation: sum(one.operation == operation for one in plan.changes) for operation in _ORDER}
    return ", ".join(f"{number} {words[name]}" for name, number in numbers.items() if number) or "nothing to do"


def differences(approved: Mapping[str, Any], plan: Plan) -> list[str]:
    """Say what a plan does that the approved one, given as its document, does not, and the other way round."""
    now = plan.document
    found = [
        f"{what}: {_value(approved.get(what))} → {_value(now[what])}"
        for what in ("environment", "version", "digests")
        if approved.get(what) != now[what]
    ]
    before = {str(one.get("urn")): one for one in approved.get("changes") or []}
    after = {str(one["urn"]): one for one in now["changes"]}
    for urn in sorted({*before, *after}):
        name = _name(urn)
        then, one = before.get(urn), after.get(urn)
        if then == one:
            continue
        if then is None or one is None:
            word = "was not approved" if one is not None else "was approved, and is not to be done any more"
            found.append(f"{(one or then or {}).get('operation')} {name}: {word}")
            continue
        if then.get("operation") != one["operation"]:
            found.append(f"{name}: {then.get('operation')} → {one['operation']}")
        was, will = then.get("properties") or {}, one["properties"]
        for path in sorted({*was, *will}):
            if was.get(path) != will.get(path):
                found.append(f"{name}: {path}: approved {_pair(was.get(path))}, now {_pair(will.get(path))}")
        if (then.get("forced"), then.get("deleted_first")) != (one["forced"], one["deleted_first"]):
            found.append(f"{name}: is replaced in another way, or for another reason")
    return found


def known(document: Any, given: str) -> Mapping[str, Any] | None:
    """Return the document of an approved plan where it is the one of that hash."""
    return document if isinstance(document, Mapping) and hash_of(document) == given else None


def _head(plan: Plan) -> Iterator[str]:
    version = f"**{_plain(plan.version)}** for `{plan.environment}`" if plan.version else f"For `{plan.environment}`"
    yield f"{version}, plan `{plan.hash}`: {counted(plan)}"
    yield ""
    for service, digest in sorted(plan.digests.items()):
        yield f"- {service}: `{digest}`"
    if plan.digests:
        yield ""
    dangers = [change for change in _sorted(plan.changes) if meaning(change).level == "danger"]
    if dangers:
        yield "> [!CAUTION]"
        yield from (f"> `{_row(change)}`" + "  " for change in dangers[:_MOST_ROWS])
        yield from _more(dangers, "> ")
        yield ""
    if plan.warnings:
        yield "> [!WARNING]"
        yield from (f"> {_plain(line)}  " for text in plan.warnings for line in text.splitlines() if line.strip())
        yield ""


def _section(plan: Plan, operation: Operation) -> Iterator[str]:
    found = [change for change in _sorted(plan.changes) if change.operation == operation]
    if not found:
        return
    yield f"**{_TITLES[operation]}**"
    yield ""
    for change in found[:_MOST_ROWS]:
        said = meaning(change)
        level = f"**{said.level}**: " if said.level == "danger" else f"{said.level}: " if said.words else ""
        yield (
            f"- `{_SIGNS[operation]} {change.type.rpartition(':')[2]} {change.name}`"
            + (f" {level}{said.words}" if said.words else "")
            + _why(change)
        )
    yield from _more(found, "- ")
    yield ""


def _more(found: Sequence[Change], start: str) -> Iterator[str]:
    if len(found) > _MOST_ROWS:
        yield f"{start}… and {len(found) - _MOST_ROWS} more, below"


def _why(change: Change) -> str:
    return f" (because of {', '.join(f'`{path}`' for path in change.forced)})" if change.forced else ""


def _row(change: Change) -> str:
    """One resource on one line of plain text."""
    said = meaning(change)
    words = f": {said.level}: {said.words}" if said.words else ""
    return f"{_SIGNS[change.operation]} {change.type.rpartition(':')[2]} {change.name}{words}"


def _folded(plan: Plan, most: int) -> str:
    if not plan.changes:
        return ""
    text = "\n".join(line for change in _sorted(plan.changes) for line in _diff(change))
    fence = "```"
    while fence in text:
        fence += "`"
    properties = sum(len(change.properties) for change in plan.changes)
    summary = f"All of it: {len(plan.changes)} resources, {properties} properties"
    start, end = f"\n<details><summary>{summary}</summary>\n\n{fence}diff\n", f"\n{fence}\n\n</details>\n"
    return start + _cut(text, most - len(start) - len(end)) + end


def _diff(change: Change) -> Iterator[str]:
    sign = {"create": "+", "delete": "-"}.get(change.operation, "!")
    yield f"{sign} {_SIGNS[change.operation]} {change.type} {change.name}"
    for path, (old, new) in sorted(change.properties.items()):
        if old is not None:
            yield f"-     {path}: {_value(old)}"
        if new is not None:
            yield f"+     {path}: {_value(new)}"


def _sorted(changes: Sequence[Change]) -> list[Change]:
    def place(change: Change) -> tuple[int, int, str]:
        return LEVELS.index(meaning(change).level), _ORDER.index(change.operation), change.urn

    return sorted(changes, key=place)


def _pair(pair: Any) -> str:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return "no change"
    return f"{_value(pair[0])} → {_value(pair[1])}"


def _value(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\r", "").replace("\n", "⏎")
    return text if len(text) <= _MOST_OF_A_VALUE else f"{text[:_MOST_OF_A_VALUE]}… ({len(text)} characters)"


def _plain(text: str) -> str:
    """Return a text in which Markdown sees nothing of its own, and nobody is called by name."""
    for sign in "\\`*_<>[]|":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("@", "@\u200b")


def _name(urn: str) -> str:
    change = Change(urn, "update") if urn.count("::") >= 3 else None
    return f"{change.type.rpartition(':')[2]} {change.name}" if change else urn


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    told = "\n… {} characters are left out: plan.json has all"
    kept = text[: max(0, most - len(told) - 8)].rpartition("\n")[0]
    return kept + told.format(len(text) - len(kept))
