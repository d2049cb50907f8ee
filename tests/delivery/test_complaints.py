"""What people complain about when they roll out on ECS with other tools: shown here that it cannot happen.

Each complaint is public; the docstring of its test names where it was made. Where a test elsewhere shows it already, it
is named in `SHOWN`, and that it exists is checked.

Two are not answered: blue's tasks all end at once when the warm time is over, since CodeDeploy knows no pace for that
(CR#969); and a release waits for no approval of its own, which is left to who starts the update (pulumi/docs#19557).
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from delivery.strategy import parse
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.fleet import Fleet
from tests.delivery.scene import left_behind, run, serves, world

ROOT = Path(__file__).resolve().parents[2]

#: Where it was said -> what, and the test that shows it cannot happen here.
SHOWN: dict[str, tuple[str, str]] = {
    "PAWS#1096, TFA#12703, cloudformation-coverage-roadmap#1529": (
        "the second update dies, since it changes the task definition of a service under CODE_DEPLOY",
        "components/test_service.py::test_a_service_with_a_port_is_codedeploys_to_shift",
    ),
    "PAWS#3821, the maintainer's answer": (
        "nothing triggers the deployment, as cdk-ecs-codedeploy does",
        "delivery/test_release.py::test_a_release_is_checked_shifted_baked_and_written_down",
    ),
    "CDK#36649, terraform-aws-alb#409": (
        "any later update swings live traffic back, since it resets the listener",
        "components/test_load_balancer.py::test_both_listeners_begin_at_blue_and_are_then_left_alone",
    ),
    "PU#3569, PAWS#1982, pulumi-awsx#856": (
        "with `ignoreChanges`, changing memory brings back the image of the start",
        "components/test_service.py::test_more_memory_keeps_the_image",
    ),
    "cdk-ecs-codedeploy#121": (
        "a changed namespace of the cluster becomes an UpdateService that ECS refuses",
        "components/test_service.py::test_no_update_asks_of_the_service_what_only_codedeploy_may_change",
    ),
    "terraform-aws-alb#322": (
        "a refresh sees the moved listener as drift and wants it back",
        "plugin/test_provider.py::test_nothing_differs_after_a_release_and_after_a_refresh",
    ),
    "tf-aws-ecs, ignore_task_definition_changes": (
        "a setting about rollouts makes the whole service anew",
        "components/test_contract.py::test_urns_change_on_purpose_only",
    ),
    "CFN blue-green-considerations": (
        "one service an update, and no other resource with it",
        "delivery/test_together.py::test_greens_start_side_by_side_and_shift_only_when_all_are_checked",
    ),
    "CFN blue-green-considerations, dynamic references": (
        "no secret may be looked up in a template whose services shift",
        "components/test_service.py::test_a_new_value_of_a_secret_is_another_task_definition",
    ),
    "ecspresso's README": (
        "application and deployment group are to be made by somebody else",
        "components/test_service.py::test_codedeploy_waits_for_checks_keeps_blue_warm_and_goes_back_by_itself",
    ),
    "pulumi-docker-build#222": (
        "an image that is built again looks like another one, and is rolled out",
        "plugin/test_provider.py::test_another_version_of_the_same_content_rolls_nothing",
    ),
    "CR#2266": (
        "who has seen enough cannot end the bake",
        "ops/test_skip_bake.py::test_the_update_goes_on_to_record_within_seconds",
    ),
    "Cop#5750": (
        "traffic moves at once or not at all: no canary, no steps",
        "components/test_service.py::test_each_rollout_has_a_configuration_of_aws_or_one_that_is_named_by_its_steps",
    ),
    "PU PR#3906": (
        "an earlier state can only be had of Pulumi's own service, so nobody else can go back",
        "ops/test_rollback.py::test_goes_to_the_last_good_release_that_does_not_serve",
    ),
    "PU#687, PU#6737": (
        "the history is slow, and says of two updates not in what they differ",
        "ops/test_history.py::test_shows_what_a_release_changed_beside_its_image",
    ),
    "vercel.com/docs/instant-rollback": (
        "going back takes the image back, and leaves the variables of now",
        "delivery/test_configuration.py::test_going_back_takes_it_back_with_the_same_image",
    ),
    "aws-actions#54, PU#5083, TFA#1703": (
        "nothing runs a migration before the new version has traffic",
        "delivery/test_migration.py::test_it_runs_before_any_traffic_and_is_written_down",
    ),
    "boxel#2018": (
        "a pipeline sleeps four minutes and hopes that the migration has ended, and well",
        "delivery/test_migration.py::test_one_that_fails_refuses_with_its_last_words_and_nothing_moves",
    ),
    "CR#328, CDK#1498": (
        "a release whose tasks never become healthy hangs for hours",
        "delivery/test_release.py::test_a_release_that_never_becomes_healthy_is_given_up_before_codedeploy_would",
    ),
    "Cop#1879, Cop#5296": (
        "tasks that exit again and again lock the stack",
        "delivery/test_release.py::test_a_release_whose_tasks_exit_is_refused_with_their_last_words",
    ),
    "aws-actions#191": (
        "AWS took the release back, and the job is green",
        "delivery/test_release.py::test_an_alarm_in_the_canary_takes_the_release_back",
    ),
    "aws-actions#191, stopped by hand": (
        "somebody stopped the deployment, and the job is green",
        "delivery/test_release.py::test_someone_who_stops_the_deployment_makes_no_success",
    ),
    "aws-actions#191, after the update": (
        "AWS went back after the job had ended, and the next one sees nothing to do",
        "plugin/test_provider.py::test_codedeploy_that_went_back_on_its_own_is_seen",
    ),
    "aws-ecs-orb#134": (
        "the pipeline gives up, CodeDeploy goes on, and the next run starts a second deployment",
        "delivery/test_release_again.py::test_a_killed_update_is_taken_up_and_not_started_again",
    ),
    "Copilot, deployment.en.md": (
        "an alarm that rings already is silently not watched",
        "delivery/test_release.py::test_all_gates_object_at_once_and_nothing_moves",
    ),
    "Copilot, deployment.en.md, going back": (
        "the same, for who goes back because of it: it is said and written down",
        "delivery/test_release_again.py::test_going_back_later_is_at_once_and_not_stopped_by_the_alarm_one_goes_back_from",
    ),
    "stop-service-deployment, deployments-rollback-and-redeploy": (
        "once baked, going back is a whole new deployment",
        "delivery/test_release_again.py::test_going_back_within_the_warm_time_is_a_re_route",
    ),
    "Cop#3467": (
        "a test that fails does not take the release back",
        "delivery/test_release.py::test_a_failing_check_refuses_and_users_never_meet_the_release",
    ),
    "PipeCD v0, pipecd#5280, on the way": (
        "a cancelled rollout stays where it was, at 80 to 20",
        "delivery/test_release_again.py::test_cancel_tells_aws_at_once_and_traffic_goes_back",
    ),
}


@cache
def shown_in(file: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("issue", SHOWN)
def test_what_shows_it_exists(issue: str) -> None:
    file, _, name = SHOWN[issue][1].partition("::")
    assert name in shown_in(file)


def test_the_second_update_and_the_third_work_like_the_first() -> None:
    """PAWS#3821: "Unable to update task definition on services with a CODE_DEPLOY deployment controller"."""
    aws, _, new = world()
    newest = aws.define(3, image("c"))
    for definition, digit, version in ((new, "b", "1.8.0"), (newest, "c", "1.9.0"), (new, "b", "1.8.0")):
        outcome = run(aws, release_plan(service_plan(definition, image(digit)), version=version))
        assert outcome.succeeded, outcome.record.cause
        assert serves(aws, definition)
    assert "update_service" not in aws.calls


def test_traffic_that_leads_to_nobody_is_no_state_to_stay_in() -> None:
    """CR#2853: production stands on a target group without healthy targets, and the deployment starts from there."""
    aws, old, _ = world()
    service = aws.services["api"]
    aws.route(service, {service.group("green"): 100})
    outcome = run(aws, release_plan(service_plan(old, image("a"))))
    assert outcome.succeeded
    assert serves(aws, old)


@pytest.mark.parametrize("weights", [{"blue": 1}, {"blue": 100}, {"blue": 1, "green": 0}, {"green": 0, "blue": 100}])
def test_the_shape_of_the_rule_does_not_matter(weights: dict[str, int]) -> None:
    """terraform-aws-alb-single-listener#47: CodeDeploy turns {new: 1} into {new: 100, old: 0}, and drift is seen."""
    aws, old, _ = world()
    service = aws.services["api"]
    service.shares = {service.group(colour): weight for colour, weight in weights.items()}
    outcome = run(aws, release_plan(service_plan(old, image("a"))))
    assert outcome.succeeded
    assert aws.codedeploy.deployments == []


def test_hours_of_baking_are_waited_for_and_told() -> None:
    """cdk-ecs-codedeploy (30 minutes, no progress), ecspresso#362 and #103, aws-cli#5963: waits that end early."""
    aws, _, new = world()
    aws.codedeploy.interval_seconds = 300
    outcome = run(aws, release_plan(service_plan(new, image("b")), strategy=parse("canary 10% 5m, bake 65m")))
    assert outcome.succeeded
    assert outcome.record.seconds["total"] > 4200
    assert len({line for line in aws.heard if re.fullmatch(r"100% \d+/65m bake", line)}) > 30


def test_nothing_takes_a_task_definition_away_that_may_run() -> None:
    """ecs-deploy#185, ecspresso PR#673: what serves, or what one wants back, was deregistered after a rollback."""
    rooms = ("delivery", "plugin", "ops", "components")
    texts = [path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert not any("deregister_task_definition" in text or "delete_task_definitions" in text for text in texts)


def test_autoscaling_holds_still_while_traffic_moves_and_no_longer() -> None:
    """CR#794: scaling in the middle of a CodeDeploy deployment breaks it, or is broken by it."""
    aws, _, new = world()
    held: list[tuple[float, bool]] = []

    def look(call: str) -> None:
        held.append((aws.now, bool(aws.held)))

    aws.after_call = look
    assert run(aws, release_plan(service_plan(new, image("b")))).succeeded
    moves = [moment for moment, _, definition, _ in aws.traffic if definition == new]
    assert all(hold for moment, hold in held if moves[0] <= moment < moves[-1])
    assert any(not hold for moment, hold in held if moment > moves[-1]), "the bake scales"
    assert left_behind(aws) == []


@pytest.mark.parametrize("end", ["start", "check", "shift", "bake"])
def test_a_release_that_is_taken_back_says_so_and_why(end: str) -> None:
    """CDK#36764: no hook runs on a rollback, so nobody is told and nothing can be looked at."""
    story = Fleet({"s0": end})
    outcome = story.update()
    (record,) = story.aws.documents("releases/")
    assert record["result"] == outcome.record.result != "succeeded"
    assert record["cause"].startswith("s0: ")
    assert outcome.fix


@pytest.mark.parametrize("end", ["shift", "bake"])
def test_on_the_way_back_no_request_meets_nobody_and_no_weight_sticks(end: str) -> None:
    """PipeCD v0 removed canary tasks before it mended the listener; pipecd#5280: weights stayed at 80 to 20."""
    story = Fleet({"s0": end, "s1": "well"})
    assert not story.update().succeeded
    assert not any(share for _, _, definition, share in story.aws.traffic if definition == "nothing")
    for service in story.aws.services.values():
        assert service.shares == {service.group("blue"): 100}


def test_a_release_can_be_gone_back_to_by_a_release() -> None:
    """Cop#2519, PU#96: there is no rollback, "use source control"."""
    aws, old, new = world()
    for definition, digit, version in ((old, "a", "1.7.4"), (new, "b", "1.8.0")):
        assert run(aws, release_plan(service_plan(definition, image(digit)), version=version)).succeeded
    back = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4", source="pin", reason="slow"))
    assert back.succeeded
    assert serves(aws, old)
    assert (back.record.why, back.record.version) == ("slow", "1.7.4")
