"""The check function: reaches the test listeners, and nothing reaches it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pulumi

from components import Checker, CheckerArgs, LoadBalancer, LoadBalancerArgs, Network, NetworkArgs
from components.checker import CODE, archive
from tests.components.support import ARN, ROOT, Built, build, environment


@cache
def checker() -> Built:
    env = environment()

    def declare(on: pulumi.ResourceOptions) -> None:
        network = Network("network", NetworkArgs(names=env.names, network=env.network), on)
        door = LoadBalancer("door", LoadBalancerArgs(env=env, network=network), on)
        Checker("checker", CheckerArgs(env=env, network=network, door=door), on)

    return build(declare, env)


def test_it_is_a_small_function_in_the_vpc() -> None:
    built = checker()
    made = built.one("Function")
    inputs = dict(made.inputs)
    code = inputs.pop("code")
    assert inputs == {
        "name": "shop-staging-checker",
        "description": "Asks new tasks what users will ask them, before they serve",
        "runtime": "python3.12",
        "handler": "handler.handle",
        "role": "arn:shop-staging-checker",
        "timeout": 60,
        "memorySize": 128,
        "vpcConfig": {
            "subnetIds": ["id:network-public-1", "id:network-public-2"],
            "securityGroupIds": ["id:checker-group"],
        },
    }
    assert {"checker-logs", "checker-role-policy"} <= made.dependencies
    assert isinstance(code, pulumi.AssetArchive)
    assert built.outputs["checker"] == {"function": "shop-staging-checker"}


def test_its_code_is_there_and_has_the_handler() -> None:
    assert set(archive(ROOT / CODE).assets) >= {"handler.py"}
    assert "def handle(" in (ROOT / CODE / "handler.py").read_text()


def test_only_sources_are_packed(tmp_path: Path) -> None:
    """A compiled leftover would change the function with every run."""
    (tmp_path / "handler.py").touch()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "handler.pyc").touch()
    assert set(archive(tmp_path).assets) == {"handler.py"}


def test_it_alone_reaches_the_test_listener_and_reaches_nothing_else() -> None:
    built = checker()
    port = {"ipProtocol": "tcp", "fromPort": 8080, "toPort": 8080}
    assert built.of("SecurityGroupIngressRule")["checker-in-api"].inputs == {
        "securityGroupId": "id:door-group",
        "referencedSecurityGroupId": "id:checker-group",
        "description": "checks of api",
        **port,
    }
    assert {name: one.inputs for name, one in built.of("SecurityGroupEgressRule").items()} == {
        "checker-out-api": {
            "securityGroupId": "id:checker-group",
            "referencedSecurityGroupId": "id:door-group",
            "description": "test listener of api",
            **port,
        }
    }


def test_its_code_may_not_use_the_rights_that_put_it_into_the_vpc() -> None:
    logs, interfaces, denied = checker().policy("checker-role-policy")["Statement"]
    assert logs == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": [f"arn:aws:logs:{ARN}:log-group:/aws/lambda/shop-staging-checker:*"],
    }
    assert interfaces["Effect"] == "Allow"
    assert denied == {
        "Effect": "Deny",
        "Action": interfaces["Action"],
        "Resource": ["*"],
        "Condition": {
            "ArnEquals": {"lambda:SourceFunctionArn": [f"arn:aws:lambda:{ARN}:function:shop-staging-checker"]}
        },
    }
