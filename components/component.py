"""What all components have in common: names, parents, outputs."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import ClassVar

import pulumi


class Component(pulumi.ComponentResource):
    """A part of what exists, made of resources that belong together.

    A subclass names its type in `TYPE` (a literal: renaming it moves every child), annotates its outputs, gives each
    child `opts=self.child()` and a name that begins with its own, and ends with `self.finish()`.
    """

    TYPE: ClassVar[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        """Register the component. Its children use the providers that `opts` hands it."""
        super().__init__(self.TYPE, name, None, opts)
        self.name = name

    def child(
        self,
        *,
        depends_on: Sequence[pulumi.Resource] = (),
        ignore: Sequence[str] = (),
        protect: bool = False,
        keep: bool = False,
    ) -> pulumi.ResourceOptions:
        """Return the options of a child: parent, and through it the provider.

        `ignore` takes properties of `components.ignored`; `protect` refuses deletion; `keep` leaves the thing itself
        alone when the resource goes.
        """
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=list(depends_on) or None,
            ignore_changes=list(ignore) or None,
            protect=protect or None,
            retain_on_delete=keep or None,
        )

    def lookup(self) -> pulumi.InvokeOptions:
        """Return the options of a look-up: the provider of the children."""
        return pulumi.InvokeOptions(parent=self)

    def finish(self) -> None:
        """Register what the class annotates as outputs. Raises `AttributeError` for one that was never set."""
        self.register_outputs({output: getattr(self, output) for output in self.outputs()})

    @classmethod
    def outputs(cls) -> list[str]:
        """Return the names of the outputs that the class annotates."""
        return [name for name, kind in inspect.get_annotations(cls).items() if "ClassVar" not in str(kind)]
