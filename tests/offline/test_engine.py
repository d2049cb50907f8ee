"""The real engine, language host and bridge, where the toolchain is in the cache."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from offline import names
from offline.bridge.goplugin import TerraformProvider
from offline.engine import layout
from offline.engine.cache import Cache
from offline.engine.install import is_ready
from offline.engine.parts import AWS, BRIDGED, ENGINE
from offline.engine.providers import binary
from offline.names.__main__ import make
from tests.offline import schemas

CACHE = Cache.of_user()
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not is_ready(ENGINE, CACHE), reason="the engine is not installed: ./slipway toolchain install"),
]
needs_aws = pytest.mark.skipif(not is_ready(AWS, CACHE), reason="Terraform's AWS provider is not on this machine")


class Project:
    """A small Pulumi project with a state of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
        self.environment = {
            **os.environ,
            **layout.environment(CACHE),
            "PULUMI_BACKEND_URL": f"file://{folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SLIPWAY_WARM_SECONDS": "0",
        }
        assert self.pulumi("stack", "init", "dev").returncode == 0

    def program(self, text: str) -> None:
        (self.folder / "__main__.py").write_text(textwrap.dedent(text))

    def pulumi(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive"], cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL
        )

    def states(self) -> str:
        return "".join(file.read_text() for file in (self.folder / "state").rglob("*.json*"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_program_runs_with_its_settings_and_keeps_its_secrets(project: Project) -> None:
    project.program(
        """
        import pulumi
        config = pulumi.Config()
        pulumi.export("size", config.require_int("size"))
        pulumi.export("password", config.require_secret("password"))
        """
    )
    project.pulumi("config", "set", "size", "3")
    project.pulumi("config", "set", "--secret", "password", "hunter2-planted")
    assert project.pulumi("up", "--yes").returncode == 0
    told = project.pulumi("stack", "output", "--json", "--show-secrets")
    assert json.loads(told.stdout) == {"size": 3, "password": "hunter2-planted"}
    assert "hunter2-planted" not in project.states()


def test_an_error_of_the_program_is_told_once(project: Project) -> None:
    project.program("import pulumi; raise pulumi.RunError('tiny:size: 3 is too small')")
    failed = project.pulumi("preview")
    assert failed.returncode == 1
    assert "error: tiny:size: 3 is too small" in failed.stdout
    assert "Traceback" not in failed.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_program_ends_with_the_engine(project: Project, number: signal.Signals, tmp_path: Path) -> None:
    project.program(f"import os, time; open('{tmp_path}/pid', 'w').write(str(os.getpid())); time.sleep(60)")
    engine = project.start("preview")
    pid = _read(tmp_path / "pid")
    engine.send_signal(number)
    engine.wait(timeout=20)
    limit = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


def _read(file: Path) -> str:
    limit = time.monotonic() + 30
    while not (file.exists() and file.read_text()) and time.monotonic() < limit:
        time.sleep(0.05)
    return file.read_text()


@needs_aws
def test_a_preview_asks_the_real_provider(project: Project) -> None:
    project.program(
        """
        import pulumi, pulumi_aws as aws
        provider = aws.Provider("aws", region="eu-central-1", skip_credentials_validation=True,
                                skip_requesting_account_id=True, skip_metadata_api_check=True)
        opts = pulumi.ResourceOptions(provider=provider)
        group = aws.cloudwatch.LogGroup("logs", retention_in_days=7, opts=opts)
        aws.s3.Bucket("store", tags={"group": group.name}, opts=opts)
        """
    )
    found = project.pulumi("preview", "--json")
    assert found.returncode == 0, found.stdout + found.stderr
    steps = {step["urn"].split("::")[-1]: step["newState"] for step in json.loads(found.stdout)["steps"]}
    assert steps["logs"]["inputs"]["retentionInDays"] == 7
    assert steps["store"]["inputs"]["bucket"].startswith("store-")


@needs_aws
def test_what_the_real_provider_refuses_names_the_property(project: Project) -> None:
    project.program(
        """
        import pulumi_aws as aws
        aws.cloudwatch.LogGroup("logs", retention_in_days=8)
        """
    )
    project.environment |= {"AWS_REGION": "eu-central-1"}
    for setting in ("skipCredentialsValidation", "skipRequestingAccountId"):
        project.pulumi("config", "set", f"aws:{setting}", "true")
    found = project.pulumi("preview")
    assert found.returncode != 0
    assert "retentionInDays" in found.stdout
    assert "expected retention_in_days to be one of" in found.stdout


def needs(package: str) -> Any:
    """The package, where its provider is there."""
    missing = not is_ready(BRIDGED[package], CACHE)
    return pytest.param(package, marks=pytest.mark.skipif(missing, reason=f"no {package} provider on this machine"))


EVERY = pytest.mark.parametrize("package", [needs(package) for package in BRIDGED])


@EVERY
@pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws")
def test_the_table_is_what_its_list_makes(package: str) -> None:
    assert (Path(names.__file__).parent / f"{package}.json").read_text() == make(package)


@EVERY
def test_the_schemas_of_the_tests_are_the_providers(package: str) -> None:
    provider = TerraformProvider(binary(BRIDGED[package], CACHE), CACHE.bridge)
    assert schemas.file(package).read_text() == schemas.dump(package, provider)
