"""The warm window: the tasks before are kept, and going back to them is a re-route of a handful of calls."""

from __future__ import annotations

from collections import Counter

import pytest

from delivery.plan import ReleasePlan
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, world

#: What reads nothing of CodeDeploy's: a release looks for a person's wish every few seconds.
WISHES = "get_object"


def plan(definition: str, digit: str, version: str, names: tuple[str, ...], source: str = "build") -> ReleasePlan:
    services = [service_plan(definition, image(digit), name=name) for name in names]
    return release_plan(*services, version=version, source=source)


def warm(*names: str) -> tuple[FakeAws, str, str]:
    """Revision 1 served, 2 serves now, and the tasks of 1 are kept."""
    aws, old, new = world()
    for name in names[1:]:
        aws.add_service(name, old)
    run(aws, plan(old, "a", "1.7.4", names))
    assert run(aws, plan(new, "b", "1.8.0", names)).succeeded
    return aws, old, new


@pytest.mark.parametrize("names", [("api",), ("api", "web"), ("api", "web", "docs")])
def test_from_the_decision_to_all_traffic_it_is_a_handful_of_calls(names: tuple[str, ...]) -> None:
    aws, old, _ = warm(*names)
    before, routed = len(aws.calls), len(aws.traffic)
    until: list[int] = []
    aws.after_call = lambda _: until.append(len(aws.calls)) if len(aws.traffic) == routed + len(names) else None
    assert run(aws, plan(aws.define(3, image("a")), "a", "1.7.4", names, "pin")).succeeded
    assert all(serves(aws, old, name) for name in names)
    decided = aws.calls.index("stop_deployment", before)
    made = Counter(aws.calls[decided : until[0]])
    made.pop(WISHES, 0)
    assert made["stop_deployment"] == len(names)
    assert "create_deployment" not in aws.calls[before:]
    assert sum(made.values()) <= 12 * len(names)


def test_going_back_starts_no_task_and_moves_all_traffic_in_one_step() -> None:
    aws, old, new = warm("api")
    kept = next(one["id"] for one in aws.services["api"].sets if one["taskDefinition"] == old)
    routed = len(aws.traffic)
    outcome = run(aws, plan(aws.define(3, image("a")), "a", "1.7.4", ("api",), "pin"))
    assert [(definition, share) for _, _, definition, share in aws.traffic[routed:]] == [(old, 100)]
    assert aws.services["api"].primary["id"] == kept
    assert outcome.record.deployments == {}
    assert outcome.record.before["api"].task_definition == new
    assert left_behind(aws) == []


def test_what_was_left_by_a_re_route_comes_again_by_a_deployment_of_its_own() -> None:
    aws, old, new = warm("api")
    run(aws, plan(old, "a", "1.7.4", ("api",), "pin"))
    made = len(aws.codedeploy.deployments)
    assert run(aws, plan(new, "b", "1.8.0", ("api",))).succeeded
    assert serves(aws, new)
    assert len(aws.codedeploy.deployments) == made + 1


def test_a_new_release_ends_the_window_first_and_once() -> None:
    aws, _, _ = warm("api")
    newest, before = aws.define(3, image("c")), len(aws.calls)
    states: list[str] = []
    aws.before_call = lambda name: (
        states.append(aws.codedeploy.deployments[0].status) if name == "create_deployment" else None
    )
    assert run(aws, plan(newest, "c", "1.9.0", ("api",))).succeeded
    # The first `continue_deployment` ends the window, the second lets the new green have traffic.
    assert [one for one in aws.calls[before:] if one in ("continue_deployment", "create_deployment")] == [
        "continue_deployment",
        "create_deployment",
        "continue_deployment",
    ]
    assert "stop_deployment" not in aws.calls[before:]
    assert states == ["Succeeded"]
    assert [share for _, _, definition, share in aws.traffic if definition == newest] == [10, 100]


def test_a_release_before_the_one_that_is_kept_ends_the_window_too() -> None:
    aws, old, new = warm("api")
    newest = aws.define(3, image("c"))
    run(aws, plan(newest, "c", "1.9.0", ("api",)))
    assert run(aws, plan(old, "a", "1.7.4", ("api",), "pin")).succeeded
    assert serves(aws, old)
    assert [one.status for one in aws.codedeploy.deployments] == ["Succeeded", "Succeeded", "InProgress"]
    assert new not in [one["taskDefinition"] for one in aws.services["api"].sets]


def test_a_window_that_ends_at_the_moment_of_going_back_costs_a_deployment_and_no_error() -> None:
    aws, old, _ = warm("api")
    aws.before_call = lambda name: aws.sleep(5000) if name == "stop_deployment" else None
    outcome = run(aws, plan(old, "a", "1.7.4", ("api",), "pin"))
    assert outcome.succeeded, outcome.record.cause
    assert serves(aws, old)


def test_a_window_that_ended_too_early_leaves_no_word_of_a_re_route_in_the_record() -> None:
    aws, old, new = warm("api")
    aws.before_call = lambda name: aws.sleep(5000) if name == "stop_deployment" else None
    aws.answer = lambda definition, request: {"status": 500 if definition == old else 200}
    outcome = run(aws, plan(old, "a", "1.7.4", ("api",), "pin"))
    assert outcome.record.result == "refused"
    assert serves(aws, new)
    assert "went back to" not in outcome.record.cause


def test_an_update_that_changes_nothing_leaves_the_window_as_it_is() -> None:
    aws, _, new = warm("api")
    assert run(aws, plan(new, "b", "1.8.0", ("api",))).succeeded
    assert aws.codedeploy.deployments[-1].step == "warm"
    assert len(aws.codedeploy.deployments) == 1
