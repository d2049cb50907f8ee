"""How a correction takes hold of MiniStack: named replacements that are checked, recorded and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any


class UnknownNameError(RuntimeError):
    """MiniStack no longer has a name that a correction replaces; the correction has to be looked at."""


class Binding:
    """Replaces names in MiniStack's modules and puts them back on `undo` (or at the end of a `with` block)."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def replace(self, module: ModuleType, name: str, new: Any) -> Any:
        """Put `new` in place of `module.name`, also where a dispatch table of the module holds it; returns the old
        one.
        """
        try:
            old = vars(module)[name]
        except KeyError:
            raise UnknownNameError(f"{module.__name__} has no {name}: this correction fits another version") from None
        setattr(module, name, new)
        self._undo.append(lambda: setattr(module, name, old))
        for table in [value for value in vars(module).values() if type(value) is dict]:
            for key in [key for key, value in table.items() if value is old]:
                self._set(table, key, new)
        return old

    def add(self, module: ModuleType, table: str, key: str, new: Any) -> None:
        """Add an entry to a dispatch table of the module, such as an action that MiniStack lacks."""
        entries = vars(module).get(table)
        if not isinstance(entries, dict):
            raise UnknownNameError(f"{module.__name__} has no table {table}: this correction fits another version")
        self._set(entries, key, new)

    def undo(self) -> None:
        """Put everything back, last first."""
        while self._undo:
            self._undo.pop()()

    def _set(self, table: dict[Any, Any], key: Any, new: Any) -> None:
        missing = object()
        old = table.get(key, missing)
        table[key] = new
        self._undo.append(lambda: table.pop(key, None) if old is missing else table.__setitem__(key, old))

    def __enter__(self) -> Binding:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.undo()
