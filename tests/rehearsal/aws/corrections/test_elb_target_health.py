"""Target health that is measured."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import elb_target_health
from rehearsal.aws.corrections.elb_target_health import Prober, matches, probe
from rehearsal.aws.corrections.elb_targets import Target, Targets, Thresholds

pytestmark = pytest.mark.process

GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/blue/1"
THRESHOLDS = Thresholds(healthy=3, unhealthy=2)


@pytest.fixture
def clock() -> Any:
    return ManualClock()


@pytest.fixture
def targets(clock: Any) -> Any:
    return Targets(clock)


def registered(elb: Any) -> Any:
    (group,) = elb.create_target_group(Name="blue", Protocol="HTTP", Port=80, VpcId="vpc-1")["TargetGroups"]
    arn = group["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "127.0.0.9", "Port": 1}])
    return arn


def states(elb: Any, group: Any) -> Any:
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [(entry["Target"]["Id"], entry["TargetHealth"]["State"]) for entry in found]


def test_stock_ministack_calls_a_dead_target_healthy(ministack: Any) -> None:
    elb = ministack.client("elbv2")
    assert states(elb, registered(elb)) == [("127.0.0.9", "healthy")]


def test_a_new_target_is_not_healthy_before_it_has_answered(ministack: Any, binding: Any, targets: Any) -> None:
    elb_target_health.apply(binding, targets)
    elb = ministack.client("elbv2")
    group = registered(elb)
    assert states(elb, group) == [("127.0.0.9", "initial")]
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.9"}])
    assert states(elb, group) == []


def test_a_target_drains_until_its_requests_have_ended(ministack: Any, binding: Any, targets: Any) -> None:
    elb_target_health.apply(binding, targets)
    elb = ministack.client("elbv2")
    group = registered(elb)
    targets.of(group)[0].state = "healthy"
    taken = targets.take(group)
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.9"}])
    assert states(elb, group) == [("127.0.0.9", "draining")]
    assert targets.take(group) is None
    assert targets.serves("127.0.0.9")
    targets.give_back(taken)
    assert not targets.serves("127.0.0.9")


def test_draining_ends_with_the_deregistration_delay(targets: Any, clock: Any) -> None:
    targets.sync(GROUP, [("10.0.0.1", 80)])
    targets.of(GROUP)[0].state = "healthy"
    targets.take(GROUP)
    targets.sync(GROUP, [], delay=30)
    clock.advance(29)
    assert targets.serves("10.0.0.1")
    clock.advance(2)
    assert not targets.serves("10.0.0.1")


def test_an_unknown_target_group_is_refused(ministack: Any, binding: Any, targets: Any) -> None:
    elb_target_health.apply(binding, targets)
    with pytest.raises(Exception, match="TargetGroupNotFound"):
        ministack.client("elbv2").describe_target_health(TargetGroupArn=GROUP)


def test_a_group_in_use_is_not_deleted(ministack: Any, binding: Any, targets: Any) -> None:
    elb_target_health.apply(binding, targets)
    elb = ministack.client("elbv2")
    group = registered(elb)
    (balancer,) = elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    (listener,) = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP", DefaultActions=forward
    )["Listeners"]
    with pytest.raises(elb.exceptions.ResourceInUseException):
        elb.delete_target_group(TargetGroupArn=group)
    elb.delete_listener(ListenerArn=listener["ListenerArn"])
    elb.delete_target_group(TargetGroupArn=group)
    assert targets.groups() == []
    elb.delete_target_group(TargetGroupArn=group)


def test_healthy_targets_take_turns(targets: Any) -> None:
    targets.sync(GROUP, [("10.0.0.1", 80), ("10.0.0.2", 80), ("10.0.0.3", 80)])
    for target in targets.of(GROUP)[:2]:
        target.state = "healthy"
    taken = [targets.take(GROUP).address for _ in range(4)]
    assert sorted(taken) == ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"]


def test_where_all_are_unhealthy_the_load_balancer_fails_open(targets: Any) -> None:
    targets.sync(GROUP, [("10.0.0.1", 80), ("10.0.0.2", 80)])
    targets.of(GROUP)[0].state = "unhealthy"
    assert targets.take(GROUP).address == "10.0.0.1"


def test_a_target_that_is_new_takes_no_requests(targets: Any) -> None:
    targets.sync(GROUP, [("10.0.0.1", 80)])
    assert targets.take(GROUP) is None


class TestObserve:
    def target(self, state: Any) -> Any:
        return Target(GROUP, "10.0.0.1", 80, state=state, since=0.0)

    @pytest.mark.parametrize(
        ("state", "answers", "after"),
        [
            ("initial", [True], "healthy"),
            ("initial", [False], "initial"),
            ("initial", [False, False], "unhealthy"),
            ("healthy", [False], "healthy"),
            ("healthy", [False, False], "unhealthy"),
            ("healthy", [False, True, False], "healthy"),
            ("unhealthy", [True, True], "unhealthy"),
            ("unhealthy", [True, True, True], "healthy"),
            ("draining", [True, True, True], "draining"),
        ],
    )
    def test_thresholds(self, state: Any, answers: Any, after: Any) -> None:
        target = self.target(state)
        for good in answers:
            target.observe(good, THRESHOLDS)
        assert target.state == after

    def test_failures_of_a_start_do_not_count(self) -> None:
        target = Target(GROUP, "10.0.0.1", 80)
        for _ in range(5):
            target.observe(False, THRESHOLDS)
        assert target.state == "initial"


@pytest.mark.parametrize(
    ("status", "codes", "fits"),
    [(200, "200", True), (204, "200", False), (204, "200,204", True), (250, "200-299", True), (300, "200-299", False)],
)
def test_matcher(status: Any, codes: Any, fits: Any) -> None:
    assert matches(status, codes) is fits


def answering(status: Any) -> Any:
    async def serve(reader: Any, writer: Any) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
        await writer.drain()
        writer.close()

    return serve


@pytest.mark.parametrize(("status", "outcome"), [(200, (True, "")), (503, (False, "Target.ResponseCodeMismatch"))])
def test_a_probe_asks_the_target(status: Any, outcome: Any) -> None:
    async def ask() -> Any:
        server = await asyncio.start_server(answering(status), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await probe(Target(GROUP, "127.0.0.1", port), {"HealthCheckPath": "/health"})

    assert asyncio.run(ask()) == outcome


def test_a_target_that_refuses_has_failed() -> None:
    assert asyncio.run(probe(Target(GROUP, "127.0.0.9", 1), {})) == (False, "Target.FailedHealthChecks")


def test_the_prober_follows_the_emulated_interval(ministack: Any, binding: Any, targets: Any, clock: Any) -> None:
    elb_target_health.apply(binding, targets)
    elb = ministack.client("elbv2")
    asked = []

    async def watch() -> None:
        async def serve(reader: Any, writer: Any) -> None:
            asked.append(clock.now())
            await answering(200)(reader, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            prober = Prober(targets, clock, ministack.account, ministack.region)
            await asyncio.to_thread(listen, port)
            for _ in range(4):
                prober.look()
                await prober.idle()
                clock.advance(5)

    def listen(port: Any) -> None:
        group = elb.create_target_group(
            Name="blue", Protocol="HTTP", Port=80, VpcId="vpc-1", HealthCheckIntervalSeconds=10
        )["TargetGroups"][0]["TargetGroupArn"]
        (balancer,) = elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP", DefaultActions=forward
        )
        elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}])

    asyncio.run(watch())
    assert [moment - asked[0] for moment in asked] == [0, 10]
    assert [target.state for group in targets.groups() for target in targets.of(group)] == ["healthy"]


def test_targets_of_an_unused_group_are_unused(ministack: Any, binding: Any, targets: Any, clock: Any) -> None:
    elb_target_health.apply(binding, targets)
    elb = ministack.client("elbv2")
    group = registered(elb)
    Prober(targets, clock, ministack.account, ministack.region).look()
    assert states(elb, group) == [("127.0.0.9", "unused")]
