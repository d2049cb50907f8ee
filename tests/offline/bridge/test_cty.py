from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline.bridge import cty
from offline.bridge.cty import UNKNOWN
from tests.examples import examples

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@examples(50)
@given(values)
def test_values_survive_the_wire(value: Any) -> None:
    assert cty.decode(cty.encode(value)) == value


def test_an_unknown_value_is_extension_zero() -> None:
    assert cty.encode([UNKNOWN]) == b"\x91\xd4\x00\x00"


def test_a_refined_unknown_value_is_unknown_too() -> None:
    assert cty.decode(msgpack.packb(msgpack.ExtType(12, b"\x81\x01\xc2"))) is UNKNOWN


def test_nothing_at_all_is_null() -> None:
    assert cty.decode(b"") is None


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no Terraform value"):
        cty.encode(object())


@pytest.mark.parametrize(
    ("given_", "type_", "made"),
    [
        (True, "string", "true"),
        (3, "string", "3"),
        (3.0, "string", "3"),
        ({"a": [1]}, "string", '{"a":[1]}'),
        ("true", "bool", True),
        ("12", "number", 12),
        ("0.5", "number", 0.5),
        (3.0, "number", 3),
        (None, "bool", None),
        (UNKNOWN, "number", UNKNOWN),
        ({"any": 1}, "dynamic", {"any": 1}),
    ],
)
def test_values_are_brought_into_a_type(given_: Any, type_: str, made: Any) -> None:
    assert cty.primitive(given_, type_) == made


@pytest.mark.parametrize(
    ("given_", "type_"), [("maybe", "bool"), (1, "bool"), (True, "number"), ("x", "number"), ([], "bool")]
)
def test_what_does_not_fit_is_refused(given_: Any, type_: str) -> None:
    with pytest.raises(ValueError):
        cty.primitive(given_, type_)


def test_unknown_values_are_found_at_any_depth() -> None:
    assert cty.has_unknown({"a": [{"b": UNKNOWN}]})
    assert not cty.has_unknown({"a": [{"b": None}]})
