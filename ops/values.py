"""Values of properties as a preview has them: made comparable, told apart leaf by leaf, and fit to be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from delivery.redact import credential, masked

#: What the engine shows in the place of a secret.
SECRET: Final = "[secret]"  # noqa: S105 - it stands for one
#: What is known only when it is done.
AFTERWARDS: Final = "(known afterwards)"
#: Nothing is there.
ABSENT: Final = None

_MASK: Final = "***"
#: The marks of what is no plain value: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
_UNKNOWN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNKNOWNS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_MARK: Final = "4dabf18193072939515e22adb298388d"
_MARK_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark
_PART = re.compile(r"""\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)""")
#: Text, numbers and truth as a provider may hand them back.
_WORDS: Final = {True: "true", False: "false"}


def settled(value: Any) -> Any:
    """Return a value as it is compared: JSON as what it says, files by what is in them, what is not known as such."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        if value.get(_MARK) == _MARK_SECRET:
            return SECRET
        if _MARK in value and "hash" in value:
            return {"hash": value["hash"]}
        return {str(key): settled(inner) for key, inner in value.items() if not str(key).startswith("__")}
    if isinstance(value, list | tuple):
        return _named([settled(inner) for inner in value])
    return value


def _named(values: list[Any]) -> Any:
    """Return a list by name where all in it have one: variables, containers, services. Their order says nothing."""
    names = [value.get("name") if isinstance(value, dict) else None for value in values]
    if values and all(isinstance(name, str) and name for name in names) and len({*names}) == len(names):
        return dict(zip(names, values, strict=True))
    return values


def _text(text: str) -> Any:
    if text in _UNKNOWNS:
        return AFTERWARDS
    if text[:1] in ("{", "["):
        try:
            return settled(json.loads(text))
        except ValueError:
            pass
    return _UNKNOWN.sub(lambda found: AFTERWARDS if found[0] in _UNKNOWNS else found[0], text)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values mean the same: nothing and empty do, a number and its text, JSON in any form."""
    return _alike(settled(one), settled(other))


def _alike(one: Any, other: Any) -> bool:
    if _empty(one) or _empty(other):
        return _empty(one) and _empty(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one.get(key), other.get(key)) for key in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return False
    return _word(one) == _word(other)


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_empty, value.values()))
    return value is None or (isinstance(value, str | list) and not value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _WORDS[value]
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def leaves(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Return where two values differ, each with its path, its old and its new value.

    A secret is masked on both sides: whether it differs cannot be seen, so that it counts as if it did.
    """
    yield from _leaves(path, settled(old), settled(new))


def _leaves(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict | None) and isinstance(new, dict | None) and (old or new):
        before, after = old or {}, new or {}
        for key in sorted({*before, *after}):
            yield from _leaves(_under(path, key), before.get(key), after.get(key))
    elif isinstance(old, list | None) and isinstance(new, list | None) and (old or new):
        first, second = old or [], new or []
        told = False
        for number in range(max(len(first), len(second))):
            one, other = (side[number] if number < len(side) else None for side in (first, second))
            for leaf in _leaves(f"{path}[{number}]", one, other):
                told = True
                yield leaf
        if not told and not _alike(old, new):
            yield path, old, new  # one is longer, by entries that hold nothing
    elif not _alike(old, new) or (old == SECRET and new == SECRET):
        yield path, old, new


def _under(path: str, key: str) -> str:
    if re.fullmatch(r"[^.\[\]\"]+", key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def at(properties: Any, path: str) -> Any:
    """Return the value at a path of the engine's (`tags["a.b"]`, `ingress[0].fromPort`); `ABSENT` where there is none.

    Into a text that is JSON it does not go: no provider names such a path.
    """
    found = properties
    for key, number, name in _PART.findall(path):
        if number:
            found = found[int(number)] if isinstance(found, list) and int(number) < len(found) else ABSENT
        elif isinstance(found, Mapping):
            found = found.get(key.replace('\\"', '"') or name, ABSENT)
        else:
            return ABSENT
    return found


def hidden(path: str, value: Any) -> Any:
    """Return a value without what looks like a credential, by its name or its form. An ARN is a name, and stays."""
    names = [key or name for key, _, name in _PART.findall(path) if key or name]
    # A variable is called what stands before its `value`.
    called = names[-2:-1] if names[-1:] == ["value"] and len(names) > 1 else names[-1:]
    return _hidden("".join(called), value)


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("name"), str) and "value" in value:
            return {**value, "value": _hidden(value["name"], value["value"])}
        return {key: _hidden(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hidden(name, inner) for inner in value]
    if not isinstance(value, str) or value in ("", SECRET, AFTERWARDS) or value.startswith("arn:"):
        return value
    return _MASK if credential(name) else masked(value)
