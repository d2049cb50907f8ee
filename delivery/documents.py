"""Reading a JSON document field by field, so that a wrong one is refused with the name of what is wrong in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from delivery.errors import RecordError


class Fields:
    """The fields of one JSON object. Each reader returns a field of one type and raises `RecordError` for any other."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = values
        self._where = where

    @classmethod
    def parse(cls, text: str | bytes, where: str, schema: int) -> Fields:
        """Read a document of the given schema; `where` names it in errors."""
        try:
            found = json.loads(text)
        except ValueError as error:
            raise _unreadable(where, f"not JSON ({error})") from None
        if not isinstance(found, dict):
            raise _unreadable(where, "not a JSON object")
        if found.get("schema") != schema:
            raise RecordError(
                f"{where}: written in schema {found.get('schema')!r}, this checkout reads {schema}",
                "use the version of Slipway that wrote it, or a newer one",
            )
        return cls(found, where)

    def has(self, name: str) -> bool:
        """Whether there is such a field: for one that came later than documents that are still read."""
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """A string; where there is no such field `default`, if there is one."""
        if default is not None and not self.has(name):
            return default
        return str(self._get(name, str, "a string"))

    def time(self, name: str, *, empty: bool = False) -> str:
        """A time, ISO 8601 with its zone, as it is written; empty: it may be missing from the text or from all."""
        found = self.text(name, "" if empty else None)
        if found or not empty:
            try:
                zone = datetime.fromisoformat(found).tzinfo
            except ValueError:
                zone = None
            if zone is None:
                raise self._wrong(name, "a time in ISO 8601 with its zone", found)
        return found

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed strings."""
        found = self.text(name)
        if found not in allowed:
            raise self._wrong(name, "one of " + ", ".join(allowed), found)
        return found

    def plain(self, name: str) -> dict[str, Any]:
        """An object whose inside does not matter here."""
        return dict(self._get(name, dict, "an object"))

    def texts(self, name: str) -> dict[str, str]:
        """An object of strings."""
        return {key: str(self._is(f"{name}.{key}", value, str, "a string")) for key, value in self.plain(name).items()}

    def numbers(self, name: str) -> dict[str, float]:
        """An object of numbers."""
        found = self.plain(name)
        return {key: self._number(f"{name}.{key}", value) for key, value in found.items()}

    def number(self, name: str, default: float) -> float:
        """A number; `default` where there is no such field."""
        return self._number(name, self._values[name]) if self.has(name) else default

    def flag(self, name: str) -> bool:
        """True or false."""
        found = self._values.get(name)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false", found)
        return found

    def list_of_texts(self, name: str) -> list[str]:
        """A list of strings."""
        found = self._get(name, list, "a list")
        return [str(self._is(f"{name}[{place}]", value, str, "a string")) for place, value in enumerate(found)]

    def inner(self, name: str) -> Fields:
        """An object, with fields of its own."""
        return Fields(self.plain(name), f"{self._where}: {name}")

    def objects(self, name: str) -> dict[str, Fields]:
        """An object of objects."""
        return {
            key: Fields(self._is(f"{name}.{key}", value, dict, "an object"), f"{self._where}: {name}.{key}")
            for key, value in self.plain(name).items()
        }

    def _number(self, name: str, value: Any) -> float:
        found = self._is(name, value, (int, float), "a number")
        try:
            number = float(found)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self._wrong(name, "a finite number", found)
        return number

    def _get(self, name: str, kind: type, what: str) -> Any:
        if name not in self._values:
            raise _unreadable(self._where, f"{name} is missing")
        return self._is(name, self._values[name], kind, what)

    def _is(self, name: str, value: Any, kind: type | tuple[type, ...], what: str) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._wrong(name, what, value)
        return value

    def _wrong(self, name: str, expected: str, got: object) -> RecordError:
        return _unreadable(self._where, f"{name} should be {expected}, is {got!r}")


def _unreadable(where: str, what: str) -> RecordError:
    return RecordError(
        f"{where}: {what}",
        "the bucket keeps earlier versions of every document: restore the one before, or remove this one",
    )
