"""What every component has from the base class."""

from __future__ import annotations

import pulumi
import pytest

from components.component import Component
from tests.components.support import build


class Good(Component):
    TYPE = "slipway:test:Good"

    said: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.said = pulumi.Output.from_input("hello")
        self.finish()


class Forgetful(Component):
    TYPE = "slipway:test:Forgetful"

    said: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.finish()


def test_annotated_outputs_are_registered() -> None:
    built = build(lambda on: Good("one", on))
    assert built.one("slipway:test:Good").name == "one"
    assert built.outputs["one"] == {"said": "hello"}


def test_an_output_that_was_never_set_is_an_error() -> None:
    with pytest.raises(AttributeError, match="said"):
        build(lambda on: Forgetful("one", on))


def test_a_child_has_the_component_as_parent_and_only_what_was_asked() -> None:
    seen: list[pulumi.ResourceOptions] = []

    def declare(on: pulumi.ResourceOptions) -> None:
        component = Good("one", on)
        seen.append(component.child())
        seen.append(component.child(ignore=["a"], protect=True, keep=True, depends_on=[component]))
        assert all(options.parent is component for options in seen)

    build(declare)
    plain, full = seen
    assert (plain.ignore_changes, plain.protect, plain.retain_on_delete, plain.depends_on) == (None, None, None, None)
    assert (full.ignore_changes, full.protect, full.retain_on_delete) == (["a"], True, True)
