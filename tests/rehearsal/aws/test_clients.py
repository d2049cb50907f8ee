"""Clients that others wrote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.aws.emulator import ACCOUNT, REGION

pytestmark = pytest.mark.emulator


@pytest.mark.skipif(shutil.which("aws") is None, reason="needs the AWS CLI")
def test_aws_ecs_deploy(shop: Any, tmp_path: Path) -> None:
    """Registers a task definition, makes the AppSpec, starts the deployment and waits for it, all by itself."""
    definition = shop.ecs.describe_task_definition(taskDefinition=shop.first)["taskDefinition"]
    members = ("family", "containerDefinitions", "networkMode", "requiresCompatibilities", "cpu", "memory")
    (tmp_path / "task.json").write_text(json.dumps({name: definition[name] for name in members}))
    properties = {"TaskDefinition": "", "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8000}}
    target = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
    (tmp_path / "appspec.json").write_text(json.dumps({"version": 0.0, "Resources": [target]}))
    command = ["aws", "ecs", "deploy", "--cluster", shop.name, "--service", shop.name]
    command += ["--task-definition", "task.json", "--codedeploy-appspec", "appspec.json"]
    command += ["--codedeploy-application", shop.name, "--codedeploy-deployment-group", shop.name]
    settings = {
        "AWS_ENDPOINT_URL": shop.emulator.endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    ended = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **settings}, capture_output=True, text=True, timeout=90, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "Successfully deployed" in ended.stdout
    assert shop.service()["taskDefinition"] != shop.first
