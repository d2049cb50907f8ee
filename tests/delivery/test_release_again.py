"""Releases that stop, go back, and begin again: cancelled, taken up, re-routed."""

from __future__ import annotations

import pytest

from delivery.stop import Stop
from tests.delivery.fake_clients import Killed
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, world


@pytest.mark.parametrize("moment", ["install", "ready", "shift", "warm"])
def test_cancel_tells_aws_at_once_and_traffic_goes_back(moment: str) -> None:
    aws, old, new = world()
    stop = Stop()
    stopped_at: list[str] = []

    def cancel(name: str) -> None:
        deployments = aws.codedeploy.deployments
        if deployments and deployments[0].step == moment and not stop.asked:
            stop.ask()
            stopped_at.append(deployments[0].status)

    aws.after_call = cancel
    outcome = run(aws, release_plan(service_plan(new, image("b"))), stop)
    assert outcome.record.result == "cancelled"
    assert stopped_at != []
    assert aws.codedeploy.deployments[0].status == "Stopped"
    assert serves(aws, old)
    assert left_behind(aws) == []


def test_cancel_that_comes_before_the_deployment_has_an_id_still_stops_it() -> None:
    aws, old, new = world()
    stop = Stop()
    aws.before_call = lambda name: stop.ask() if name == "create_deployment" else None
    outcome = run(aws, release_plan(service_plan(new, image("b"))), stop)
    assert outcome.record.result == "cancelled"
    assert aws.codedeploy.deployments[0].status == "Stopped"
    assert serves(aws, old)


def test_what_fails_because_of_a_cancel_is_not_the_cause() -> None:
    """AWS is told at once, and takes the test listener back before the checks have looked at it."""
    aws, old, new = world()
    stop = Stop()

    def cancel(name: str) -> None:
        deployments = aws.codedeploy.deployments
        if name == "describe_listeners" and deployments and deployments[0].step == "ready" and not stop.asked:
            stop.ask()
            api = aws.services["api"]
            api.test = api.group("blue")

    aws.before_call = cancel
    outcome = run(aws, release_plan(service_plan(new, image("b"))), stop)
    assert (outcome.record.result, outcome.record.cause) == ("cancelled", "the update was cancelled")
    assert serves(aws, old)


def test_cancel_that_comes_after_the_last_step_changes_nothing() -> None:
    aws, _, new = world()
    stop = Stop()
    aws.before_call = lambda name: stop.ask() if name == "put_image" else None
    outcome = run(aws, release_plan(service_plan(new, image("b"))), stop)
    assert outcome.succeeded
    assert serves(aws, new)


def test_going_back_within_the_warm_time_is_a_re_route() -> None:
    aws, old, new = world()
    run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    run(aws, release_plan(service_plan(new, image("b"))))
    # The program registers the old content again, under a new number.
    again = aws.define(3, image("a"))
    began = aws.now
    outcome = run(aws, release_plan(service_plan(again, image("a")), version="1.7.4", source="pin"))
    assert outcome.succeeded
    assert serves(aws, old)
    assert outcome.serving == {"api": old}
    assert not aws.met(again)
    assert aws.now - began < 60
    assert outcome.record.before["api"].task_definition == new
    assert aws.heard[-1].splitlines() == [
        "note: 1.7.4 (3f9c1e2) serves 100%: checks 1/1, re-routed to the tasks that were kept warm",
        f"Record: ./slipway history -s staging --of {outcome.record.id}",
    ]


def test_going_back_later_is_at_once_and_not_stopped_by_the_alarm_one_goes_back_from() -> None:
    aws, old, new = world()
    run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    run(aws, release_plan(service_plan(new, image("b"))))
    aws.sleep(5000)
    aws.ringing["api-errors"] = "12 % failed"
    began = aws.now
    outcome = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4", source="pin"))
    assert outcome.succeeded
    assert serves(aws, old)
    assert aws.now - began < 120
    assert aws.heard[-1].startswith(
        "note: 1.7.4 (3f9c1e2) serves 100%: checks 1/1, all at once, since it served before"
    )
    assert outcome.record.overrides == (
        "alarm api-errors rings already and is not watched while going back: 12 % failed",
    )


def test_a_new_release_ends_the_warm_time_of_the_one_before() -> None:
    aws, _, new = world()
    newest = aws.define(3, image("c"))
    run(aws, release_plan(service_plan(new, image("b"))))
    outcome = run(aws, release_plan(service_plan(newest, image("c")), version="1.9.0"))
    assert outcome.succeeded
    assert serves(aws, newest)
    assert aws.codedeploy.deployments[0].status == "Succeeded"
    assert len(aws.codedeploy.deployments) == 2


def test_a_killed_update_is_taken_up_and_not_started_again() -> None:
    aws, _, new = world()
    plan = release_plan(service_plan(new, image("b")))

    def kill(name: str) -> None:
        if aws.codedeploy.deployments and aws.codedeploy.deployments[0].percent == 10:
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        run(aws, plan)
    assert aws.held
    first = next(iter(aws.documents("journal.json")))["record"]
    aws.after_call = lambda name: None
    outcome = run(aws, plan)
    assert outcome.succeeded
    assert outcome.record.id == first["id"]
    assert outcome.record.started == first["started"]
    assert len(aws.codedeploy.deployments) == 1
    assert left_behind(aws) == []


def test_a_killed_update_is_taken_back_when_something_else_is_wanted() -> None:
    aws, old, new = world()
    newest = aws.define(3, image("c"))

    def kill(name: str) -> None:
        if aws.codedeploy.deployments and aws.codedeploy.deployments[0].percent == 10:
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        run(aws, release_plan(service_plan(new, image("b"))))
    aws.after_call = lambda name: None
    outcome = run(aws, release_plan(service_plan(newest, image("c")), version="1.9.0"))
    assert outcome.succeeded
    assert outcome.record.before["api"].task_definition == old
    interrupted, succeeded = sorted(aws.documents("releases/"), key=lambda record: str(record["version"]))
    assert (interrupted["result"], interrupted["cause"]) == ("cancelled", "interrupted while: shift")
    assert succeeded["result"] == "succeeded"
    assert left_behind(aws) == []


def test_weights_that_somebody_set_by_hand_after_a_release_are_put_right_by_releasing_again() -> None:
    aws, _, new = world()
    plan = release_plan(service_plan(new, image("b")))
    run(aws, plan)
    shares = aws.services["api"].shares
    shares.update(dict.fromkeys(shares, 50))
    outcome = run(aws, plan)
    assert outcome.succeeded, outcome.record.cause
    assert serves(aws, new)
    assert len([one for one in aws.codedeploy.deployments if not one.undoes]) == 2
    assert left_behind(aws) == []
