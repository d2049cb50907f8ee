"""`./slipway leave`: what it hands over, what it leaves alone, and that a second run goes on where one stopped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from delivery.control import Control
from delivery.errors import DeliveryError, Refused
from delivery.hold import Hold
from delivery.leaving import GOES_ON
from delivery.locks import folder_of
from delivery.store import Store
from ops import leave, place
from tests.delivery.fake_account import Calls
from tests.delivery.fake_clients import AwsError
from tests.delivery.fakes import BUCKET, image, release_plan, service_plan
from tests.delivery.scene import run, serves
from tests.ops.environment import Environment, outcome_of

RULE = "shop-staging-warden"


class Rules:
    """EventBridge with the warden's rule."""

    def __init__(self) -> None:
        self.targets: dict[str, list[str]] = {RULE: ["warden"], "another": ["x"]}
        self.client = Calls(list_targets_by_rule=self._list, remove_targets=self._remove, delete_rule=self._delete)

    def _list(self, Rule: str) -> dict[str, Any]:  # noqa: N803
        if Rule not in self.targets:
            raise AwsError("ResourceNotFoundException")
        return {"Targets": [{"Id": one} for one in self.targets[Rule]]}

    def _remove(self, Rule: str, Ids: list[str]) -> dict[str, Any]:  # noqa: N803
        self.targets[Rule] = [one for one in self.targets[Rule] if one not in Ids]
        return {}

    def _delete(self, Name: str) -> dict[str, Any]:  # noqa: N803
        assert not self.targets[Name], "AWS deletes no rule with targets"
        del self.targets[Name]
        return {}


@pytest.fixture
def rules(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Rules:
    """1.8.0 serves, and nothing is warm any more."""
    made = Rules()
    monkeypatch.setattr(leave, "reach", environment.reach)
    monkeypatch.setattr(place.Place, "client", lambda _, name: made.client)
    worker = service_plan(environment.new, image("b"), name="mailer", port=None, deployment_group=None, scalable=False)
    environment.aws.add_service("mailer", environment.new)
    assert run(environment.aws, environment.plan).succeeded
    store(environment).lay_ground([environment.plan.services[0], worker])
    environment.aws.sleep(5000)
    return made


def store(environment: Environment) -> Store:
    return Store(environment.aws.tools().aws.s3, BUCKET)


def ready(environment: Environment) -> dict[str, Any]:
    found = environment.aws.codedeploy.get_deployment_group("api", "api")["deploymentGroupInfo"]
    config: dict[str, Any] = found["blueGreenDeploymentConfiguration"]
    return config


def left_in_the_way(environment: Environment) -> None:
    """A hold, a wish, and autoscaling that a killed release held."""
    held = store(environment)
    held.keep(Hold(version="1.8.0", images={}, who="ada", why="incident", since="2026-01-02T03:04:05Z"))
    held.wish(Control(release="0a1b2c3d", wish="abort", who="ada", reason="slow", asked="2026-01-02T03:04:05Z"))
    environment.aws.held.add("service/shop-staging/api")


def test_it_hands_over_and_all_keeps_running(environment: Environment, rules: Rules) -> None:
    left_in_the_way(environment)
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert ready(environment)["deploymentReadyOption"] == GOES_ON
    assert ready(environment)["terminateBlueInstancesOnDeploymentSuccess"]["terminationWaitTimeInMinutes"] == 70
    assert rules.targets == {"another": ["x"]}
    assert environment.aws.held == set()
    assert environment.wishes() == []
    assert store(environment).hold() is None
    assert serves(environment.aws, environment.new)
    assert len(environment.records) == 1
    assert environment.engine == []
    (hold,) = environment.aws.documents("hold.json")
    assert hold["lifted_why"] == "handed over"
    assert "~ deployment group api goes on to traffic by itself; now new tasks wait 60 minutes" in shown.output
    assert f"done: rule {RULE} is deleted with 1 target(s)" in shown.output
    assert "done: hold is lifted; it was held at 1.8.0 by ada" in shown.output


def test_afterwards_a_plain_deployment_reaches_users_without_us(environment: Environment, rules: Rules) -> None:
    environment.type(leave.leave, "--yes")
    environment.aws.codedeploy.waits_ready = ready(environment)["deploymentReadyOption"] != GOES_ON
    spec = Path("leave-staging/api.appspec.json").read_text().replace(environment.new, environment.old)
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": spec}}
    environment.aws.codedeploy.create_deployment(deploymentGroupName="api", revision=revision, description="")
    for _ in range(10):
        environment.aws.sleep(60)
    assert serves(environment.aws, environment.old)


def test_it_prints_the_exact_commands(environment: Environment, rules: Rules) -> None:
    lines = environment.type(leave.leave, "--yes").output.splitlines()
    assert (
        "  aws ecs deploy --region eu-central-1 --cluster shop-staging --service api "
        "--task-definition leave-staging/api.task-definition.json --codedeploy-appspec leave-staging/api.appspec.json "
        "--codedeploy-application api --codedeploy-deployment-group api" in lines
    )
    assert "  pulumi stack rm staging --preserve-config --force" in lines
    assert "  pulumi stack export -s staging --file leave-staging/state.json" in lines
    ours = "urn:pulumi:staging::shop::slipway:aws:Release$slipway:index:Release::release-release"
    assert f"  pulumi state delete '{ours}' -s staging" in lines
    assert not [line for line in lines if "destroy" in line and not line.startswith("Never")]
    assert any(line.startswith(f"  s3://{BUCKET}: every release") for line in lines)
    assert any("--service mailer --task-definition" in line and "aws ecs update-service" in line for line in lines)


def test_what_aws_reads_can_be_registered(environment: Environment, rules: Rules) -> None:
    environment.aws.definitions[environment.new] |= {"family": "api", "registeredAt": datetime(2026, 1, 1, tzinfo=UTC)}
    environment.type(leave.leave, "--yes")
    definition = json.loads(Path("leave-staging/api.task-definition.json").read_text())
    assert definition.keys() == {"family", "cpu", "containerDefinitions"}
    spec = json.loads(Path("leave-staging/api.appspec.json").read_text())
    assert spec["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"] == environment.new
    assert not Path("leave-staging/mailer.appspec.json").exists()


def test_twice_changes_nothing_and_keeps_what_was_edited(environment: Environment, rules: Rules) -> None:
    environment.type(leave.leave, "--yes")
    file = Path("leave-staging/api.task-definition.json")
    file.write_text("edited")
    before, calls = dict(environment.aws.objects), len(environment.aws.calls)
    rules.client.called.clear()
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "staging is handed over already: nothing to do." in shown.output
    assert "= rule shop-staging-warden: is gone already" in shown.output
    assert "aws ecs deploy" in shown.output
    assert environment.aws.objects == before
    assert rules.client.changed() == []
    assert not [one for one in environment.aws.calls[calls:] if one.startswith(("update", "put", "delete", "register"))]
    assert file.read_text() == "edited"


def test_a_dry_run_and_a_no_change_nothing(environment: Environment, rules: Rules) -> None:
    left_in_the_way(environment)
    before = dict(environment.aws.objects)
    found = outcome_of(environment.type(leave.leave, "--dry-run", "--json"))
    assert found["done"] is False
    assert {step["what"] for step in found["steps"] if step["would"]} >= {"hold", "autoscaling", f"rule {RULE}"}
    refused = environment.type(leave.leave, answer="n\n")
    assert "Hand staging over?" in refused.output
    assert refused.exit_code == 1
    assert environment.aws.objects == before
    assert ready(environment)["deploymentReadyOption"]["actionOnTimeout"] == "STOP_DEPLOYMENT"
    assert rules.client.changed() == []
    assert not Path("leave-staging").exists()


def test_a_step_that_fails_says_which_and_the_next_run_goes_on(environment: Environment, rules: Rules) -> None:
    left_in_the_way(environment)
    delete = rules.client.answers["delete_rule"]
    rules.client.answers["delete_rule"] = AwsError("AccessDeniedException", "not you", "DeleteRule")
    error = environment.type(leave.leave, "--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.message == f"rule {RULE}: DeleteRule: AccessDeniedException: not you"
    assert error.fix.startswith("`./slipway leave -s staging` again goes on from here; by hand: `aws events remove-")
    assert ready(environment)["deploymentReadyOption"] == GOES_ON
    assert store(environment).hold() is not None
    rules.client.answers["delete_rule"] = delete
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "= deployment group api: goes on to traffic by itself already" in shown.output
    assert f"rule {RULE} is deleted with 0 target(s)" in shown.output
    assert store(environment).hold() is None


def test_a_release_under_way_is_refused(environment: Environment, rules: Rules) -> None:
    plan = release_plan(service_plan(environment.old, image("a")), version="1.9.0")
    environment.killed_at(lambda: environment.step == "shift", plan)
    error = environment.type(leave.leave, "--yes").exception
    assert isinstance(error, Refused)
    assert "1.9.0 (release " in error.message
    assert "is under way, at the step: shift" in error.message
    assert "./slipway abort -s staging" in error.fix
    assert rules.client.called == []


def test_a_deployment_of_somebody_else_is_refused(environment: Environment, rules: Rules) -> None:
    spec = {"Resources": [{"TargetService": {"Properties": {"TaskDefinition": environment.old}}}]}
    revision = {"appSpecContent": {"content": json.dumps(spec)}}
    environment.aws.codedeploy.create_deployment(deploymentGroupName="api", revision=revision, description="theirs")
    error = environment.type(leave.leave, "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "api: deployment d-2 is in flight"


def test_warm_tasks_are_named_and_left(environment: Environment, rules: Rules) -> None:
    assert run(environment.aws, release_plan(service_plan(environment.old, image("a")), version="1.9.0")).succeeded
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "! api: deployment d-2 keeps the old tasks warm: it is the only one until it ends" in shown.output
    assert "--deployment-id d-2 --deployment-wait-type TERMINATION_WAIT" in shown.output


def test_a_lock_is_refused(environment: Environment, rules: Rules) -> None:
    folder = Path("state") / folder_of("shop", "staging")
    folder.mkdir(parents=True)
    lock = {"pid": 77, "username": "ada", "hostname": "runner-3", "timestamp": "2026-01-02T03:04:05Z"}
    (folder / "a.json").write_text(json.dumps(lock))
    error = environment.type(leave.leave, "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "staging is locked by ada@runner-3, process 77: an update may be running"


def test_a_state_that_is_gone_already_is_no_obstacle(environment: Environment, rules: Rules) -> None:
    Path("Pulumi.yaml").write_text("name: shop\nbackend: {url: 'https://api.pulumi.com'}\n")
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "! whether an update runs could not be asked: staging: the state is kept at https://" in shown.output


def test_a_group_that_is_gone_is_no_obstacle(environment: Environment, rules: Rules) -> None:
    gone = service_plan(environment.new, image("b"), name="gone", scalable=False)
    store(environment).lay_ground([environment.plan.services[0], gone])
    shown = environment.type(leave.leave, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "= deployment group gone: does not exist" in shown.output


def test_where_nothing_was_released_there_is_nothing_to_hand_over(environment: Environment, rules: Rules) -> None:
    del environment.aws.objects["services.json"]
    error = environment.type(leave.leave, "--yes").exception
    assert isinstance(error, Refused)
    assert error.fix == "`pulumi up -s staging` writes it; then leave"


def test_an_endpoint_of_ones_own_stands_before_the_commands(environment: Environment, rules: Rules) -> None:
    settings = Path("Pulumi.staging.yaml")
    settings.write_text(settings.read_text() + "  shop:endpoint: http://127.0.0.1:4566\n")
    found = outcome_of(environment.type(leave.leave, "--yes", "--json"))
    assert found["done"] is True
    assert found["deploy"]["api"][0].startswith("AWS_ENDPOINT_URL=http://127.0.0.1:4566 aws ecs deploy --region")


def test_help_teaches_by_an_example(environment: Environment, rules: Rules) -> None:
    assert "Example: ./slipway leave -s staging --dry-run" in environment.type(leave.leave, "--help").output
