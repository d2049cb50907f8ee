"""The load balancer and the entrances of services."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from components import LoadBalancer, LoadBalancerArgs, Network, NetworkArgs
from naming import Names
from settings import Environment, Guest, HostNetwork
from tests.components.support import Built, app, build, environment, worker

CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/abc"


def door(**changes: Any) -> Built:
    return made(environment(**changes)) if changes else plain()


@cache
def plain() -> Built:
    """Build it as it ships; tests only read it."""
    return made(environment())


def made(env: Environment) -> Built:
    return build(lambda on: declare(env, on), env)


def declare(env: Environment, on: Any) -> LoadBalancer:
    network = Network("network", NetworkArgs(names=env.names, network=env.network), on)
    return LoadBalancer("door", LoadBalancerArgs(env=env, network=network), on)


def test_the_balancer_stands_in_the_public_subnets() -> None:
    assert door().one("LoadBalancer").inputs == {
        "name": "shop-staging-door",
        "loadBalancerType": "application",
        "internal": False,
        "securityGroups": ["id:door-group"],
        "subnets": ["id:network-public-1", "id:network-public-2"],
        "dropInvalidHeaderFields": True,
        "enableDeletionProtection": False,
    }


def test_a_guest_adds_listeners_to_its_host_s_and_makes_no_network() -> None:
    guest = Guest(host=Names(project="shop", stack="staging"), port=9000, until="2026-12-01T00:00Z")
    host = HostNetwork(load_balancer="shop-staging-door")
    built = door(names=Names(project="shop", stack="pr-1"), network=host, guest=guest)
    assert {one.type for one in built.resources if one.custom and "provider" not in one.type} == {
        "aws:lb/targetGroup:TargetGroup",
        "aws:lb/listener:Listener",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
    assert {one.inputs["loadBalancerArn"] for one in built.of("Listener").values()} == {"arn:shop-staging-door"}
    assert {one.inputs["vpcId"] for one in built.of("TargetGroup").values()} == {"vpc-of-host"}
    assert built.one("SecurityGroupIngressRule").inputs["securityGroupId"] == "sg-of-host"
    assert {str(arguments["name"]) for token, arguments, _ in built.calls if "getLoadBalancer" in token} == {
        "shop-staging-door"
    }


def test_users_come_in_through_the_production_listener_only() -> None:
    """The test listener's port is opened by the checker, to itself."""
    assert {name: one.inputs for name, one in door().of("SecurityGroupIngressRule").items()} == {
        "door-api-open": {
            "securityGroupId": "id:door-group",
            "description": "users of api",
            "ipProtocol": "tcp",
            "fromPort": 80,
            "toPort": 80,
            "cidrIpv4": "0.0.0.0/0",
        }
    }


def test_both_listeners_begin_at_blue_and_are_then_left_alone() -> None:
    listeners = door().of("Listener")
    assert {name: one.inputs for name, one in listeners.items()} == {
        name: {
            "loadBalancerArn": "arn:shop-staging-door",
            "port": port,
            "protocol": "HTTP",
            "defaultActions": [{"type": "forward", "targetGroupArn": "arn:shop-staging-api-blue"}],
        }
        for name, port in (("door-api-listener", 80), ("door-api-test", 8080))
    }
    assert {one.ignored for one in listeners.values()} == {("defaultActions",)}
    assert all({"door-api-blue", "door-api-green"} <= one.dependencies for one in listeners.values())


def test_the_two_target_groups_differ_in_name_only() -> None:
    groups = door().of("TargetGroup")
    assert {name: one.inputs for name, one in groups.items()} == {
        f"door-api-{colour}": {
            "name": f"shop-staging-api-{colour}",
            "port": 8000,
            "protocol": "HTTP",
            "targetType": "ip",
            "vpcId": "id:network-vpc",
            "deregistrationDelay": 10,
            "healthCheck": {
                "path": "/health",
                "protocol": "HTTP",
                "port": "traffic-port",
                "matcher": "200-299",
                "interval": 5,
                "timeout": 4,
                "healthyThreshold": 2,
                "unhealthyThreshold": 2,
            },
        }
        for colour in ("blue", "green")
    }


def test_with_a_certificate_listeners_speak_tls_and_plain_http_is_sent_there() -> None:
    api = app()
    assert api.door is not None
    secure = replace(api, door=replace(api.door, listener=443, test_listener=8443))
    built = door(services=(secure,), certificate_arn=CERTIFICATE, domain="shop.dev")
    listeners = built.of("Listener")
    production = listeners["door-api-listener"].inputs
    assert (production["port"], production["protocol"]) == (443, "HTTPS")
    assert (production["certificateArn"], production["sslPolicy"]) == (
        CERTIFICATE,
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
    assert listeners["door-redirect"].inputs == {
        "loadBalancerArn": "arn:shop-staging-door",
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": [
            {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
        ],
    }
    assert built.of("SecurityGroupIngressRule")["door-redirect-open"].inputs["fromPort"] == 80


def test_a_service_on_port_80_is_not_redirected() -> None:
    assert "door-redirect" not in door(certificate_arn=CERTIFICATE, domain="shop.dev").of("Listener")


def test_each_service_with_a_port_has_an_entrance_and_a_worker_none() -> None:
    web = app("web")
    assert web.door is not None
    built = door(services=(app(), replace(web, door=replace(web.door, listener=81, test_listener=8081)), worker()))
    assert set(built.of("slipway:aws:Entrance")) == {"door-api", "door-web"}


def test_production_cannot_lose_what_traffic_runs_over() -> None:
    built = door(protect=True)
    assert built.one("LoadBalancer").inputs["enableDeletionProtection"] is True
    assert built.one("LoadBalancer").protect
    assert [one.protect for one in built.of("TargetGroup").values()] == [True, True]
