"""How corrections take hold of MiniStack."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from rehearsal.aws.corrections.binding import Binding, UnknownNameError


@pytest.fixture
def module() -> Any:
    made: Any = ModuleType("made")
    made.act = lambda: "old"
    made.TABLE = {"Act": made.act}
    return made


def test_a_name_and_the_tables_that_hold_it(module: Any) -> None:
    binding = Binding()
    old: Any = binding.replace(module, "act", lambda: f"new, was {old()}")
    assert module.act() == module.TABLE["Act"]() == "new, was old"
    binding.undo()
    assert module.act() == module.TABLE["Act"]() == "old"


def test_replacements_on_top_of_each_other_come_off_in_turn(module: Any) -> None:
    with Binding() as binding:
        first = binding.replace(module, "act", lambda: "first")
        binding.replace(module, "act", lambda: "second")
        assert first() == "old"
        assert module.TABLE["Act"]() == "second"
    assert module.TABLE["Act"]() == "old"


def test_a_new_action(module: Any) -> None:
    with Binding() as binding:
        binding.add(module, "TABLE", "New", len)
        assert module.TABLE["New"] is len
    assert "New" not in module.TABLE


def test_a_name_that_is_gone_is_told(module: Any) -> None:
    with pytest.raises(UnknownNameError, match="made has no gone"):
        Binding().replace(module, "gone", None)
    with pytest.raises(UnknownNameError, match="made has no table act"):
        Binding().add(module, "act", "x", None)
