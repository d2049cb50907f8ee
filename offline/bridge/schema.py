"""What a Terraform provider says about the fields of its resources, read once from the protocol's messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from offline.bridge.cty import Type
from offline.bridge.protocol import tfplugin5_pb2 as pb

Nesting = pb.Schema.NestedBlock.NestingMode
#: Blocks of which there is at most one, written without a list.
SINGLE = (Nesting.SINGLE, Nesting.GROUP)
#: The block in which Terraform takes time limits; Pulumi has its own way, `customTimeouts`.
TIMEOUTS = "timeouts"


@dataclass(frozen=True)
class Attribute:
    """One field that holds a value."""

    type: Type
    required: bool
    optional: bool
    computed: bool
    sensitive: bool

    @property
    def settable(self) -> bool:
        """Whether a program may give it; the others are results only."""
        return self.required or self.optional


@dataclass(frozen=True)
class Nested:
    """One field that holds blocks."""

    block: Block
    nesting: int
    min_items: int
    max_items: int


@dataclass(frozen=True)
class Block:
    """A set of fields."""

    attributes: dict[str, Attribute]
    blocks: dict[str, Nested]

    @classmethod
    def of(cls, message: pb.Schema.Block) -> Block:
        """Read a block of a schema."""
        return cls(
            {
                it.name: Attribute(json.loads(it.type), it.required, it.optional, it.computed, it.sensitive)
                for it in message.attributes
            },
            {
                it.type_name: Nested(cls.of(it.block), it.nesting, it.min_items, it.max_items)
                for it in message.block_types
            },
        )

    def names(self) -> Iterator[str]:
        """Every field: attributes, then blocks."""
        yield from self.attributes
        yield from self.blocks

    @cached_property
    def time_limits(self) -> tuple[str, ...]:
        """The operations (create, update, delete …) that this resource takes a time limit for."""
        nested = self.blocks.get(TIMEOUTS)
        return tuple(nested.block.attributes) if nested else ()


@dataclass(frozen=True)
class Schema:
    """The fields of one resource type, data source, or of the provider itself, and their version."""

    version: int
    block: Block

    @classmethod
    def of(cls, message: pb.Schema) -> Schema:
        """Read a schema."""
        return cls(message.version, Block.of(message.block))
