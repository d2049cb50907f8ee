"""What served before a release, where somebody had deployed past Slipway: the record and the words follow the world."""

from __future__ import annotations

from typing import Any

from delivery.now import Now
from delivery.store import Store
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import deployed_past_us, run, world

PAST = "somebody deployed past Slipway, or CodeDeploy went back"


def twice() -> tuple[FakeAws, str, str]:
    """1.6.0 was released and then 1.7.4, which the pointer names."""
    aws, first, second = world()
    run(aws, release_plan(service_plan(first, image("a")), version="1.6.0"))
    run(aws, release_plan(service_plan(second, image("b")), version="1.7.4"))
    aws.heard.clear()
    return aws, first, second


def release(aws: FakeAws) -> dict[str, Any]:
    """1.8.0 comes; the last record."""
    run(aws, release_plan(service_plan(aws.define(9, image("c")), image("c"))))
    return list(aws.documents("releases/"))[-1]


def ends(aws: FakeAws) -> list[str]:
    """The lines at the end of the last release."""
    return [one for one in aws.heard if one.startswith("note: ")][-1].splitlines()[1:-1]


def test_what_the_pointer_names_served() -> None:
    aws, _, _ = twice()
    record = release(aws)
    assert record["from_version"] == "1.7.4"
    assert ends(aws) == ["1.7.4 stays warm for 60 minutes. Back: ./slipway rollback -s staging --reason …"]


def test_another_release_of_ours_served_and_is_named_for_the_way_back() -> None:
    aws, first, _ = twice()
    deployed_past_us(aws, first)
    (earlier,) = [one["id"] for one in aws.documents("releases/") if one["version"] == "1.6.0"]
    record = release(aws)
    assert (record["from_version"], record["from_release"]) == ("1.6.0", earlier)
    assert record["from"]["api"]["image"] == image("a")
    assert ends(aws) == [
        f"Before it, not 1.7.4 served, as was written down, but api: api:1 ({image('a')}), the images of 1.6.0: {PAST}",
        f"1.6.0 stays warm for 60 minutes. Back: ./slipway rollback -s staging --to {earlier} --reason …",
    ]
    back = run(aws, release_plan(service_plan(first, image("a")), version="1.6.0", source="pin"))
    assert (back.succeeded, back.record.deployments) == (True, {}), "it was a re-route"


def test_its_image_in_another_task_definition_is_gone_back_to_with_aws_alone() -> None:
    aws, _, _ = twice()
    deployed_past_us(aws, aws.define(5, image("a"), cpu=1))
    record = release(aws)
    assert (record["from_version"], record["from_release"]) == ("1.6.0", "")
    assert ends(aws)[1] == (
        "1.6.0 by hand stays warm for 60 minutes. Back: "
        f"aws deploy stop-deployment --deployment-id {record['deployments']['api']} --auto-rollback-enabled"
    )


def test_an_image_that_nobody_released_is_told_as_that() -> None:
    aws, _, _ = twice()
    deployed_past_us(aws, aws.define(5, image("f")))
    record = release(aws)
    assert (record["from_version"], record["from_release"]) == ("", "")
    assert record["from"]["api"]["image"] == image("f")
    told, back = ends(aws)
    assert told.endswith(f"but api: api:5 ({image('f')}), which no release brought: {PAST}")
    assert back.startswith("what was deployed by hand stays warm for 60 minutes. Back: aws deploy stop-deployment ")


def test_the_same_registered_anew_is_the_release_still() -> None:
    aws, _, _ = twice()
    deployed_past_us(aws, aws.define(5, image("b")))
    assert release(aws)["from_version"] == "1.7.4"
    assert len(ends(aws)) == 1


def test_a_definition_that_aws_has_deleted_is_known_by_its_image() -> None:
    aws, _, second = twice()
    deployed_past_us(aws, aws.define(5, image("b")))
    del aws.definitions[second]
    assert release(aws)["from_version"] == "1.7.4"


def test_a_release_that_fails_says_what_serves_on() -> None:
    aws, first, _ = twice()
    deployed_past_us(aws, first)
    new = aws.define(9, image("c"))
    aws.answer = lambda definition, request: {"status": 500 if definition == new else 200}
    outcome = run(aws, release_plan(service_plan(new, image("c"))))
    assert (outcome.record.result, outcome.version, outcome.record.before_version) == ("refused", "1.6.0", "1.6.0")
    assert any(one.startswith("warning: before it, not 1.7.4 served") for one in aws.heard)


def test_one_that_is_refused_before_it_looked_writes_down_what_serves_too() -> None:
    aws, first, _ = twice()
    deployed_past_us(aws, first)
    aws.ringing["api-errors"] = "it rings"
    outcome = run(aws, release_plan(service_plan(aws.define(9, image("c")), image("c"))))
    assert (outcome.record.result, outcome.version, outcome.record.before_version) == ("refused", "1.6.0", "1.6.0")


def test_back_at_once_writes_down_what_really_served() -> None:
    aws, first, _ = twice()
    deployed_past_us(aws, aws.define(5, image("f")))
    tools = aws.tools()
    store = Store(tools.aws.s3, BUCKET)
    services = (service_plan(first, image("a")),)
    done = Now("staging", store, tools, services).run(store.resolve("1.6.0"), "slow", "bob")
    assert (done.result, done.before_version, done.before["api"].image) == ("succeeded", "", image("f"))


def test_after_going_back_the_way_forward_is_named() -> None:
    aws, first, _ = twice()
    (later,) = [one["id"] for one in aws.documents("releases/") if one["version"] == "1.7.4"]
    for one in aws.codedeploy.deployments:
        one.status, one.step = "Succeeded", "over"
    run(aws, release_plan(service_plan(first, image("a")), version="1.6.0", source="pin"))
    assert ends(aws) == [
        f"1.7.4 stays warm for 60 minutes. Back: ./slipway rollback -s staging --to {later} --reason …"
    ]
