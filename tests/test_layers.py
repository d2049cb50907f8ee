"""The house holds: imports point one way, and what may act stays where acting is allowed.

A line in `ROOMS` is a room and all it may import of this project; what is not in the line is refused. Reading the
source is enough: no module is imported here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: room -> the rooms it may import. Modules at the top level are rooms of one file.
ROOMS: dict[str, set[str]] = {
    "__main__": {"components", "providers", "settings", "take"},
    "settings": {"settings", "delivery", "naming"},
    "naming": set(),
    "take": {"settings", "delivery"},
    "providers": {"settings", "plugin"},
    "components": {"components", "plugin", "naming", "settings", "providers", "delivery", "workflows"},
    "plugin": {"plugin", "delivery"},
    "delivery": {"delivery"},
    "ops": {"ops", "delivery", "naming"},
    "workflows": {"workflows", "settings"},
    "offline": {"offline"},
    "rehearsal": {"rehearsal"},
    "example": {"example"},
}

#: room -> packages of others it must not touch, with the reason.
FORBIDDEN: dict[str, dict[str, str]] = {
    "components": {"boto3": "components declare; delivery acts", "botocore": "components declare; delivery acts"},
    "delivery": {
        "pulumi": "delivery is plain Python",
        "boto3": "clients are handed in",
        "click": "delivery has no terminal",
    },
    "ops": {
        "pulumi": "the operator's verbs work where no engine is",
        "pulumi_aws": "the operator's verbs declare nothing",
    },
    "workflows": {"boto3": "files are text", "pulumi": "files are rendered where no engine is"},
    "offline": {"boto3": "the toolchain talks to no cloud"},
    "rehearsal": {"pulumi": "the rehearsal uses Slipway as a person does", "pulumi_aws": "it declares nothing"},
}

#: Files that begin a process of their own, and so make their own clients -> the package that they may touch.
ENTRANCES = {"delivery/warden/handler.py": "boto3"}


def sources(room: str) -> Iterator[Path]:
    single = ROOT / f"{room}.py"
    if single.exists():
        yield single
    yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "__pycache__" not in path.parts)


def read(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@cache
def imports(path: Path, root: Path = ROOT) -> tuple[tuple[int, str], ...]:
    """Every module that `path` imports at run time, with its line; those for the type checker alone do not count."""
    package = path.relative_to(root).parent.parts
    found: list[tuple[int, str]] = []
    waiting: list[ast.AST] = [read(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            found.append((node.lineno, ".".join(filter(None, [*base, node.module or ""]))))
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        elif not isinstance(node, ast.expr):  # nothing inside an expression imports
            waiting += ast.iter_child_nodes(node)
    return tuple(sorted(found))


def test_every_room_of_the_house_is_listed() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/*.py")} - {"tests", "docs"}
    files = {path.stem for path in ROOT.glob("*.py")}
    assert folders | files <= set(ROOMS)


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_arrows_point_one_way(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(room)
        for line, module in imports(path)
        if module.split(".")[0] in ROOMS and module.split(".")[0] not in ROOMS[room] | {room}
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_keeps_its_hands_off(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}: {FORBIDDEN[room][module.split('.')[0]]}"
        for path in sources(room)
        for line, module in imports(path)
        if module.split(".")[0] in FORBIDDEN[room]
        and module.split(".")[0] != ENTRANCES.get(path.relative_to(ROOT).as_posix())
    ]
    assert not wrong, "\n".join(wrong)


def test_only_settings_reads_configuration_and_environment() -> None:
    program = [path for room in ("__main__", "providers", "naming", "components", "take") for path in sources(room)]
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in program
        for node in ast.walk(read(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("pulumi", "Config"), ("os", "environ"), ("os", "getenv")}
    ]
    assert not wrong, "\n".join(wrong)


def test_the_house_of_delivery_lists_every_room_of_it() -> None:
    """A newcomer starts at its docstring."""
    text = (ROOT / "delivery" / "__init__.py").read_text()
    rooms = {path.stem for path in (ROOT / "delivery").iterdir()} - {"__init__", "__pycache__"}
    assert not {room for room in rooms if f"`{room}`" not in text}


def test_the_guard_sees_a_wrong_arrow(tmp_path: Path) -> None:
    bad = tmp_path / "delivery" / "bad.py"
    bad.parent.mkdir()
    bad.write_text("import pulumi\nfrom components import image\nfrom . import records\n")
    assert [module for _, module in imports(bad, tmp_path)] == ["pulumi", "components", "delivery"]
