"""What Terraform's core computes around a provider: the state to propose, what differs, what forces a replacement.

Pure functions over values and schemas; nothing here speaks to anyone.
"""

from __future__ import annotations

from typing import Any

from offline.bridge.cty import UNKNOWN, Value, kind
from offline.bridge.schema import SINGLE, TIMEOUTS, Block, Nested, Nesting

#: Steps from the root of a value: names of fields, keys of maps, positions in lists.
Path = tuple[str | int, ...]


def proposed(block: Block, prior: Value, config: Value) -> Value:
    """Merge what the program asks for with what is known of the resource, as Terraform's core does before a plan.

    An attribute that the program leaves open and the provider computes keeps its prior value; the provider decides
    whether it still holds. Blocks in sets have no identity: a prior one belongs to the configured one that it equals
    in everything the program said.
    """
    if config is None or config is UNKNOWN:
        return config
    before: dict[str, Any] = prior if isinstance(prior, dict) else {}
    state: dict[str, Value] = {}
    for name, attribute in block.attributes.items():
        given = config.get(name)
        state[name] = before.get(name) if given is None and attribute.computed else given
    for name, nested in block.blocks.items():
        state[name] = _proposed_blocks(nested, before.get(name), config.get(name))
    return state


def _proposed_blocks(nested: Nested, prior: Value, config: Value) -> Value:
    if config is UNKNOWN:
        return UNKNOWN
    if nested.nesting in SINGLE:
        return proposed(nested.block, prior, config)
    if nested.nesting == Nesting.MAP:
        return {key: proposed(nested.block, (prior or {}).get(key), one) for key, one in (config or {}).items()}
    before: list[Value] = list(prior) if isinstance(prior, list) else []
    if nested.nesting == Nesting.LIST:
        known = [*before, *[None] * len(config or [])]
        return [proposed(nested.block, known[place], one) for place, one in enumerate(config or [])]
    result = []
    for one in config or []:
        match = next((place for place, other in enumerate(before) if _says_the_same(nested.block, other, one)), None)
        result.append(proposed(nested.block, None if match is None else before.pop(match), one))
    return result


def _says_the_same(block: Block, prior: Value, config: Value) -> bool:
    """Tell whether a prior block equals a configured one in all that the program decides."""
    if not isinstance(prior, dict) or not isinstance(config, dict):
        return False
    for name, attribute in block.attributes.items():
        given = config.get(name)
        if not (given is None and attribute.computed) and not _equal(given, prior.get(name), attribute.type):
            return False
    for name, nested in block.blocks.items():
        ours, theirs = _as_list(config.get(name)), _as_list(prior.get(name))
        if len(ours) != len(theirs):
            return False
        if not all(any(_says_the_same(nested.block, other, one) for other in theirs) for one in ours):
            return False
    return True


def differences(block: Block, prior: Value, planned: Value) -> list[Path]:
    """Return where two states differ, as deep as positions mean something: not inside sets.

    Time limits are not part of what is compared: they belong to one operation.
    """
    before: dict[str, Any] = prior or {}
    after: dict[str, Any] = planned or {}
    found: list[Path] = []
    for name, attribute in block.attributes.items():
        found += [(name, *rest) for rest in _value_differences(before.get(name), after.get(name), attribute.type)]
    for name, nested in block.blocks.items():
        if name != TIMEOUTS:
            found += [(name, *rest) for rest in _block_differences(nested, before.get(name), after.get(name))]
    return found


def _value_differences(before: Value, after: Value, type_: Any) -> list[Path]:
    if _equal(before, after, type_):
        return []
    match kind(type_):
        case "map" | "object" if isinstance(before, dict) and isinstance(after, dict):
            inner = type_[1] if kind(type_) == "object" else {}
            return [
                (key, *rest)
                for key in sorted({*before, *after})
                for rest in _value_differences(
                    before.get(key), after.get(key), inner.get(key, type_[1]) if inner else type_[1]
                )
            ]
        case "list" if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            return [
                (place, *rest)
                for place, (old, new) in enumerate(zip(before, after, strict=True))
                for rest in _value_differences(old, new, type_[1])
            ]
    return [()]


def _block_differences(nested: Nested, before: Value, after: Value) -> list[Path]:
    if nested.nesting in SINGLE:
        if isinstance(before, dict) and isinstance(after, dict):
            return differences(nested.block, before, after)
        return [] if before == after else [()]
    if nested.nesting == Nesting.SET:
        return (
            []
            if _same_set(_as_list(before), _as_list(after), lambda a, b: not differences(nested.block, a, b))
            else [()]
        )
    if nested.nesting == Nesting.MAP:
        return [] if (before or {}) == (after or {}) else [()]
    if after is UNKNOWN or len(_as_list(before)) != len(_as_list(after)):
        return [()]
    return [
        (place, *rest)
        for place, (old, new) in enumerate(zip(_as_list(before), _as_list(after), strict=True))
        for rest in ([()] if new is UNKNOWN else differences(nested.block, old, new))
    ]


def _equal(one: Value, other: Value, type_: Any) -> bool:
    if kind(type_) == "set" and isinstance(one, list) and isinstance(other, list):
        return _same_set(one, other, lambda a, b: _equal(a, b, type_[1]))
    return bool(one == other)


def _same_set(one: list[Value], other: list[Value], same: Any) -> bool:
    rest = list(other)
    for element in one:
        match = next((place for place, candidate in enumerate(rest) if same(element, candidate)), None)
        if match is None:
            return False
        rest.pop(match)
    return not rest


def _as_list(value: Value) -> list[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def lookup(value: Value, path: Path) -> Value:
    """Return what lies at `path`, None where it ends early, UNKNOWN below an unknown value."""
    for step in path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def replacements(differing: list[Path], required: list[Path], prior: Value, planned: Value) -> list[Path]:
    """Keep the paths that really force a replacement: a provider names them whether or not they change."""
    roots = {path[0] for path in differing}
    return [path for path in required if path and path[0] in roots and lookup(prior, path) != lookup(planned, path)]


def telling(value: Value) -> Value:
    """Return `value` without what says nothing: Terraform's older providers mix null up with empty and zero."""
    if isinstance(value, dict):
        return {name: telling(one) for name, one in value.items() if one not in (None, "", 0, False, [], {})}
    if isinstance(value, list):
        return [telling(one) for one in value]
    return value


def settled(before: Value, now: Value) -> Value:
    """Return `now` in the words of `before` where both say the same: an empty text in the place of null is no drift."""
    if telling([{"": before}]) == telling([{"": now}]):
        return before
    if isinstance(before, dict) and isinstance(now, dict):
        return {name: settled(before.get(name), value) for name, value in now.items()}
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [settled(one, other) for one, other in zip(before, now, strict=True)]
    return now
