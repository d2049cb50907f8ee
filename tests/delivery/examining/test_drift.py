"""What people change by hand, found: what serves, listeners, security groups."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.examining import Finding, Level
from delivery.examining.drift import images, served, ways
from delivery.store import Store
from tests.delivery.fake_account import Calls
from tests.delivery.fake_clients import AwsError, Killed
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import deployed_past_us, run, world

AGAIN = "`pulumi up --refresh -s staging` sets it right"
DOOR, TASKS = "sg-door", "sg-1"


class Scene:
    """1.8.0 was released."""

    def __init__(self) -> None:
        self.aws, self.old, self.new = world()
        self.service = service_plan(self.new, image("b"))
        assert run(self.aws, release_plan(self.service)).succeeded

    def found(self) -> list[Finding]:
        tools = self.aws.tools()
        return list(served(tools.world, Store(tools.aws.s3, BUCKET), [self.service], "staging"))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_was_released_serves(scene: Scene) -> None:
    (one,) = scene.found()
    assert (one.level, one.what) == (Level.OK, "1 of 1 services serve 1.8.0, as was released")


def test_something_else_serves(scene: Scene) -> None:
    deployed_past_us(scene.aws, scene.old)
    (one,) = scene.found()
    assert (one.level, one.what) == (Level.PROBLEM, "api: api:1 serves; 1.8.0 was released")
    assert one.fix.startswith("`pulumi up -s staging` brings what the settings say")


def test_weights_that_somebody_has_set(scene: Scene) -> None:
    service = scene.aws.services["api"]
    scene.aws.route(service, {service.group("blue"): 50, service.group("green"): 50})
    assert [one.what for one in scene.found()] == ["api: it has 50% of the traffic; 1.8.0 was released"]


def test_a_service_that_is_gone(scene: Scene) -> None:
    scene.aws.services.clear()
    assert [one.what for one in scene.found()] == ["api: no such service; 1.8.0 was released"]


def test_tasks_that_do_not_run_are_worth_knowing(scene: Scene) -> None:
    scene.aws.services["api"].primary["runningCount"] = 1
    (one,) = scene.found()
    assert (one.level, one.what) == (Level.WARNING, "api: 1 of 2 tasks run")
    assert one.fix == "its events say why: `aws ecs describe-services --cluster shop-staging --services api`"


def test_nothing_is_said_before_a_release_and_during_one() -> None:
    aws = FakeAws()
    tools = aws.tools()
    assert list(served(tools.world, Store(tools.aws.s3, BUCKET), [], "staging")) == []
    scene = Scene()

    def kill(_: str) -> None:
        if [one["step"] for one in scene.aws.documents("journal.json")] == ["shift"]:
            raise Killed

    scene.aws.after_call = kill
    newest = scene.aws.define(3, image("c"))
    with pytest.raises(Killed):
        run(scene.aws, release_plan(service_plan(newest, image("c")), version="1.9.0"))
    scene.aws.after_call = lambda _: None
    assert scene.found() == []


def test_images_of_what_serves(scene: Scene) -> None:
    tools = scene.aws.tools()
    store = Store(tools.aws.s3, BUCKET)
    (one,) = images(tools.aws.ecr, store, "staging")
    assert (one.level, one.what) == (Level.OK, "the images of what serves are in the registry: 1 of 1")
    del scene.aws.images["sha256:" + "b" * 64]
    (one,) = images(tools.aws.ecr, store, "staging")
    assert one.level == Level.PROBLEM
    assert one.what.startswith("api: its image is gone from the registry, shop/api@sha256:bbb")
    assert one.what.endswith(": tasks that run go on, and none can start")


class Network:
    """A load balancer and two security groups, as declared."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.service = service_plan(self.scene.new, image("b"), listener="production/api", test_listener="test/api")
        self.listeners = {
            name: {"Port": port, "DefaultActions": [{"ForwardConfig": {"TargetGroups": [self.target(0)]}}]}
            for name, port in (("production/api", 80), ("test/api", 8080))
        }
        from_door = [{"GroupId": DOOR}]
        self.rules: dict[str, list[dict[str, Any]]] = {
            DOOR: [
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                for port in (80, 8080)
            ],
            TASKS: [{"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": from_door}],
        }

    def target(self, place: int) -> dict[str, str]:
        return {"TargetGroupArn": self.service.target_groups[place]}

    def _listeners(self, ListenerArns: list[str]) -> Any:  # noqa: N803
        found = self.listeners.get(ListenerArns[0])
        return {"Listeners": [found]} if found else AwsError("ListenerNotFound")

    def _groups(self, GroupIds: list[str]) -> Any:  # noqa: N803
        if not set(GroupIds) <= set(self.rules):
            return AwsError("InvalidGroup.NotFound")
        return {"SecurityGroups": [{"GroupId": one, "IpPermissions": self.rules[one]} for one in GroupIds]}

    def found(self) -> list[Finding]:
        elbv2 = Calls(
            describe_load_balancers={"LoadBalancers": [{"SecurityGroups": [DOOR]}]}, describe_listeners=self._listeners
        )
        ec2 = Calls(describe_security_groups=self._groups)
        return list(ways(elbv2, ec2, self.scene.aws.tools().world, [self.service], "staging"))

    def wrong(self) -> list[str]:
        found = self.found()
        assert all((one.level, one.fix) == (Level.PROBLEM, AGAIN) for one in found)
        return [one.what for one in found]


@pytest.fixture
def network() -> Network:
    return Network()


def test_ways_as_declared(network: Network) -> None:
    (one,) = network.found()
    assert (one.level, one.what) == (
        Level.OK,
        "1 of 1 services are reached as declared; `pulumi preview --refresh -s staging` compares all else",
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": DOOR}]},
        {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
    ],
)
def test_wider_rules_let_it_in_too(network: Network, rule: dict[str, Any]) -> None:
    network.rules[TASKS] = [rule]
    assert [one.level for one in network.found()] == [Level.OK]


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {"IpProtocol": "tcp", "FromPort": 9000, "ToPort": 9000, "UserIdGroupPairs": [{"GroupId": DOOR}]},
        {"IpProtocol": "udp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [{"GroupId": DOOR}]},
        {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [{"GroupId": "sg-other"}]},
    ],
)
def test_tasks_that_the_load_balancer_cannot_reach(network: Network, rule: dict[str, Any] | None) -> None:
    network.rules[TASKS] = [rule] if rule else []
    assert network.wrong() == ["api: no rule of sg-1 lets the load balancer in on port 8000"]


def test_a_load_balancer_that_lets_nobody_in(network: Network) -> None:
    network.rules[DOOR] = network.rules[DOOR][1:]
    assert network.wrong() == ["api: no rule of sg-door lets users in on port 80"]


def test_a_security_group_that_is_gone(network: Network) -> None:
    del network.rules[TASKS]
    assert network.wrong() == ["api: a security group of its tasks is gone: sg-1"]


def test_a_listener_that_is_gone(network: Network) -> None:
    del network.listeners["test/api"]
    assert network.wrong() == ["api: its listener for checks is gone"]


def test_a_listener_that_forwards_elsewhere(network: Network) -> None:
    other = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/other/1"
    network.listeners["production/api"]["DefaultActions"] = [{"TargetGroupArn": other}]
    (one,) = network.found()
    assert one.what == "api: its listener for users sends traffic to other, which is not its own"
    group = network.scene.aws.services["api"].primary["loadBalancers"][0]["targetGroupArn"]
    assert one.fix == (
        "`aws elbv2 modify-listener --listener-arn production/api "
        f"--default-actions Type=forward,TargetGroupArn={group}`"
    )


def test_a_worker_has_no_ways(network: Network) -> None:
    network.service = service_plan("td", image("a"), port=None, deployment_group=None)
    assert network.found() == []
