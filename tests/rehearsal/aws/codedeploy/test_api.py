"""CodeDeploy's calls, through its JSON protocol."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rehearsal.aws.codedeploy.conftest import RefusedError

APP_ARN = "arn:aws:codedeploy:eu-central-1:111122223333:application:app"


def refused(desk: Any, action: Any, **request: Any) -> Any:
    with pytest.raises(RefusedError) as caught:
        desk.call(action, **request)
    return caught.value.code


class TestProtocol:
    def test_a_request_that_awss_model_does_not_allow(self, desk: Any) -> None:
        with pytest.raises(RefusedError, match="Missing required parameter"):
            desk.call("CreateApplication")

    def test_an_action_that_is_not_emulated(self, desk: Any) -> None:
        assert refused(desk, "ListOnPremisesInstances") == "UnknownOperationException"

    def test_an_answer_that_awss_model_does_not_allow_is_our_fault(self, desk: Any, logged: list[str]) -> None:
        desk.service.store.applications["bad"] = {"applicationId": 7}
        assert refused(desk, "GetApplication", applicationName="bad") == "InternalFailure"
        assert "does not fit AWS's model" in "".join(logged)

    def test_what_is_no_json(self, desk: Any) -> None:
        status, headers, body = desk.service.handle("GetApplication", b"<")
        assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException")
        assert b"not JSON" in body


class TestApplications:
    def test_from_creation_to_deletion(self, desk: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS", tags=[{"Key": "a", "Value": "1"}])
        found = desk.call("GetApplication", applicationName="app")["application"]
        assert (found["computePlatform"], found["linkedToGitHub"]) == ("ECS", False)
        assert refused(desk, "CreateApplication", applicationName="app", computePlatform="ECS") == (
            "ApplicationAlreadyExistsException"
        )
        assert desk.call("ListApplications")["applications"] == ["app"]
        desk.call("DeleteApplication", applicationName="app")
        desk.call("DeleteApplication", applicationName="app")
        assert refused(desk, "GetApplication", applicationName="app") == "ApplicationDoesNotExistException"

    def test_renaming_takes_the_groups_along(self, desk: Any) -> None:
        desk.create()
        desk.call("UpdateApplication", applicationName="app", newApplicationName="new")
        assert desk.call("ListDeploymentGroups", applicationName="new")["deploymentGroups"] == ["group"]
        group = desk.call("GetDeploymentGroup", applicationName="new", deploymentGroupName="group")
        assert group["deploymentGroupInfo"]["applicationName"] == "new"

    def test_tags(self, desk: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS", tags=[{"Key": "a", "Value": "1"}])
        desk.call("TagResource", ResourceArn=APP_ARN, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
        desk.call("UntagResource", ResourceArn=APP_ARN, TagKeys=["b"])
        assert desk.call("ListTagsForResource", ResourceArn=APP_ARN)["Tags"] == [{"Key": "a", "Value": "2"}]


CANARY = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 25, "canaryInterval": 3}}


class TestConfigs:
    def create(self, desk: Any, name: Any = "mine", routing: Any = CANARY) -> Any:
        return desk.call(
            "CreateDeploymentConfig", deploymentConfigName=name, computePlatform="ECS", trafficRoutingConfig=routing
        )

    def test_from_creation_to_deletion(self, desk: Any) -> None:
        self.create(desk)
        found = desk.call("GetDeploymentConfig", deploymentConfigName="mine")["deploymentConfigInfo"]
        assert found["trafficRoutingConfig"] == CANARY
        desk.call("DeleteDeploymentConfig", deploymentConfigName="mine")
        assert refused(desk, "GetDeploymentConfig", deploymentConfigName="mine") == (
            "DeploymentConfigDoesNotExistException"
        )

    def test_awss_own_are_there_and_stay(self, desk: Any) -> None:
        assert (
            "CodeDeployDefault.ECSCanary10Percent5Minutes"
            in desk.call("ListDeploymentConfigs")["deploymentConfigsList"]
        )
        assert refused(desk, "DeleteDeploymentConfig", deploymentConfigName="CodeDeployDefault.ECSAllAtOnce") == (
            "InvalidOperationException"
        )

    def test_one_in_use_stays(self, desk: Any) -> None:
        self.create(desk)
        desk.create(deploymentConfigName="mine")
        assert refused(desk, "DeleteDeploymentConfig", deploymentConfigName="mine") == "DeploymentConfigInUseException"

    def test_one_that_is_refused(self, desk: Any) -> None:
        bad = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 100, "canaryInterval": 3}}
        with pytest.raises(RefusedError, match="InvalidTrafficRoutingConfigurationException"):
            self.create(desk, routing=bad)

    def test_it_is_followed(self, desk: Any) -> None:
        self.create(desk)
        desk.create(deploymentConfigName="mine")
        desk.deploy()
        desk.steps()
        assert desk.weights()["green"] == 25


class TestGroups:
    def test_it_is_answered_as_it_was_given(self, desk: Any) -> None:
        desk.create()
        given = desk.group()
        found = desk.call("GetDeploymentGroup", applicationName="app", deploymentGroupName="group")[
            "deploymentGroupInfo"
        ]
        assert {name: found[name] for name in given} == given
        assert found["outdatedInstancesStrategy"] == "UPDATE"

    def test_both_waits_are_always_answered(self, desk: Any) -> None:
        waits = {
            "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE"},
        }
        desk.create(blueGreenDeploymentConfiguration=waits)
        found = desk.call("GetDeploymentGroup", applicationName="app", deploymentGroupName="group")
        answered = found["deploymentGroupInfo"]["blueGreenDeploymentConfiguration"]
        assert answered["deploymentReadyOption"]["waitTimeInMinutes"] == 0
        assert answered["terminateBlueInstancesOnDeploymentSuccess"]["terminationWaitTimeInMinutes"] == 0

    def test_an_update_changes_what_it_names(self, desk: Any) -> None:
        desk.create()
        desk.call(
            "UpdateDeploymentGroup",
            applicationName="app",
            currentDeploymentGroupName="group",
            newDeploymentGroupName="renamed",
            alarmConfiguration={"enabled": False, "alarms": []},
        )
        found = desk.call("GetDeploymentGroup", applicationName="app", deploymentGroupName="renamed")
        assert found["deploymentGroupInfo"]["alarmConfiguration"]["enabled"] is False
        assert found["deploymentGroupInfo"]["ecsServices"] == desk.group()["ecsServices"]
        assert refused(desk, "GetDeploymentGroup", applicationName="app", deploymentGroupName="group") == (
            "DeploymentGroupDoesNotExistException"
        )

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"serviceRoleArn": ""}, "RoleRequiredException"),
            ({"deploymentConfigName": "nope"}, "DeploymentConfigDoesNotExistException"),
            ({"deploymentStyle": {"deploymentType": "IN_PLACE"}}, "InvalidDeploymentStyleException"),
            ({"blueGreenDeploymentConfiguration": {}}, "InvalidBlueGreenDeploymentConfigurationException"),
            ({"ecsServices": []}, "InvalidECSServiceException"),
            ({"loadBalancerInfo": {}}, "InvalidLoadBalancerInfoException"),
        ],
    )
    def test_refusals(self, desk: Any, change: Any, code: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS")
        assert refused(desk, "CreateDeploymentGroup", **desk.group(**change)) == code

    @pytest.mark.parametrize(
        "change",
        [
            {"targetGroups": [{"name": "blue"}]},
            {"targetGroups": [{"name": "blue"}, {"name": "blue"}]},
            {"targetGroups": [{"name": "blue"}, {"name": "unknown"}]},
            {"prodTrafficRoute": {"listenerArns": []}},
            {"prodTrafficRoute": {"listenerArns": ["test"]}},
            {"testTrafficRoute": {"listenerArns": ["test", "another"]}},
        ],
    )
    def test_pairs_that_are_refused(self, desk: Any, change: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS")
        info = {"targetGroupPairInfoList": [desk.pair() | change]}
        assert (
            refused(desk, "CreateDeploymentGroup", **desk.group(loadBalancerInfo=info))
            == "InvalidTargetGroupPairException"
        )

    def test_a_service_that_is_not_codedeploys(self, desk: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS")
        desk.cloud.controller = "ECS"
        with pytest.raises(RefusedError, match="must be configured for a CODE_DEPLOY deployment controller"):
            desk.call("CreateDeploymentGroup", **desk.group())

    def test_a_service_belongs_to_one_group(self, desk: Any) -> None:
        desk.create()
        assert refused(desk, "CreateDeploymentGroup", **desk.group(deploymentGroupName="second")) == (
            "ECSServiceMappingLimitExceededException"
        )

    def test_a_wait_longer_than_two_days(self, desk: Any) -> None:
        desk.call("CreateApplication", applicationName="app", computePlatform="ECS")
        waits = desk.waits(termination=2881)
        assert refused(desk, "CreateDeploymentGroup", **desk.group(blueGreenDeploymentConfiguration=waits)) == (
            "InvalidBlueGreenDeploymentConfigurationException"
        )

    def test_it_tells_of_its_last_deployments(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        desk.steps()
        group = desk.call("GetDeploymentGroup", applicationName="app", deploymentGroupName="group")[
            "deploymentGroupInfo"
        ]
        assert group["lastAttemptedDeployment"]["deploymentId"] == deployment
        assert "lastSuccessfulDeployment" not in group

    def test_one_with_a_deployment_in_flight_stays(self, desk: Any) -> None:
        desk.create()
        desk.deploy()
        assert refused(desk, "DeleteDeploymentGroup", applicationName="app", deploymentGroupName="group") == (
            "InvalidOperationException"
        )


class TestDeployments:
    def test_creation_that_is_refused(self, desk: Any) -> None:
        desk.create()
        ask = {"applicationName": "app", "deploymentGroupName": "group"}
        good = {"revisionType": "AppSpecContent", "appSpecContent": {"content": desk.appspec()}}
        bad = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}
        assert refused(desk, "CreateDeployment", **ask) == "RevisionRequiredException"
        assert refused(desk, "CreateDeployment", **ask, revision=bad) == "InvalidRevisionException"
        assert refused(desk, "CreateDeployment", **ask | {"applicationName": "no"}, revision=good) == (
            "ApplicationDoesNotExistException"
        )
        assert refused(desk, "CreateDeployment", **ask | {"deploymentGroupName": "no"}, revision=good) == (
            "DeploymentGroupDoesNotExistException"
        )
        assert refused(desk, "CreateDeployment", **ask, revision=good, deploymentConfigName="no") == (
            "DeploymentConfigDoesNotExistException"
        )

    def test_targets_come_with_the_start(self, desk: Any) -> None:
        desk.create()
        deployment = desk.deploy()
        assert refused(desk, "ListDeploymentTargets", deploymentId=deployment) == "DeploymentNotStartedException"
        desk.steps(1)
        assert desk.call("ListDeploymentTargets", deploymentId=deployment)["targetIds"] == ["cluster:service"]

    def test_a_revision_is_shown_by_its_hash_and_read_by_it(self, desk: Any) -> None:
        desk.create()
        content = desk.appspec()
        deployment = desk.deploy(content, description="release 7")
        found = desk.deployment(deployment)
        assert found["description"] == "release 7"
        assert "content" not in found["revision"]["appSpecContent"]
        answer = desk.call("GetApplicationRevision", applicationName="app", revision=found["revision"])
        assert answer["revision"]["appSpecContent"]["content"] == content

    def test_lists_by_status_newest_first(self, desk: Any) -> None:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=0))
        first = desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        desk.steps()
        second = desk.deploy(desk.appspec("app:3"))
        ask = {"applicationName": "app", "deploymentGroupName": "group"}
        assert desk.call("ListDeployments", **ask)["deployments"] == [second, first]
        assert desk.call("ListDeployments", **ask, includeOnlyStatuses=["Succeeded"])["deployments"] == [first]
        batch = desk.call("BatchGetDeployments", deploymentIds=[first, second, "d-NONE"])["deploymentsInfo"]
        assert [each["deploymentId"] for each in batch] == [first, second]
        assert batch[0]["status"] == "Succeeded"

    def test_the_previous_revision_is_known(self, desk: Any) -> None:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=0))
        desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        desk.steps()
        second = desk.deployment(desk.deploy(desk.appspec("app:3")))
        previous = desk.call("GetApplicationRevision", applicationName="app", revision=second["previousRevision"])
        assert previous["revision"]["appSpecContent"]["content"] == desk.appspec()

    def test_what_has_ended_can_neither_be_stopped_nor_continued(self, desk: Any) -> None:
        desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=0))
        deployment = desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
        desk.steps()
        for action in ("StopDeployment", "ContinueDeployment"):
            assert refused(desk, action, deploymentId=deployment) == "DeploymentAlreadyCompletedException"

    def test_an_unknown_one(self, desk: Any) -> None:
        for action in ("GetDeployment", "StopDeployment", "ContinueDeployment", "ListDeploymentTargets"):
            assert refused(desk, action, deploymentId="d-NONE") == "DeploymentDoesNotExistException"
