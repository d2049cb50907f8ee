from __future__ import annotations

from typing import Any

import pytest

from offline.bridge.cty import UNKNOWN
from offline.bridge.plan import differences, lookup, proposed, replacements, settled, telling
from offline.bridge.schema import TIMEOUTS, Attribute, Block, Nested, Nesting


def attribute(type_: Any = "string", flags: str = "optional") -> Attribute:
    return Attribute(
        type_, **{flag: flag in flags.split() for flag in ("required", "optional", "computed", "sensitive")}
    )


def nested(nesting: int, **attributes: Attribute) -> Nested:
    return Nested(Block(attributes, {}), nesting, 0, 0)


BLOCK = Block(
    {
        "id": attribute(flags="computed"),
        "name": attribute(flags="required"),
        "zone": attribute(flags="optional computed"),
        "tags": attribute(["map", "string"]),
        "ports": attribute(["set", "number"]),
        "hosts": attribute(["list", "string"]),
        "shape": attribute(["object", {"a": "string", "b": ["list", "string"]}]),
    },
    {
        "rule": nested(Nesting.SET, port=attribute("number"), arn=attribute(flags="optional computed")),
        "action": nested(Nesting.LIST, type=attribute(), order=attribute("number", "optional computed")),
        "one": nested(Nesting.SINGLE, a=attribute(), b=attribute(flags="computed")),
        "many": nested(Nesting.MAP, a=attribute()),
        TIMEOUTS: nested(Nesting.SINGLE, create=attribute()),
    },
)
EMPTY: dict[str, Any] = {
    **dict.fromkeys(BLOCK.attributes), "rule": [], "action": [], "one": None, "many": {}, TIMEOUTS: None
}  # fmt: skip


def state(**fields: Any) -> dict[str, Any]:
    return {**EMPTY, **fields}


def test_what_the_provider_computed_is_kept_where_the_program_says_nothing() -> None:
    prior = state(id="i", name="a", zone="z", tags={"a": "b"})
    assert proposed(BLOCK, prior, state(name="b")) == state(id="i", name="b", zone="z")


def test_what_the_program_says_wins() -> None:
    assert proposed(BLOCK, state(zone="z"), state(name="a", zone="y"))["zone"] == "y"


def test_a_new_resource_is_as_configured() -> None:
    assert proposed(BLOCK, None, state(name="a")) == state(name="a")


def test_a_deletion_proposes_nothing() -> None:
    assert proposed(BLOCK, state(name="a"), None) is None


def test_lists_of_blocks_are_merged_by_position() -> None:
    prior = state(action=[{"type": "a", "order": 1}, {"type": "b", "order": 2}])
    config = state(action=[{"type": "x", "order": None}, {"type": "b", "order": None}, {"type": "c", "order": None}])
    assert proposed(BLOCK, prior, config)["action"] == [
        {"type": "x", "order": 1},
        {"type": "b", "order": 2},
        {"type": "c", "order": None},
    ]


def test_sets_of_blocks_are_merged_by_what_the_program_said() -> None:
    prior = state(rule=[{"port": 80, "arn": "r80"}, {"port": 443, "arn": "r443"}])
    config = state(rule=[{"port": 443, "arn": None}, {"port": 8080, "arn": None}])
    assert proposed(BLOCK, prior, config)["rule"] == [{"port": 443, "arn": "r443"}, {"port": 8080, "arn": None}]


def test_two_equal_blocks_of_a_set_do_not_share_a_prior_one() -> None:
    prior = state(rule=[{"port": 80, "arn": "r"}])
    config = state(rule=[{"port": 80, "arn": None}, {"port": 80, "arn": None}])
    assert proposed(BLOCK, prior, config)["rule"] == [{"port": 80, "arn": "r"}, {"port": 80, "arn": None}]


def test_single_and_keyed_blocks_are_merged() -> None:
    prior = state(one={"a": "1", "b": "kept"}, many={"k": {"a": "1"}})
    merged = proposed(BLOCK, prior, state(one={"a": "2", "b": None}, many={"k": {"a": "2"}}))
    assert merged["one"] == {"a": "2", "b": "kept"}
    assert merged["many"] == {"k": {"a": "2"}}


def test_unknown_blocks_stay_unknown() -> None:
    assert proposed(BLOCK, state(rule=[{"port": 1, "arn": "x"}]), state(rule=UNKNOWN))["rule"] is UNKNOWN


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"name": "a"}, {"name": "a"}, []),
        ({"name": "a"}, {"name": "b"}, [("name",)]),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "b": "3", "c": "4"}}, [("tags", "b"), ("tags", "c")]),
        ({"tags": None}, {"tags": {"a": "1"}}, [("tags",)]),
        ({"ports": [1, 2]}, {"ports": [2, 1]}, []),
        ({"ports": [1, 2]}, {"ports": [2, 3]}, [("ports",)]),
        ({"hosts": ["a", "b"]}, {"hosts": ["a", "c"]}, [("hosts", 1)]),
        ({"hosts": ["a"]}, {"hosts": ["a", "b"]}, [("hosts",)]),
        ({"shape": {"a": "1", "b": ["x"]}}, {"shape": {"a": "1", "b": ["y"]}}, [("shape", "b", 0)]),
        ({"rule": [{"port": 1}, {"port": 2}]}, {"rule": [{"port": 2}, {"port": 1}]}, []),
        ({"rule": [{"port": 1}]}, {"rule": [{"port": 3}]}, [("rule",)]),
        ({"action": [{"type": "a"}]}, {"action": [{"type": "b"}]}, [("action", 0, "type")]),
        ({"action": [{"type": "a"}]}, {"action": [UNKNOWN]}, [("action", 0)]),
        ({"action": [{"type": "a"}]}, {"action": UNKNOWN}, [("action",)]),
        ({"one": {"a": "1"}}, {"one": {"a": "2"}}, [("one", "a")]),
        ({"one": None}, {"one": {"a": "2"}}, [("one",)]),
        ({"many": {"k": {"a": "1"}}}, {"many": {}}, [("many",)]),
        ({TIMEOUTS: None}, {TIMEOUTS: {"create": "1h"}}, []),
    ],
)
def test_differences_are_found_where_they_are(before: dict[str, Any], after: dict[str, Any], found: list[Any]) -> None:
    assert differences(BLOCK, state(**before), state(**after)) == found


def test_only_what_changes_forces_a_replacement() -> None:
    before, after = state(name="a", zone="z"), state(name="b", zone="z")
    assert replacements(differences(BLOCK, before, after), [("name",), ("zone",)], before, after) == [("name",)]


def test_an_unknown_value_may_force_a_replacement() -> None:
    before, after = state(zone="z"), state(zone=UNKNOWN)
    assert replacements(differences(BLOCK, before, after), [("zone",)], before, after) == [("zone",)]


def test_lookup_follows_a_path_as_far_as_it_goes() -> None:
    value = {"a": [{"b": UNKNOWN}]}
    assert lookup(value, ("a", 0, "b", "c")) is UNKNOWN
    assert lookup(value, ("a", 3)) is None
    assert lookup(value, ("x", "y")) is None


def test_telling_leaves_out_what_says_nothing() -> None:
    assert telling({"a": "", "b": [{"c": None, "d": 1}], "e": False, "f": {}}) == {"b": [{"d": 1}]}


def test_a_refresh_that_says_the_same_in_other_words_is_no_drift() -> None:
    before = {"a": None, "b": [{"c": "", "d": 1}], "e": [], "f": "x"}
    now = {"a": "", "b": [{"c": None, "d": 1}], "e": None, "f": "y"}
    assert settled(before, now) == {"a": None, "b": [{"c": "", "d": 1}], "e": [], "f": "y"}


def test_a_refresh_that_says_something_else_is() -> None:
    assert settled({"a": True, "b": [1], "c": None}, {"a": False, "b": [1, 2], "c": 0.5}) == {
        "a": False,
        "b": [1, 2],
        "c": 0.5,
    }
