"""One deployment after the other, on a cloud in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.aws.codedeploy.engine.cloud import CloudError
from rehearsal.aws.codedeploy.models import EVENTS
from tests.rehearsal.aws.codedeploy.conftest import RefusedError


class TestCanary:
    def test_from_the_first_request_to_the_end_of_blue(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        assert desk.status(deployment) == "Queued"
        desk.steps()
        assert desk.status(deployment) == "InProgress"
        assert desk.weights() == {"green": 10, "blue": 90}
        assert desk.weights("test") == {"green": 100, "blue": 0}
        assert desk.cloud.primary() == "app:1"
        desk.minutes(4.9)
        assert desk.weights() == {"green": 10, "blue": 90}
        desk.minutes(0.2)
        assert desk.weights() == {"green": 100, "blue": 0}
        assert desk.cloud.primary() == "app:2"
        assert desk.deployment(deployment)["instanceTerminationWaitTimeStarted"] is True
        assert desk.status(deployment) == "InProgress"
        assert set(desk.events(deployment).values()) == {"Succeeded"}
        desk.minutes(9)
        assert len(desk.cloud.task_sets) == 2
        desk.minutes(1.1)
        assert desk.status(deployment) == "Succeeded"
        assert [task_set["taskDefinition"] for task_set in desk.cloud.task_sets.values()] == ["app:2"]

    def test_the_next_one_swaps_the_groups(self, desk: Any) -> None:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=0))
        for number in (2, 3):
            deployment = desk.deploy(desk.appspec(f"app:{number}"))
            desk.steps()
            desk.minutes(5.1)
            assert desk.status(deployment) == "Succeeded"
        assert desk.weights() == {"blue": 100, "green": 0}
        assert desk.weights("test") == {"blue": 100, "green": 0}
        assert desk.cloud.primary() == "app:3"

    def test_green_gets_no_traffic_before_it_is_well(self, desk: Any) -> None:
        desk.create()
        desk.cloud.sick = True
        deployment = desk.deploy()
        desk.minutes(30)
        assert desk.events(deployment)["Install"] == "InProgress"
        assert desk.weights() == {"green": 0, "blue": 100}
        assert desk.weights("test") == {"blue": 1}
        desk.cloud.sick = False
        desk.steps()
        assert desk.weights() == {"green": 10, "blue": 90}

    def test_what_batch_get_deployment_targets_shows(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        desk.steps()
        target = desk.target(deployment)
        assert [event["lifecycleEventName"] for event in target["lifecycleEvents"]] == list(EVENTS)
        shown = {info["taskSetLabel"]: info for info in target["taskSetsInfo"]}
        assert (shown["Blue"]["status"], shown["Blue"]["trafficWeight"]) == ("PRIMARY", 90)
        assert (shown["Green"]["status"], shown["Green"]["trafficWeight"]) == ("ACTIVE", 10)


class TestRouting:
    def test_linear(self, desk: Any) -> None:
        desk.create()
        desk.deploy(deploymentConfigName="CodeDeployDefault.ECSLinear10PercentEvery1Minutes")
        desk.steps()
        seen = [desk.weights()["green"]]
        for _ in range(9):
            desk.minutes(1)
            seen.append(desk.weights()["green"])
        assert seen == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]

    def test_all_at_once(self, desk: Any) -> None:
        desk.create()
        desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        desk.steps()
        assert desk.weights() == {"green": 100, "blue": 0}

    def test_without_a_test_listener_its_events_are_skipped(self, desk: Any) -> None:
        desk.create(loadBalancerInfo={"targetGroupPairInfoList": [desk.pair(test=False)]})
        deployment = desk.deploy()
        desk.steps()
        events = desk.events(deployment)
        assert (events["AllowTestTraffic"], events["AfterAllowTestTraffic"]) == ("Skipped", "Skipped")
        assert desk.weights("test") == {"blue": 1}


class TestReadyWait:
    @pytest.fixture
    def waiting(self, desk: Any) -> Any:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(ready=30))
        deployment = desk.deploy()
        desk.steps()
        return deployment

    def test_it_stands_between_test_traffic_and_production(self, desk: Any, waiting: Any) -> None:
        assert desk.status(waiting) == "Ready"
        events = desk.events(waiting)
        assert events["AfterAllowTestTraffic"] == "Succeeded"
        assert events["BeforeAllowTraffic"] == "Pending"
        assert desk.weights("test") == {"green": 100, "blue": 0}
        assert desk.weights() == {"green": 0, "blue": 100}

    def test_somebody_continues(self, desk: Any, waiting: Any) -> None:
        desk.call("ContinueDeployment", deploymentId=waiting, deploymentWaitType="READY_WAIT")
        desk.steps()
        assert desk.status(waiting) == "InProgress"
        assert desk.weights() == {"green": 10, "blue": 90}

    def test_nobody_continues(self, desk: Any, waiting: Any) -> None:
        desk.minutes(31)
        stopped = desk.deployment(waiting)
        assert (stopped["status"], stopped["errorInformation"]["code"]) == ("Stopped", "TIMEOUT")
        assert desk.weights() == {"green": 0, "blue": 100}

    def test_the_other_wait_cannot_be_ended_yet(self, desk: Any, waiting: Any) -> None:
        with pytest.raises(RefusedError, match="DeploymentIsNotInReadyStateException"):
            desk.call("ContinueDeployment", deploymentId=waiting, deploymentWaitType="TERMINATION_WAIT")


class TestTerminationWait:
    @pytest.fixture
    def warm(self, desk: Any) -> Any:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=60))
        deployment = desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        desk.steps()
        return deployment

    def test_it_holds_the_group(self, desk: Any, warm: Any) -> None:
        with pytest.raises(RefusedError) as refused:
            desk.deploy()
        assert refused.value.code == "DeploymentLimitExceededException"
        assert refused.value.message == f"The Deployment Group 'group' already has an active Deployment '{warm}'"

    def test_it_can_be_ended(self, desk: Any, warm: Any) -> None:
        desk.call("ContinueDeployment", deploymentId=warm, deploymentWaitType="TERMINATION_WAIT")
        desk.steps()
        assert desk.status(warm) == "Succeeded"
        desk.deploy(desk.appspec("app:3"))

    def test_an_alarm_takes_the_release_back_still(self, desk: Any, warm: Any) -> None:
        desk.minutes(30)
        desk.cloud.alarms.add("errors")
        desk.steps()
        assert desk.status(warm) == "Stopped"
        assert desk.cloud.primary() == "app:1"
        assert desk.weights() == {"blue": 100, "green": 0}
        assert desk.weights("test") == {"blue": 100, "green": 0}

    def test_a_stop_brings_blue_back(self, desk: Any, warm: Any) -> None:
        desk.call("StopDeployment", deploymentId=warm, autoRollbackEnabled=True)
        desk.steps()
        assert desk.cloud.primary() == "app:1"
        assert desk.weights() == {"blue": 100, "green": 0}


class TestAlarms:
    def test_one_that_rings_stops_the_deployment(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        desk.steps()
        desk.cloud.alarms.add("errors")
        desk.steps()
        stopped = desk.deployment(deployment)
        assert stopped["status"] == "Stopped"
        assert stopped["errorInformation"] == {
            "code": "ALARM_ACTIVE",
            "message": "One or more alarms have been activated according to the Amazon CloudWatch metrics you "
            "selected, and the affected deployments have been stopped. Activated alarms: errors",
        }

    def test_one_that_rang_before_is_not_watched(self, desk: Any) -> None:
        desk.create()
        desk.cloud.alarms.add("errors")
        deployment = desk.deploy()
        desk.minutes(1)
        assert desk.status(deployment) == "InProgress"
        desk.cloud.alarms.add("latency")
        desk.steps()
        assert desk.deployment(deployment)["errorInformation"]["message"].endswith("Activated alarms: latency")

    def test_they_can_be_left_out(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy(overrideAlarmConfiguration={"enabled": False})
        desk.steps()
        desk.cloud.alarms.add("errors")
        desk.steps()
        assert desk.status(deployment) == "InProgress"
        assert desk.deployment(deployment)["overrideAlarmConfiguration"] == {"enabled": False}

    @pytest.mark.parametrize(("ignored", "status"), [(True, "InProgress"), (False, "Stopped")])
    def test_alarms_that_cannot_be_read(self, desk: Any, ignored: Any, status: Any) -> None:
        alarms = {"enabled": True, "alarms": [{"name": "errors"}], "ignorePollAlarmFailure": ignored}
        desk.create(alarmConfiguration=alarms)
        deployment = desk.deploy()
        desk.steps()
        desk.cloud.alarm_error = CloudError("AmazonCloudWatch", "Throttling", "slower")
        desk.steps()
        assert desk.status(deployment) == status


class TestRollback:
    @pytest.fixture
    def taken_back(self, desk: Any) -> Any:
        desk.create()
        deployment = desk.deploy()
        desk.steps()
        desk.cloud.log.clear()
        desk.cloud.alarms.add("errors")
        desk.steps()
        return desk.deployment(deployment)

    def test_it_is_a_deployment_of_its_own(self, desk: Any, taken_back: Any) -> None:
        identifier = taken_back["rollbackInfo"]["rollbackDeploymentId"]
        rollback = desk.deployment(identifier)
        assert rollback["status"] == "Succeeded"
        assert rollback["creator"] == "codeDeployRollback"
        assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == taken_back["deploymentId"]

    def test_traffic_goes_first_and_green_after_it(self, desk: Any, taken_back: Any) -> None:
        assert desk.cloud.log == ["prod blue:100/green:0", "test blue:100/green:0", "delete"]

    def test_the_event_that_was_broken_off_says_why(self, desk: Any, taken_back: Any) -> None:
        events = {e["lifecycleEventName"]: e for e in desk.target(taken_back["deploymentId"])["lifecycleEvents"]}
        assert events["AllowTraffic"]["status"] == "Failed"
        assert "Activated alarms: errors" in events["AllowTraffic"]["diagnostics"]["message"]
        assert events["AfterAllowTraffic"]["status"] == "Pending"

    def test_the_group_is_free_afterwards(self, desk: Any, taken_back: Any) -> None:
        desk.cloud.alarms.clear()
        assert desk.deploy(desk.appspec("app:3")), "no deployment is in the way"

    def test_without_it_everything_stays_as_it_is(self, desk: Any) -> None:
        desk.create(autoRollbackConfiguration={"enabled": False, "events": []})
        deployment = desk.deploy()
        desk.steps()
        desk.cloud.alarms.add("errors")
        desk.steps()
        assert desk.deployment(deployment)["rollbackInfo"] == {}
        assert desk.weights() == {"green": 10, "blue": 90}
        assert len(desk.cloud.task_sets) == 2

    @pytest.mark.parametrize(("asked", "goes_back"), [(True, True), (False, False), (None, True)])
    def test_a_stop_decides_for_itself(self, desk: Any, asked: Any, goes_back: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        desk.steps()
        choice = {} if asked is None else {"autoRollbackEnabled": asked}
        answer = desk.call("StopDeployment", deploymentId=deployment, **choice)
        assert answer["status"] == "Pending"
        desk.steps()
        stopped = desk.deployment(deployment)
        assert (stopped["status"], stopped["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
        assert ("rollbackDeploymentId" in stopped["rollbackInfo"]) is goes_back

    def test_a_stop_before_the_first_step(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        desk.call("StopDeployment", deploymentId=deployment, autoRollbackEnabled=True)
        desk.steps()
        assert desk.status(deployment) == "Stopped"
        assert desk.weights() == {"blue": 1}
        assert len(desk.cloud.task_sets) == 1


class TestHooks:
    def hooked(self, desk: Any, event: Any = "AfterAllowTestTraffic", function: Any = "check") -> Any:
        desk.create()
        deployment = desk.deploy(desk.appspec(Hooks=[{event: function}]))
        desk.steps()
        return deployment

    def answer(self, desk: Any, status: Any) -> Any:
        payload = desk.cloud.invoked[-1][1]
        return desk.call(
            "PutLifecycleEventHookExecutionStatus",
            deploymentId=payload["DeploymentId"],
            lifecycleEventHookExecutionId=payload["LifecycleEventHookExecutionId"],
            status=status,
        )

    @pytest.mark.parametrize(
        "event", ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"]
    )
    def test_each_event_waits_for_its_function(self, desk: Any, event: Any) -> None:
        deployment = self.hooked(desk, event)
        desk.minutes(6)
        assert desk.cloud.invoked[0][0] == "check"
        assert desk.events(deployment)[event] == "InProgress"
        self.answer(desk, "Succeeded")
        desk.steps()
        assert desk.events(deployment)[event] == "Succeeded"

    def test_one_that_fails_ends_the_deployment(self, desk: Any) -> None:
        deployment = self.hooked(desk)
        self.answer(desk, "Failed")
        desk.steps()
        failed = desk.deployment(deployment)
        assert (failed["status"], failed["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
        assert desk.events(deployment)["AfterAllowTestTraffic"] == "Failed"
        assert desk.weights() == {"blue": 100, "green": 0}

    def test_one_that_is_silent_for_an_hour(self, desk: Any) -> None:
        deployment = self.hooked(desk)
        desk.minutes(59)
        assert desk.status(deployment) == "InProgress"
        desk.minutes(2)
        assert "within one hour" in desk.deployment(deployment)["errorInformation"]["message"]

    def test_one_that_cannot_be_invoked(self, desk: Any) -> None:
        deployment = self.hooked(desk, function="broken")
        assert "cannot be invoked" in desk.deployment(deployment)["errorInformation"]["message"]

    def test_an_answer_counts_once(self, desk: Any) -> None:
        self.hooked(desk)
        self.answer(desk, "Succeeded")
        with pytest.raises(RefusedError, match="LifecycleEventAlreadyCompletedException"):
            self.answer(desk, "Succeeded")

    def test_an_answer_for_nothing(self, desk: Any) -> None:
        deployment = self.hooked(desk)
        with pytest.raises(RefusedError, match="InvalidLifecycleEventHookExecutionIdException"):
            desk.call(
                "PutLifecycleEventHookExecutionStatus",
                deploymentId=deployment,
                lifecycleEventHookExecutionId="x",
                status="Succeeded",
            )


class TestFailures:
    def failed(self, desk: Any) -> Any:
        deployment = desk.deploy()
        desk.steps()
        return desk.deployment(deployment)

    def test_green_that_is_not_steady_within_an_hour(self, desk: Any) -> None:
        desk.create()
        desk.cloud.sick = True
        deployment = desk.deploy()
        desk.steps()
        desk.minutes(59)
        assert desk.status(deployment) == "InProgress"
        desk.minutes(2)
        failed = desk.deployment(deployment)
        assert failed["errorInformation"] == {
            "code": "TIMEOUT",
            "message": "The deployment timed out while waiting for the replacement task set to become healthy. "
            "This time out period is 60 minutes.",
        }
        assert len(desk.cloud.task_sets) == 1

    @pytest.mark.parametrize("listener", ["prod", "test"])
    def test_a_listener_that_does_not_forward_to_the_primary(self, desk: Any, listener: Any) -> None:
        desk.create()
        desk.cloud.listeners[listener] = {"arn/green": 100, "arn/blue": 0}
        failed = self.failed(desk)
        assert (
            f"Primary taskset target group must be behind listener {listener}." in failed["errorInformation"]["message"]
        )
        assert desk.cloud.listeners[listener] == {"arn/green": 100, "arn/blue": 0}
        assert len(desk.cloud.task_sets) == 1

    def test_a_service_that_is_gone(self, desk: Any) -> None:
        desk.create()
        desk.cloud.exists = False
        assert self.failed(desk)["errorInformation"]["code"] == "INVALID_ECS_SERVICE"

    def test_what_ecs_refuses_is_told_in_its_words(self, desk: Any) -> None:
        desk.create()
        desk.cloud.refuse_task_set = CloudError("AmazonECS", "ClientException", "TaskDefinition is inactive")
        assert self.failed(desk)["errorInformation"] == {
            "code": "ECS_UPDATE_ERROR",
            "message": "The ECS service cannot be updated due to an unexpected error: TaskDefinition is inactive "
            "(Service: AmazonECS; Status Code: 400; Error Code: ClientException)",
        }

    def test_what_an_earlier_one_left_is_cleared_away(self, desk: Any) -> None:
        desk.create(loadBalancerInfo={"targetGroupPairInfoList": [desk.pair(test=False)]})
        deployment = desk.deploy()
        desk.steps()
        desk.call("StopDeployment", deploymentId=deployment, autoRollbackEnabled=False)
        desk.steps()
        assert len(desk.cloud.task_sets) == 2
        desk.cloud.log.clear()
        desk.deploy(desk.appspec("app:3"))
        desk.steps()
        assert desk.cloud.log[:2] == ["prod blue:100/green:0", "delete"]
        assert sorted(each["taskDefinition"] for each in desk.cloud.task_sets.values()) == ["app:1", "app:3"]


class TestGreen:
    def test_it_takes_network_and_platform_from_blue(self, desk: Any) -> None:
        desk.create()
        desk.deploy()
        desk.steps()
        green = next(s for s in desk.cloud.task_sets.values() if s["status"] == "ACTIVE")
        assert green["networkConfiguration"] == {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        assert green["launchType"] == "FARGATE"
        assert green["scale"] == {"value": 100.0, "unit": "PERCENT"}

    def test_the_appspec_goes_before_it(self, desk: Any) -> None:
        desk.create()
        network = {
            "AwsvpcConfiguration": {"Subnets": ["subnet-9"], "SecurityGroups": ["sg-9"], "AssignPublicIp": "DISABLED"}
        }
        properties = {
            "TaskDefinition": "app:2",
            "PlatformVersion": "1.4.0",
            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
            "NetworkConfiguration": network,
        }
        document = json.loads(desk.appspec())
        document["Resources"][0]["TargetService"] = {"Type": "AWS::ECS::Service", "Properties": properties}
        desk.deploy(json.dumps(document))
        desk.steps()
        green = next(s for s in desk.cloud.task_sets.values() if s["status"] == "ACTIVE")
        assert green["platformVersion"] == "1.4.0"
        assert green["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-9"]
