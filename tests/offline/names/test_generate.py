from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pytest

from offline.bridge.schema import Block, Nesting
from offline.names import AutoName
from offline.names.generate import UnpairedError, entry, plural
from offline.names.listed import Listed
from offline.names.sdk import Property, function_class, properties, provider_class, resource_class
from tests.offline.schemas import load_block


@pulumi.input_type
class RuleArgs:
    port: int = pulumi.property("port")
    target_arns: Sequence[str] = pulumi.property("targetArns")


@pulumi.input_type
class ThingState:
    name: str = pulumi.property("name")
    rules: Sequence[pulumi.Input[RuleArgs]] = pulumi.property("rules")
    shape: pulumi.Input[RuleArgs] = pulumi.property("shape")
    tags: Mapping[str, str] = pulumi.property("tags")
    document: str | RuleArgs = pulumi.property("document")


BLOCK = load_block(
    {
        "name": ["string", "required"],
        "tags": [["map", "string"], "optional"],
        "document": ["string", "optional"],
        "shape": [["list", ["object", {"port": "number", "target_arns": ["set", "string"]}]], "optional"],
        "rule": {
            "nesting": Nesting.SET,
            "min": 0,
            "max": 0,
            "fields": {"port": ["number", "required"], "target_arn": [["list", "string"], "optional"]},
        },
        "timeouts": {"nesting": Nesting.SINGLE, "min": 0, "max": 0, "fields": {"create": ["string", "optional"]}},
    }
)


def test_properties_are_paired_by_name_at_any_depth() -> None:
    assert entry(Listed(terraform="thing"), BLOCK, ThingState) == {
        "terraform": "thing",
        "renamed": {"rule": "rules", "rule.target_arn": "targetArns"},
        "single": ["shape"],
    }


def test_what_stands_alone_must_be_listed_by_hand() -> None:
    fewer = load_block({"title": ["string", "required"], "tags": [["map", "string"], ""], "document": ["string", ""]})
    with pytest.raises(UnpairedError, match="thing: no field for name, rules, shape"):
        entry(Listed(terraform="thing"), fewer, ThingState)
    listed = Listed(
        terraform="thing", renamed={"title": "name"}, later=("rules",), harmless={"shape": "looks"}, autoname=AutoName()
    )
    made = entry(listed, fewer, ThingState)
    assert made["renamed"] == {"title": "name"}
    assert (made["later"], made["harmless"], made["autoname"]["longest"]) == (["rules"], {"shape": "looks"}, 255)


def test_a_type_that_hardly_pairs_is_the_wrong_one() -> None:
    with pytest.raises(UnpairedError, match="other: 0 of 5"):
        entry(
            Listed(terraform="other", later=("name", "rules", "shape", "tags", "document")),
            load_block({"unrelated": ["string", ""]}),
            ThingState,
        )


def test_what_every_resource_repeats_needs_no_listing() -> None:
    nameless = Block({name: it for name, it in BLOCK.attributes.items() if name != "name"}, BLOCK.blocks)
    with pytest.raises(UnpairedError, match="thing: no field for name"):
        entry(Listed(terraform="thing"), nameless, ThingState)
    assert entry(Listed(terraform="thing"), nameless, ThingState, ["name"])["single"] == ["shape"]


@pytest.mark.parametrize(
    ("one", "many"),
    [("policy", "policies"), ("key", "keys"), ("alias", "aliases"), ("box", "boxes"), ("rule", "rules")],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


def test_the_sdk_is_read_from_its_hints() -> None:
    found = properties(resource_class("pulumi_aws", "aws:ecr/repository:Repository"))
    assert found["encryptionConfigurations"].is_list
    assert not found["imageScanningConfiguration"].is_list
    assert found["imageScanningConfiguration"].inner is not None
    assert found["tags"] == Property(is_list=False, inner=None)


def test_functions_and_the_provider_are_found_too() -> None:
    assert "repositoryUrl" in properties(function_class("pulumi_aws", "aws:ecr/getRepository:getRepository"))
    assert "zoneIds" in properties(function_class("pulumi_aws", "aws:index/getAvailabilityZones:getAvailabilityZones"))
    assert properties(provider_class("pulumi_aws"))["endpoints"].is_list
