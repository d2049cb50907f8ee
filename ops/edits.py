"""Setting single values in YAML files that people wrote: every other character stays as it is, comments included.

PyYAML says where in the text a value stands; only that place is written anew. What comes out is read again and must
say the same as before but for the value, else nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from delivery.errors import DeliveryError
from ops.place import LOADER, read


def put(text: str, path: Sequence[str], value: Any, where: str) -> str:
    """Return `text` with the value at `path` set; mappings on the way are made. `where` names the file in errors.

    value: a text, number, boolean, or a list or object of such. Raises `DeliveryError` for a text that cannot be edited
    so: no mapping, or anchors and documents that one place stands for several.
    """
    expected = _read(text, where)
    if _at(expected, path) == value and _has(expected, path):
        return text
    expected = _set(_unshared(expected), path, value, where)
    edited = _put(text, path, value, where)
    if _read(edited, where) != expected:
        raise _cannot(where, ".".join(path), value)
    return edited


def renamed(text: str, folder: str, old: str, new: str, where: str) -> str:
    """Return `text` with the prefix `old:` of the keys in mapping `folder` changed to `new:`."""
    root = _compose(text, where)
    found = _child(root, folder) if isinstance(root, yaml.MappingNode) else None
    keys = [key for key, _ in found.value] if isinstance(found, yaml.MappingNode) else []
    for key in reversed(keys):
        begin, end = key.start_mark.index, key.end_mark.index
        written = text[begin:end]
        text = text[:begin] + re.sub(rf"^([\"']?){re.escape(old)}:", rf"\g<1>{new}:", written) + text[end:]
    return text


def _put(text: str, path: Sequence[str], value: Any, where: str) -> str:
    node = _compose(text, where)
    if node is None:
        return _with_newline(text) + f"{path[0]}: {_rendered(_nested(path[1:], value))}\n"
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            # `config:` with nothing behind it, or a value where a mapping should be.
            return _replace(text, node, _nested(path[depth:], value))
        inner = _child(node, key)
        if inner is None:
            return _insert(text, node, key, _nested(path[depth + 1 :], value), block=depth < len(path) - 1)
        node = inner
    return _replace(text, node, value)


def _replace(text: str, node: yaml.Node, value: Any) -> str:
    begin, end = node.start_mark.index, _end(node)
    if begin == end:  # nothing stands there: `key:`
        return f"{text[:begin]} {_rendered(value)}{text[end:]}"
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        begin = text.rindex(":", 0, begin) + 1
        return f"{text[:begin]} {_rendered(value)}{text[end:]}"
    return text[:begin] + _rendered(value) + text[end:]


def _insert(text: str, mapping: yaml.MappingNode, key: str, value: Any, *, block: bool) -> str:
    """Put a new entry behind the last one of a mapping."""
    entry = f"{_rendered(key)}: {_rendered(value)}"
    if block and not mapping.flow_style and isinstance(value, dict) and len(value) == 1:
        # A mapping of its own lines, as people write them.
        ((inner, worth),) = value.items()
        indent = " " * mapping.start_mark.column
        entry = f"{_rendered(key)}:\n{indent}  {_rendered(inner)}: {_rendered(worth)}"
    if mapping.flow_style:
        if not mapping.value:
            begin, end = mapping.start_mark.index, int(mapping.end_mark.index)
            return f"{text[: begin + 1]}{entry}{text[end - 1 :]}"
        last = _end_of(mapping.value[-1])
        return f"{text[:last]}, {entry}{text[last:]}"
    last = _end_of(mapping.value[-1])
    line = text.find("\n", last)
    line = len(text) if line < 0 else line
    indent = " " * mapping.start_mark.column
    return f"{text[:line]}\n{indent}{entry}{text[line:] or chr(10)}"


def _end(node: yaml.Node) -> int:
    """Where a node's own text ends: that of a block ends with its last entry, not with comments behind it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if isinstance(node, yaml.MappingNode):
            return _end_of(last)
        return _end(last)
    return int(node.end_mark.index)


def _end_of(entry: tuple[yaml.Node, yaml.Node]) -> int:
    return max(_end(entry[1]), int(entry[0].end_mark.index))


def _rendered(value: Any) -> str:
    """A value on one line; texts without quotes where YAML reads them back as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_rendered(key)}: {_rendered(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_rendered(inner) for inner in value) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z./][\w./@-]*(:[\w./@-]+)*", value):
        try:
            if yaml.safe_load(value) == value:
                return value
        except yaml.YAMLError:
            pass
    return json.dumps(value, ensure_ascii=False)


def _compose(text: str, where: str) -> yaml.Node | None:
    try:
        found: yaml.Node | None = yaml.compose(text, LOADER)
    except yaml.YAMLError as error:
        raise DeliveryError(f"{where}: cannot be read as YAML: {error}", "mend the line that it names") from None
    return found


def _read(text: str, where: str) -> Any:
    try:
        return read(text)
    except yaml.YAMLError as error:
        raise DeliveryError(f"{where}: cannot be read as YAML: {error}", "mend the line that it names") from None


def _child(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    return next((inner for name, inner in node.value if name.value == key), None)


def _unshared(found: Any) -> Any:
    """A copy in which nothing stands for two things, as aliases do."""
    if isinstance(found, dict):
        return {key: _unshared(inner) for key, inner in found.items()}
    return [_unshared(inner) for inner in found] if isinstance(found, list) else found


def _nested(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _at(found: Any, path: Sequence[str]) -> Any:
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _has(found: Any, path: Sequence[str]) -> bool:
    inner = _at(found, path[:-1])
    return isinstance(inner, dict) and path[-1] in inner


def _set(found: Any, path: Sequence[str], value: Any, where: str) -> Any:
    if found is None:
        return _nested(path, value)
    if not isinstance(found, dict):
        raise _cannot(where, path[0], value)
    found[path[0]] = _set(found.get(path[0]), path[1:], value, where) if len(path) > 1 else value
    return found


def _with_newline(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _cannot(where: str, key: str, value: Any) -> DeliveryError:
    return DeliveryError(
        f"{where}: {key}: cannot be set without rewriting what else stands there",
        f"set it by hand: `{key}: {_rendered(value)}`",
    )
