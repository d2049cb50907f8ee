"""The schemas of the types that the bridge serves, as texts beside this file, for tests without the providers.

`python -m tests.offline.schemas aws`, or `github`, writes one anew from the provider's binary; a test that has the
binary holds it fresh.
An attribute is its type and flags; a block its nesting, its largest number and its fields.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from offline import names
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.schema import Attribute, Block, Nested, Schema

FLAGS = ("required", "optional", "computed", "sensitive")
COLLECTIONS = {"resources": "resource_schemas", "functions": "data_source_schemas"}


def file(package: str) -> Path:
    """Return the file with the schemas of a package."""
    return Path(__file__).parent / f"schemas.{package}.json"


def dump_block(block: Block) -> dict[str, Any]:
    """Return a block as plain values."""
    fields: dict[str, Any] = {}
    for name, attribute in block.attributes.items():
        flags = " ".join(flag for flag in FLAGS if getattr(attribute, flag))
        fields[name] = [attribute.type, flags]
    for name, nested in block.blocks.items():
        fields[name] = {
            "nesting": nested.nesting,
            "min": nested.min_items,
            "max": nested.max_items,
            "fields": dump_block(nested.block),
        }
    return fields


def load_block(fields: dict[str, Any]) -> Block:
    """Read a block that `dump_block` wrote."""
    attributes = {
        name: Attribute(field[0], **{flag: flag in field[1].split() for flag in FLAGS})
        for name, field in fields.items()
        if isinstance(field, list)
    }
    blocks = {
        name: Nested(load_block(field["fields"]), field["nesting"], field["min"], field["max"])
        for name, field in fields.items()
        if isinstance(field, dict)
    }
    return Block(attributes, blocks)


def dump(package: str, provider: TerraformProvider) -> str:
    """Return the text for every type of the table, and the provider itself."""
    table = names.load(package)
    made: dict[str, Any] = {"provider": {package: [0, dump_block(provider.schema("provider").block)]}}
    for kind, collection in COLLECTIONS.items():
        of = table.resource if kind == "resources" else table.function
        made[kind] = {}
        for token in table.raw[kind]:
            schema = provider.schema(collection, of(token).terraform)
            made[kind][of(token).terraform] = [schema.version, dump_block(schema.block)]
    lines = []
    for kind, types in made.items():
        inner = ",\n".join(f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in sorted(types.items()))
        lines.append(f'"{kind}": {{\n{inner}\n}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


@cache
def _read(package: str) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(file(package).read_text())
    return text


def load(kind: str, terraform: str) -> Schema:
    """Return the schema of a type: `kind` is resources, functions or provider."""
    version, fields = _read(terraform.partition("_")[0])[kind][terraform]
    return Schema(version, load_block(fields))


if __name__ == "__main__":
    from offline.engine.cache import Cache
    from offline.engine.providers import behind, binary

    CACHE, PACKAGE = Cache.of_user(), sys.argv[1]
    file(PACKAGE).write_text(dump(PACKAGE, TerraformProvider(binary(behind(PACKAGE), CACHE), CACHE.bridge)))
