"""Whole deliveries against the running emulator, under steady traffic: nobody is dropped."""

from __future__ import annotations

import http.client
import io
import json
import urllib.request
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rehearsal.aws.emulator import wait_for
from tests.rehearsal.aws.traffic import Traffic

pytestmark = pytest.mark.emulator

READY = {
    "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60},
    "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60},
}
AT_ONCE = {"deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce"}


@pytest.fixture
def traffic(shop: Any) -> Iterator[Any]:
    with Traffic(shop.emulator.port, shop.dns) as steady:
        yield steady
    assert steady.failures == []
    assert steady.sent > 0


def alarm(shop: Any, colour: Any) -> Any:
    """Rings when the targets of a group answer with 4xx."""
    name = f"{shop.name}-{colour}"
    shop.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_4XX_Count",
        Dimensions=[
            {"Name": "TargetGroup", "Value": shop.groups[colour].split(":")[-1]},
            {"Name": "LoadBalancer", "Value": shop.arn.split("loadbalancer/")[1]},
        ],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    shop.update_group(alarmConfiguration={"enabled": True, "alarms": [{"name": name}]})
    return name


def ask(shop: Any, url: Any, host: Any) -> Any:
    """Ask as the check function does: through the proxy, at the load balancer's own address."""
    proxy = urllib.request.ProxyHandler({"http": shop.emulator.ready["proxy"]})
    request = urllib.request.Request(url, headers={"Host": host})
    with urllib.request.build_opener(proxy).open(request, timeout=5) as answer:
        return answer.read().decode().split(" ")[0]


def private_address(shop: Any) -> Any:
    name = "ELB " + shop.arn.split("loadbalancer/")[1]
    found = shop.ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [name]}])
    return found["NetworkInterfaces"][0]["PrivateIpAddress"]


def test_a_canary_reaches_everyone_and_swaps_the_groups(shop: Any, traffic: Any) -> None:
    first = shop.deploy(shop.task_definition(VERSION="v2"))
    shop.until(first, "Succeeded")
    assert shop.weights() == {"green": 100, "blue": 0}
    assert shop.weights(8080) == {"green": 100, "blue": 0}
    (only,) = shop.service()["taskSets"]
    assert (only["status"], only["externalId"]) == ("PRIMARY", first)
    assert set(shop.events(first).values()) == {"Succeeded"}
    second = shop.deploy(shop.task_definition(VERSION="v3"), **AT_ONCE)
    shop.until(second, "Succeeded")
    assert shop.weights() == {"blue": 100, "green": 0}
    assert set(traffic.answers) == {"v1", "v2", "v3"}
    left = shop.elb.describe_target_health(TargetGroupArn=shop.groups["green"])["TargetHealthDescriptions"]
    assert left == []


def test_an_alarm_that_rings_by_itself_takes_the_release_back_and_recovers(shop: Any, traffic: Any) -> None:
    name = alarm(shop, "green")
    before = shop.service()["taskSets"][0]["id"]
    deployment = shop.deploy(shop.task_definition(VERSION="v2", STATUS="418"))
    stopped = shop.until(deployment, "Stopped")
    shop.until(stopped["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")
    assert stopped["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert name in stopped["errorInformation"]["message"]
    assert shop.weights() == {"blue": 100, "green": 0}
    (only,) = shop.service()["taskSets"]
    assert (only["id"], only["status"]) == (before, "PRIMARY")

    def state() -> Any:
        return shop.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]

    wait_for(lambda: state() == "OK")


def test_while_it_waits_only_the_test_listener_shows_green(shop: Any, traffic: Any) -> None:
    shop.update_group(blueGreenDeploymentConfiguration=READY)
    deployment = shop.deploy(shop.task_definition(VERSION="v2"), **AT_ONCE)
    shop.until(deployment, "Ready")
    address = private_address(shop)
    assert {ask(shop, f"http://{address}:8080/", shop.dns) for _ in range(5)} == {"v2"}
    assert {ask(shop, f"http://{address}/", shop.dns) for _ in range(5)} == {"v1"}
    assert ask(shop, f"http://{shop.dns}:8080/", f"{shop.dns}:8080") == "v2"
    assert set(traffic.answers) == {"v1"}
    shop.codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType="READY_WAIT")
    wait_for(lambda: shop.deployment(deployment)["instanceTerminationWaitTimeStarted"])
    wait_for(lambda: traffic.answers["v2"])
    with pytest.raises(shop.codedeploy.exceptions.DeploymentLimitExceededException):
        shop.deploy(shop.first)
    shop.codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType="TERMINATION_WAIT")
    shop.until(deployment, "Succeeded")


def test_going_back_while_blue_is_warm_starts_nothing(shop: Any, traffic: Any) -> None:
    shop.update_group(blueGreenDeploymentConfiguration=READY)
    deployment = shop.deploy(shop.task_definition(VERSION="v2"), **AT_ONCE)
    shop.until(deployment, "Ready")
    shop.codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType="READY_WAIT")
    wait_for(lambda: traffic.answers["v2"] > 10)
    tasks = set(shop.ecs.list_tasks(cluster=shop.name)["taskArns"])
    shop.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    stopped = shop.until(deployment, "Stopped")
    shop.until(stopped["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")
    assert shop.weights() == {"blue": 100, "green": 0}
    assert shop.service()["taskDefinition"] == shop.first
    assert set(shop.ecs.list_tasks(cluster=shop.name)["taskArns"]) < tasks


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [({"HEALTH": "503"}, None), ({"CRASH_MS": "50"}, "Essential container in task exited")],
    ids=["never healthy", "crashing"],
)
def test_a_green_that_never_gets_well_sees_no_user(shop: Any, traffic: Any, behaviour: Any, reason: Any) -> None:
    deployment = shop.deploy(shop.task_definition(VERSION="v2", **behaviour))
    wait_for(lambda: shop.deployment(deployment)["status"] == "InProgress")
    if reason:
        tasks = wait_for(lambda: shop.ecs.list_tasks(cluster=shop.name, desiredStatus="STOPPED")["taskArns"])
        (stopped, *_) = shop.ecs.describe_tasks(cluster=shop.name, tasks=tasks)["tasks"]
        assert (stopped["stoppedReason"], stopped["containers"][0]["exitCode"]) == (reason, 3)
    wait_for(lambda: traffic.answers["v1"] > 100)
    assert shop.events(deployment)["Install"] == "InProgress"
    assert shop.weights() == {"blue": 100, "green": 0}
    shop.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    stopped = shop.until(deployment, "Stopped")
    shop.until(stopped["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")
    assert set(traffic.answers) == {"v1"}


HOOK = """
import boto3

def handle(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=%r,
    )
"""


ASK = """
import os
import urllib.request

def handle(event, context):
    request = urllib.request.Request(event["url"], headers={"Host": event["host"]})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return {"body": answer.read().decode(), "environment": sorted(os.environ)}
"""


def function(shop: Any, name: Any, code: Any) -> Any:
    """A Lambda function inside the network."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("function.py", code)
    shop.emulator.client("lambda").create_function(
        FunctionName=f"{shop.name}-{name}",
        Runtime="python3.13",
        Handler="function.handle",
        Role="arn:aws:iam::111122223333:role/function",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        VpcConfig={"SubnetIds": shop.subnets, "SecurityGroupIds": [shop.security_group]},
    )
    return f"{shop.name}-{name}"


def test_a_function_asks_the_load_balancers_own_address(shop: Any) -> None:
    name = function(shop, "ask", ASK)
    event = {"url": f"http://{private_address(shop)}:8080/x?y=1", "host": shop.dns}
    answer = shop.emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    result = json.load(answer["Payload"])
    assert result["body"] == "v1 GET /x?y=1 0"
    assert "PYTEST_VERSION" not in result["environment"]


@pytest.mark.parametrize(("status", "ends"), [("Succeeded", "Succeeded"), ("Failed", "Failed")])
def test_a_hook_decides(shop: Any, traffic: Any, status: Any, ends: Any) -> None:
    hooks = {"AfterAllowTestTraffic": function(shop, "hook", HOOK % status)}
    deployment = shop.deploy(shop.task_definition(VERSION="v2"), hooks, **AT_ONCE)
    ended = shop.until(deployment, ends)
    assert shop.events(deployment)["AfterAllowTestTraffic"] == ends
    if ends == "Failed":
        assert ended["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
        assert set(traffic.answers) == {"v1"}


def test_a_dropped_request_is_seen_by_who_counts(shop: Any) -> None:
    def control(method: Any, path: Any, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{shop.emulator.endpoint}/_rehearsal/{path}", body, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    before = control("GET", "drops")["dropped"]
    with Traffic(shop.emulator.port, shop.dns) as traffic:
        wait_for(lambda: traffic.sent > 20)
        control("POST", "drop", {"count": 2})
        wait_for(lambda: control("GET", "drops") == {"to_drop": 0, "dropped": before + 2})
        wait_for(lambda: traffic.sent > 60)
    assert len(traffic.failures) == 2
    assert all("RemoteDisconnected" in failure for failure in traffic.failures)


@pytest.mark.parametrize("host", ["{dns}:81", "gone-1234.eu-central-1.elb.amazonaws.com"])
def test_where_nothing_listens_nothing_answers(shop: Any, host: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shop.emulator.port, timeout=30)
    connection.request("GET", "/", headers={"Host": host.format(dns=shop.dns)})
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()


def test_every_answer_carries_the_emulated_time(shop: Any) -> None:
    answers = [shop.ecs.list_clusters(), shop.codedeploy.list_applications(), shop.elb.describe_load_balancers()]
    with urllib.request.urlopen(f"{shop.emulator.endpoint}/_rehearsal/clock") as clock:
        assert json.load(clock)["speed"] == 60
        dates = [answer["ResponseMetadata"]["HTTPHeaders"]["date"] for answer in answers]
        assert all(date[:16] == clock.headers["date"][:16] for date in dates)
    request = urllib.request.Request(shop.emulator.endpoint, headers={"Host": shop.dns})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers.get_all("date")[0][:16] == dates[0][:16]
        assert answer.headers.get_all("set-cookie") == ["a=1", "b=2"]
