"""Releases in a small AWS: what users meet, what is written down, what is left behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.clock import moment
from delivery.errors import Refused
from delivery.strategy import parse
from delivery.update import Update
from tests.delivery.fake_clients import ACCOUNT
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, the_record, world


def test_a_release_is_checked_shifted_baked_and_written_down() -> None:
    aws, old, new = world()
    outcome = run(aws, release_plan(service_plan(new, image("b")), reason="because"))
    assert outcome.succeeded
    assert serves(aws, new)
    assert left_behind(aws) == []
    record = the_record(aws)
    assert record["result"] == "succeeded"
    assert record["services"] == {"api": {"image": image("b"), "task_definition": new}}
    assert record["from"] == {"api": {"image": image("a"), "task_definition": old}}
    assert record["deployments"] == {"api": "d-1"}
    assert record["who"] == f"ada (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"
    assert record["why"] == "because"
    assert record["seconds"]["shift"] >= 60
    assert record["seconds"]["bake"] >= 60
    assert set(record["seconds"]) == {"gates", "provision", "checks", "shift", "bake", "workers", "total"}
    assert len(aws.calls) / 2 < record["calls"] < len(aws.calls)  # what is written after the record is not in it
    assert next(iter(aws.documents("pointer.json")))["digests"] == {"api": "sha256:" + "b" * 64}
    assert aws.tags == {"1.8.0": "sha256:" + "b" * 64, "3f9c1e2": "sha256:" + "b" * 64}


def test_the_record_says_what_served_before_it_which_update_ran_it_and_what_watched_it() -> None:
    aws, old, new = world()
    first = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    plan = release_plan(
        service_plan(new, image("b"), alarms=("api-errors", "api-latency")),
        update=Update(project="shop", stack="staging", host="runner-3", run="https://ci/7"),
        waive={"api-latency": "a known bug of 1.7.4"},
        reason="the token=abc is out",
        settings={"env": {"DB_PASSWORD": "hunter2", "MODE": "fast"}},
    )
    second = run(aws, plan)
    assert second.succeeded
    stored = [*aws.documents("releases/")][-1]
    assert (first.record.before_version, first.record.before_release) == ("", "")
    assert (stored["from_version"], stored["from_release"]) == ("1.7.4", first.record.id)
    assert stored["update"] == {"project": "shop", "stack": "staging", "host": "runner-3", "run": "https://ci/7"}
    assert stored["watched"] == {"api": ["api-errors"]}
    assert stored["why"] == "the token=*** is out"
    assert stored["settings"] == {"env": {"DB_PASSWORD": "***", "MODE": "fast"}}
    shifted = aws.codedeploy.deployments[-1].shifted_at
    assert shifted is not None
    kept = moment(stored["warm_until"]).timestamp() - shifted
    assert abs(kept - 61 * 60) <= 1  # a minute of bake and an hour


def test_progress_says_the_share_of_users_first_and_ends_with_the_way_back() -> None:
    aws, old, new = world()
    run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    aws.heard.clear()
    aws.codedeploy.interval_seconds = 300
    run(aws, release_plan(service_plan(new, image("b")), strategy=parse("canary 10% 5m, bake 10m")))
    changes = list(dict.fromkeys(aws.heard))
    assert "0% 1/1 checks" in changes
    assert "10% 4/5m canary" in changes
    assert "100% 9/10m bake" in changes
    assert changes[-1].splitlines() == [
        "note: 1.8.0 (3f9c1e2) serves 100%: checks 1/1, canary 10% 5m, bake 10m",
        "1.7.4 stays warm for 60 minutes. Back: ./slipway rollback -s staging --reason …",
        f"Record: ./slipway history -s staging --of {[*aws.documents('releases/')][-1]['id']}",
    ]


def test_the_first_release_finds_its_target_serving() -> None:
    aws, old, _ = world()
    outcome = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    assert outcome.succeeded
    assert aws.codedeploy.deployments == []
    assert the_record(aws)["deployments"] == {}
    assert "invoke" in aws.calls


def test_nothing_is_done_or_written_when_the_target_serves_and_is_known() -> None:
    aws, old, _ = world()
    first = run(aws, release_plan(service_plan(old, image("a"))))
    again = run(aws, release_plan(service_plan(old, image("a"))))
    assert again.record == first.record
    assert len(list(aws.documents("releases/"))) == 1
    assert left_behind(aws) == []


def test_a_failing_check_refuses_and_users_never_meet_the_release() -> None:
    aws, old, new = world()
    aws.answer = lambda definition, request: (
        {"status": 500, "body": "password=hunter2 boom"} if definition == new else {"status": 200}
    )
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "refused"
    assert outcome.record.cause.startswith(
        "api: GET /api/health on port 8080: answered 500, expected 200: password=*** boom"
    )
    assert not aws.met(new)
    assert serves(aws, old)
    assert left_behind(aws) == []
    assert aws.tags == {}
    assert the_record(aws)["cause"] == outcome.record.cause


def test_a_failing_check_shows_what_the_new_tasks_wrote() -> None:
    aws, _, new = world()
    aws.running_tasks = [
        {"taskArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/shop-staging/{name}", "startedBy": started_by}
        for name, started_by in (("old", "ecs-svc/1"), ("new", "ecs-svc/100"))
    ]
    aws.logs = {"old": ["all is well"], "new": ["KeyError: 'price'", "api_key=abc123"]}
    aws.answer = lambda definition, request: {"status": 500 if definition == new else 200}
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.cause.splitlines()[1:] == [
        "api: last lines of its log: KeyError: 'price' | api_key=***",
    ]


def test_a_failing_check_is_told_though_its_log_cannot_be_read() -> None:
    aws, _, new = world()
    aws.running_tasks = [{"taskArn": "task/shop/new", "startedBy": "ecs-svc/100"}]
    aws.answer = lambda definition, request: {"status": 500 if definition == new else 200}

    def refuse(name: str) -> None:
        if name == "get_log_events":
            raise PermissionError(name)

    aws.before_call = refuse
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.cause.startswith("api: GET /api/health on port 8080: answered 500")
    assert len(outcome.record.cause.splitlines()) == 1


@pytest.mark.parametrize("budget", [10, 300])
def test_the_budget_of_checks_is_a_setting(budget: int) -> None:
    aws, _, new = world()
    aws.answer = lambda definition, request: {"status": 500 if definition == new else 200}
    outcome = run(aws, release_plan(service_plan(new, image("b")), checks_budget_seconds=budget))
    assert budget <= outcome.record.seconds["checks"] < budget + 15


def test_a_release_whose_tasks_exit_is_refused_with_their_last_words() -> None:
    aws, old, new = world()
    aws.codedeploy.unhealthy.add(new)
    aws.stopped_tasks = [
        {
            "taskArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/shop-staging/{number}",
            "startedBy": "ecs-svc/100",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "api", "exitCode": 3}],
        }
        for number in range(3)
    ]
    aws.log = ["cannot reach postgres://app:secret@db/shop", "giving up"]
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "refused"
    assert "3 tasks stopped: Essential container in task exited (container api exited with 3)" in outcome.record.cause
    assert "last lines of its log: cannot reach postgres://app:***@db/shop | giving up" in outcome.record.cause
    assert outcome.record.seconds["total"] < 120
    assert serves(aws, old)


def test_a_release_that_never_becomes_healthy_is_given_up_before_codedeploy_would() -> None:
    aws, old, new = world()
    aws.codedeploy.unhealthy.add(new)
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "refused"
    assert "api:2 was not healthy after 30 minutes" in outcome.record.cause
    assert serves(aws, old)
    assert not aws.met(new)


def test_an_alarm_in_the_canary_takes_the_release_back() -> None:
    aws, old, new = world()

    def ring(name: str) -> None:
        if any(share == 10 for _, _, definition, share in aws.traffic if definition == new):
            aws.ringing["api-errors"] = "12 % of requests failed"

    aws.before_call = ring
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert outcome.record.cause == "api: alarm api-errors rang: 12 % of requests failed"
    assert serves(aws, old)
    assert left_behind(aws) == []
    assert max(share for _, _, definition, share in aws.traffic if definition == new) == 10


def test_someone_who_stops_the_deployment_makes_no_success() -> None:
    aws, old, new = world()

    def stop_in_bake(name: str) -> None:
        deployments = aws.codedeploy.deployments
        if deployments and deployments[0].step == "warm" and deployments[0].status == "InProgress":
            aws.codedeploy.stop_deployment(deployments[0].id, autoRollbackEnabled=True)

    aws.before_call = stop_in_bake
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert outcome.record.cause.startswith("api: deployment d-1 was stopped by someone else")
    assert serves(aws, old)


def test_traffic_that_someone_else_moved_is_no_success() -> None:
    aws, _, new = world()

    def meddle(name: str) -> None:
        service = aws.services["api"]
        if name == "describe_services" and service.primary["taskDefinition"] == new:
            service.shares = {service.group("green"): 60, service.group("blue"): 40}

    aws.before_call = meddle
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert outcome.record.cause.startswith("api: api:2 should serve, but it has 60% of the traffic")


def test_a_group_that_does_not_wait_is_found_out_and_taken_back() -> None:
    aws, old, new = world()
    aws.codedeploy.waits_ready = False
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert "began to shift traffic before green was checked" in outcome.record.cause
    assert "STOP_DEPLOYMENT" in outcome.fix
    assert serves(aws, old)


def test_several_services_move_only_when_all_are_checked() -> None:
    aws, old, new = world()
    aws.add_service("web", old)
    aws.answer = lambda definition, request: {
        "status": 503 if request["path"].startswith("/web") and definition == new else 200
    }
    plans = [service_plan(new, image("b"), name=name) for name in ("api", "web")]
    outcome = run(aws, release_plan(*plans))
    assert outcome.record.result == "refused"
    assert outcome.record.cause.startswith("web: GET /web/health on port 8080: answered 503, expected 200")
    assert serves(aws, old, "api")
    assert serves(aws, old, "web")
    assert not aws.met(new)


def test_one_failing_in_the_shift_takes_the_others_back() -> None:
    aws, old, new = world()
    aws.add_service("web", old)

    def ring(name: str) -> None:
        if aws.met(new):
            aws.ringing["web-errors"] = "slow"

    aws.before_call = ring
    outcome = run(aws, release_plan(*(service_plan(new, image("b"), name=name) for name in ("api", "web"))))
    assert outcome.record.result == "failed"
    assert serves(aws, old, "api")
    assert serves(aws, old, "web")
    assert left_behind(aws) == []


def test_credentials_of_another_account_are_refused_before_anything() -> None:
    aws, _, new = world()
    with pytest.raises(
        Refused, match="the AWS credentials are of account 111122223333, this environment is in 444455556666"
    ):
        run(aws, release_plan(service_plan(new, image("b")), account="444455556666"))
    assert aws.objects == {}


def test_all_gates_object_at_once_and_nothing_moves() -> None:
    aws, _, new = world()
    aws.definitions[new]["status"] = "INACTIVE"
    aws.tags["1.8.0"] = "sha256:" + "a" * 64
    aws.ringing["api-errors"] = "12 % failed"
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "refused"
    assert outcome.record.cause.splitlines() == [
        "api: task definition api:2 is not active and starts no task",
        "api: version 1.8.0 names another image: sha256:aaaaaaaaaaaa…, and this one is sha256:bbbbbbbbbbbb…",
        "alarm api-errors rings already (12 % failed); it would take the release back at once",
    ]
    assert aws.codedeploy.deployments == []


def test_a_bucket_that_cannot_be_written_stops_the_release_and_leaves_the_old_one() -> None:
    aws, old, new = world()

    def refuse(name: str) -> None:
        if name == "put_object" and aws.codedeploy.deployments:
            raise RuntimeError("the network is gone")

    aws.before_call = refuse
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "refused"
    assert "RuntimeError: the network is gone" in outcome.record.cause
    assert "Taking it back could not be followed to its end" in outcome.record.cause
    assert serves(aws, old)


def test_without_bake_and_with_all_at_once_it_is_done_when_traffic_has_moved() -> None:
    aws, _, new = world()
    plan = release_plan(service_plan(new, image("b"), deployment_config="CodeDeployDefault.ECSAllAtOnce"))
    outcome = run(aws, replace(plan, strategy=parse("all at once")))
    assert outcome.succeeded
    assert outcome.record.seconds["total"] < 60
