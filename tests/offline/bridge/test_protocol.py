from __future__ import annotations

from offline.bridge.protocol import generate
from offline.bridge.protocol import tfplugin5_pb2 as pb


def test_the_stubs_are_those_of_the_proto_file() -> None:
    assert {name: (generate.HERE / name).read_text() for name in generate.STUBS} == generate.fresh()


def test_the_numbers_are_the_protocols() -> None:
    request = pb.PlanResourceChange.Request(type_name="t", prior_private=b"p")
    assert request.SerializeToString() == b"\x0a\x01t\x2a\x01p"
    assert pb.GetProviderSchema.DESCRIPTOR.nested_types_by_name["Response"].fields_by_name["diagnostics"].number == 4
    assert pb.DESCRIPTOR.services_by_name["Provider"].full_name == "tfplugin5.Provider"
