from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from offline.bridge import wire
from offline.bridge.assets import Archive, Asset
from offline.bridge.cty import UNKNOWN
from offline.bridge.wire import Secret
from tests.examples import examples

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@examples(50)
@given(st.dictionaries(st.text(max_size=5), values, max_size=3))
def test_plain_values_survive_the_wire(properties: dict[str, Any]) -> None:
    assert wire.read(wire.write(properties)) == properties


def test_our_words_are_the_sdks() -> None:
    assert rpc._special_sig_key == wire.SIGNATURE
    assert rpc._special_secret_sig == wire.SECRET
    assert rpc._special_output_value_sig == wire.OUTPUT
    assert rpc._special_resource_sig == wire.RESOURCE
    assert rpc._special_asset_sig == wire.ASSET
    assert rpc._special_archive_sig == wire.ARCHIVE
    assert wire.UNKNOWN_STRING == rpc.UNKNOWN


def test_whole_numbers_are_integers() -> None:
    assert repr(wire.read(wire.write({"list": [80.0, 0.5]}))["list"]) == "[80, 0.5]"


def test_unknown_values_of_any_kind_are_unknown() -> None:
    sent = struct_pb2.Struct(fields={word: struct_pb2.Value(string_value=word) for word in wire.UNKNOWNS})
    assert set(wire.read(sent).values()) == {UNKNOWN}
    assert wire.write({"a": UNKNOWN}).fields["a"].string_value == rpc.UNKNOWN


def test_a_secret_goes_out_marked_and_comes_in_plain() -> None:
    sent = wire.write({"password": Secret({"inner": "hunter2"})})
    assert sent.fields["password"].struct_value.fields[wire.SIGNATURE].string_value == wire.SECRET
    assert wire.read(sent) == {"password": {"inner": "hunter2"}}


def test_an_output_without_a_value_is_unknown() -> None:
    assert wire.read(wire.write({"a": {wire.SIGNATURE: wire.OUTPUT}})) == {"a": UNKNOWN}


def test_a_resource_in_the_place_of_a_value_is_its_id() -> None:
    assert wire.read(wire.write({"vpc": {wire.SIGNATURE: wire.RESOURCE, "urn": "urn:x", "id": "vpc-1"}})) == {
        "vpc": "vpc-1"
    }


def test_assets_come_back_as_they_were() -> None:
    archive = Archive({"hash": "h", "assets": {"main.py": Asset({"hash": "i", "text": "print()"})}})
    assert wire.read(wire.write({"code": archive})) == {"code": archive}


def test_a_kind_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="of a kind unknown to this bridge"):
        wire.read(wire.write({"a": {wire.SIGNATURE: "something new"}}))
