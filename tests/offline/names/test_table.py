from __future__ import annotations

from collections.abc import Iterator

import pytest

from offline import names
from offline.bridge.cty import kind
from offline.bridge.schema import Block
from offline.names import Names, aws_types, camel, github_types
from tests.offline import schemas

TABLES = {"aws": (names.load("aws"), aws_types), "github": (names.load("github"), github_types)}
TABLE = TABLES["aws"][0]
ENTRIES = [
    entry
    for package, (table, _) in TABLES.items()
    for entry in (
        *(("resources", table.resource(token), token) for token in table.raw["resources"]),
        *(("functions", table.function(token), token) for token in table.raw["functions"]),
        ("provider", table.provider, f"provider {package}"),
    )
]


def fields(block: Block, path: str = "") -> Iterator[tuple[str, bool]]:
    """Every path of a block, and whether it holds a list."""
    for name, attribute in block.attributes.items():
        yield path + name, kind(attribute.type) in ("list", "set")
        yield from inside(attribute.type, path + name)
    for name, nested in block.blocks.items():
        yield path + name, True
        yield from fields(nested.block, f"{path}{name}.")


def inside(type_: object, path: str) -> Iterator[tuple[str, bool]]:
    while isinstance(type_, list) and kind(type_) in ("list", "set", "map"):
        type_ = type_[1]
    if isinstance(type_, list) and kind(type_) == "object":
        for name, one in type_[1].items():
            yield f"{path}.{name}", kind(one) in ("list", "set")
            yield from inside(one, f"{path}.{name}")


@pytest.mark.parametrize(("kind_", "named", "token"), ENTRIES, ids=lambda one: one if isinstance(one, str) else "")
def test_the_table_speaks_of_fields_that_exist(kind_: str, named: Names, token: str) -> None:
    there = dict(fields(schemas.load(kind_, named.terraform).block))
    assert set(named.renamed) <= set(there)
    assert all(there[path] for path in named.single)
    assert set(named.copied.values()) <= set(there)


@pytest.mark.parametrize(("kind_", "named", "token"), ENTRIES, ids=lambda one: one if isinstance(one, str) else "")
def test_no_two_fields_have_one_name(kind_: str, named: Names, token: str) -> None:
    shown = [
        f"{path.rpartition('.')[0]}.{named.name(path)}"
        for path, _ in fields(schemas.load(kind_, named.terraform).block)
    ]
    assert sorted(shown) == sorted(set(shown))


@pytest.mark.parametrize("package", TABLES)
def test_the_table_holds_what_is_listed(package: str) -> None:
    table, listed = TABLES[package]
    assert sorted(table.raw["resources"]) == sorted(listed.RESOURCES)
    assert sorted(table.raw["functions"]) == sorted(listed.FUNCTIONS)


@pytest.mark.parametrize(
    ("token", "path", "shown"),
    [
        ("aws:lambda/function:Function", "filename", "code"),
        ("aws:lambda/function:Function", "function_name", "name"),
        ("aws:lambda/function:Function", "timeout", "timeout"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm_name", "name"),
        ("aws:lb/listener:Listener", "default_action", "defaultActions"),
        ("aws:ecr/repository:Repository", "encryption_configuration", "encryptionConfigurations"),
    ],
)
def test_the_renames_that_no_rule_can_tell(token: str, path: str, shown: str) -> None:
    assert TABLE.resource(token).name(path) == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("cidr_block", "cidrBlock"), ("ipv6_cidr_block", "ipv6CidrBlock"), ("id", "id")]
)
def test_the_rule(name: str, shown: str) -> None:
    assert camel(name) == shown
