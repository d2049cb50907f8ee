"""A plan is the same for as long as the same would be done, and another one as soon as anything else would."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.errors import DeliveryError
from ops.planned import Plan, equal, errors, hash_of, read
from ops.values import AFTERWARDS, SECRET
from tests.ops.previews import ALARM, DIGEST, IMAGE, RELEASE, UNKNOWN, preview, release, step, task, urn

ROLE = "aws:iam/role:Role"


def plan(*steps: Any, **more: Any) -> Plan:
    return read(preview(*steps, **more), "production")


def alarm(old: float = 1, new: float = 2, **more: Any) -> dict[str, Any]:
    before, after = {"threshold": old, "name": "errors"}, {"threshold": new, "name": "errors"}
    return step("update", ALARM, "errors", before, after, detailed={"threshold": {"kind": "update"}}, **more)


def test_what_is_released_and_what_changes() -> None:
    found = plan(release(), *task(), alarm())
    assert (found.version, found.digests) == ("1.8.0", {"api": DIGEST})
    assert {(one.operation, one.type, one.name) for one in found.changes} == {
        ("update", RELEASE, "shop-release"),
        ("replace", "aws:ecs/taskDefinition:TaskDefinition", "api"),
        ("update", ALARM, "errors"),
    }
    by_name = {one.name: one for one in found.changes}
    assert by_name["api"].properties == {"memory": ("512", "1024")}
    assert by_name["api"].forced == ("memory",)
    assert not by_name["api"].deleted_first
    assert by_name["errors"].properties == {"threshold": (1, 2)}
    assert by_name["shop-release"].properties == {
        "version": ("1.7.4", "1.8.0"),
        "services.api.image": (IMAGE.replace("b" * 64, "a" * 64), IMAGE),
        "services.api.taskDefinition": (None, AFTERWARDS),
    }


def test_a_replacement_says_which_comes_first() -> None:
    assert plan(*reversed(task())).changes[0].deleted_first
    assert not plan(*task()).changes[0].deleted_first


def test_a_new_resource_comes_with_all_it_is_asked_for_and_one_that_goes_with_nothing() -> None:
    made = step("create", ROLE, "task", None, {"name": "task", "__defaults": [], "policy": {"a": 1}})
    gone = step("delete", ROLE, "old", {"name": "old"})
    by_name = {one.name: one for one in plan(made, gone).changes}
    assert by_name["task"].properties == {"name": (None, "task"), "policy.a": (None, 1)}
    assert (by_name["old"].operation, by_name["old"].properties) == ("delete", {})


PHANTOMS = {
    "nothing differs": step("update", ROLE, "x", {"a": "1"}, {"a": 1}, detailed={"a": {"kind": "update"}}),
    "JSON is written otherwise": step(
        "update", ROLE, "x", {"p": '{"a":1,"b":2}'}, {"p": '{"b": 2, "a": 1}'}, detailed={"p": {"kind": "update"}}
    ),
    "nothing and empty": step("update", ROLE, "x", {"a": 1}, {"a": 1, "tags": {}}, detailed={"tags": {"kind": "add"}}),
    "the bridge's own": step(
        "update", ROLE, "x", {"__defaults": ["a"]}, {"__defaults": []}, detailed={"__defaults": {"kind": "update"}}
    ),
    "what nobody asks for and nobody knows": step(
        "update",
        ROLE,
        "x",
        {"a": 1},
        {"a": 1},
        outputs={"a": 1, "arn": "arn:x"},
        after={"arn": UNKNOWN},
        detailed={"arn": {"kind": "update"}},
    ),
    "it stays": {"op": "same", "urn": urn(ROLE, "x")},
    "it is read": {"op": "read", "urn": urn(ROLE, "x")},
}


@pytest.mark.parametrize("phantom", PHANTOMS.values(), ids=list(PHANTOMS))
def test_a_difference_that_is_none_is_left_out(phantom: dict[str, Any]) -> None:
    assert plan(phantom).changes == ()
    assert plan(release(), phantom).hash == plan(release()).hash


REAL = {
    "an output that is known": step(
        "update",
        ROLE,
        "x",
        {"a": 1},
        {"a": 1},
        outputs={"tagsAll": {"team": "a"}},
        after={"tagsAll": {"team": "b"}},
        detailed={"tagsAll.team": {"kind": "update"}},
    ),
    "somebody else's change": step(
        "update", ROLE, "x", {"a": 1}, {"a": 1}, outputs={"a": 7}, detailed={"a": {"kind": "update"}}
    ),
    "a secret": step("update", ROLE, "x", {"p": SECRET}, {"p": SECRET}, detailed={"p": {"kind": "update"}}),
    "a property that will be known": step(
        "update", ROLE, "x", {"a": "b"}, {"a": UNKNOWN}, detailed={"a": {"kind": "update"}}
    ),
    "nothing is named and inputs differ": step("update", ROLE, "x", {"a": 1}, {"a": 2}),
    "named in the old way": step("update", ROLE, "x", {"p": SECRET}, {"p": SECRET}, reasons=["p"]),
    "the provider saw it": step("update", ROLE, "x", {"a": 1}, {"a": 1}),
    "a release that has to move what somebody moved": step(
        "update", RELEASE, "x", {"a": 1}, {"a": 1}, detailed={"a": {"kind": "update"}}
    ),
    "a replacement": step("replace", ROLE, "x", {"a": 1}, {"a": 1}, detailed={}, forced=["a"]),
}


PERMISSION = "aws:lambda/permission:Permission"


def test_a_name_that_the_engine_makes_up_is_left_out() -> None:
    """Each preview makes up another one: what is new would never be as it was approved."""

    def made(name: str, operation: str = "create") -> Plan:
        old = {"statementId": "warden-0000000", "action": "x"} if operation == "replace" else None
        return plan(step(operation, PERMISSION, "warden", old, {"statementId": name, "action": "y"}))

    for operation in ("create", "replace"):
        one, other = made("warden-0a10c40", operation), made("warden-9b74e91", operation)
        assert one.hash == other.hash
        assert set(one.changes[0].properties) == {"action"}
        for chosen in ("warden", "warden-0a10c40x", "other-0a10c40", "warden-production"):
            assert made(chosen, operation).hash != one.hash


@pytest.mark.parametrize("real", REAL.values(), ids=list(REAL))
def test_a_difference_that_is_one_stays(real: dict[str, Any]) -> None:
    assert len(plan(real).changes) == 1
    assert plan(release(), real).hash != plan(release()).hash


def test_why_and_what_the_provider_writes_down_is_no_part_of_it() -> None:
    assert plan(release(reason="a")).hash == plan(release(reason="b", started="2026-01-01", seconds={"total": 1})).hash


@pytest.mark.parametrize(
    "other",
    [
        [release(version="1.8.1"), *task(), alarm()],
        [release(image=IMAGE.replace("b" * 64, "c" * 64)), *task(), alarm()],
        [release(), *task(new="2048"), alarm()],
        [release(), *task(), alarm(new=3)],
        [release(), *task()],
        [release(), *reversed(task()), alarm()],
        [release(), *task(), alarm(), step("delete", ROLE, "x", {"a": 1})],
    ],
)
def test_anything_else_is_another_plan(other: list[Any]) -> None:
    assert plan(*other).hash != plan(release(), *task(), alarm()).hash


def test_another_environment_is_another_plan() -> None:
    assert read(preview(release()), "staging").hash != plan(release()).hash


VALUES = st.integers(1, 9) | st.text(alphabet="abc", min_size=1, max_size=3)
INPUTS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES, min_size=1, max_size=4)
STEPS = st.lists(st.tuples(st.sampled_from(["create", "update"]), INPUTS, INPUTS), min_size=1, max_size=5)


def steps(drawn: list[tuple[str, dict[str, Any], dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        step(op, ROLE, f"role-{number}", None if op == "create" else old, new)
        for number, (op, old, new) in enumerate(drawn)
    ]


def backwards(value: Any) -> Any:
    """The same, with every object written from its end."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(one) for one in value] if isinstance(value, list) else value


@given(STEPS, st.randoms(use_true_random=False))
def test_order_and_times_do_not_matter(drawn: Any, random: Any) -> None:
    listed = steps(drawn)
    other = backwards(copy.deepcopy(listed))
    random.shuffle(other)
    for one in other:
        if "oldState" in one:
            one["oldState"]["modified"] = "2027-07-07T07:07:07Z"
    assert plan(*listed).hash == plan(*other, duration=7, changeSummary={}).hash


@given(STEPS, st.data())
def test_any_changed_property_changes_the_hash(drawn: Any, data: Any) -> None:
    listed = steps(drawn)
    other = copy.deepcopy(listed)
    new = data.draw(st.sampled_from(other))["newState"]["inputs"]
    new[data.draw(st.sampled_from(sorted(new)))] = "something else"
    assert plan(*listed).hash != plan(*other).hash


@given(STEPS, st.lists(st.sampled_from(list(PHANTOMS.values())), max_size=3))
def test_differences_that_are_none_do_not_change_it(drawn: Any, phantoms: Any) -> None:
    assert plan(*steps(drawn), *phantoms).hash == plan(*steps(drawn)).hash


def test_no_secret_is_in_it() -> None:
    """Those that the engine knows are masked by it; here are some that it does not."""
    planted = "hunter2-planted"
    definitions = [
        {"name": "api", "environment": [{"name": "DB_PASSWORD", "value": planted}, {"name": "A", "value": "b"}]}
    ]
    found = plan(
        step(
            "create",
            "aws:ecs/taskDefinition:TaskDefinition",
            "a",
            None,
            {"containerDefinitions": json.dumps(definitions)},
        ),
        step(
            "create", "aws:rds/instance:Instance", "b", None, {"password": planted, "url": f"redis://x:{planted}@y/0"}
        ),
        step(
            "update",
            "aws:lambda/function:Function",
            "c",
            {"environment": {"variables": {"API_TOKEN": "old" + planted}}},
            {"environment": {"variables": {"API_TOKEN": planted}}},
            detailed={"environment.variables.API_TOKEN": {"kind": "update"}},
        ),
        diagnostics=[{"severity": "warning", "message": f"password={planted} is short"}],
    )
    text = json.dumps(found.document) + json.dumps(found.warnings)
    assert planted not in text
    assert text.count("***") == 6
    assert '"A.value"' not in text
    assert "containerDefinitions.api.environment.A.value" in text


def test_what_the_engine_warns_of_is_told_and_not_hashed() -> None:
    said = [
        {"severity": "warning", "message": "This update would be refused: production is frozen"},
        {"severity": "warning", "message": "This update would be refused: production is frozen"},
        {"severity": "info", "message": "1.7.4 → 1.8.0"},
        {"severity": "error", "message": "broken"},
    ]
    found = plan(release(), diagnostics=said)
    assert found.warnings == ("This update would be refused: production is frozen",)
    assert found.hash == plan(release()).hash
    assert errors(preview(diagnostics=said)) == ["broken"]


def test_a_hash_is_given_whole_or_as_it_is_shown() -> None:
    found = plan(release()).hash
    assert len(found) == 12
    assert equal(found, found)
    assert equal(f" {found.upper()}\n", found)
    assert equal(found + "0" * 52, found)
    for wrong in ("", found[:11], "0" * 12, "nothing"):
        assert not equal(wrong, found)


def test_it_stays_what_it_is_when_it_is_written_down() -> None:
    found = plan(release(), *task(), alarm())
    assert hash_of(json.loads(json.dumps(found.document))) == found.hash


def test_a_preview_in_another_form_is_refused() -> None:
    with pytest.raises(DeliveryError, match="no list of steps"):
        read({"steps": ["x"]}, "production")
