"""The process that the engine starts: found, spoken to over gRPC as the engine does, and gone when it is not needed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc

from plugin.wire import to_struct

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent.parent
LAUNCHER = ROOT / "plugin" / "pulumi-resource-slipway"
URN = "urn:pulumi:staging::shop::slipway:aws:Release$slipway:index:Release::release"


def start(**changes: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PULUMI_RUNTIME_VIRTUALENV": sys.prefix, **changes}
    return subprocess.Popen(
        [str(LAUNCHER)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd="/"
    )


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[subprocess.Popen[str], provider_pb2_grpc.ResourceProviderStub]]:
    process = start()
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield process, provider_pb2_grpc.ResourceProviderStub(channel)
    process.kill()
    process.communicate()


Running = tuple[subprocess.Popen[str], provider_pb2_grpc.ResourceProviderStub]


def test_it_greets_and_says_what_it_is(provider: Running) -> None:
    _, stub = provider
    stub.Handshake(proto.ProviderHandshakeRequest(engine_address=""))
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "0.1.0"
    assert '"name": "slipway"' in stub.GetSchema(proto.GetSchemaRequest()).schema


def test_check_names_every_missing_input(provider: Running) -> None:
    _, stub = provider
    news = to_struct({"environment": "staging", "recordsBucket": "b", "version": "1", "services": [{"name": "api"}]})
    failures = stub.Check(proto.CheckRequest(urn=URN, news=news)).failures
    assert [failure.reason for failure in failures] == [
        "strategy: is required",
        "services[0].cluster: is required",
        "services[0].service: is required",
        "services[0].taskDefinition: is required",
        "services[0].image: is required",
        "services[0].container: is required",
    ]


def test_another_type_of_resource_is_refused(provider: Running) -> None:
    _, stub = provider
    with pytest.raises(grpc.RpcError) as refused:
        stub.Check(proto.CheckRequest(urn="urn:pulumi:staging::shop::slipway:index:Other::x", news=to_struct({})))
    assert "provides slipway:index:Release only" in str(refused.value)


def test_configuration_without_region_or_account_is_refused(provider: Running) -> None:
    _, stub = provider
    answer = stub.CheckConfig(proto.CheckRequest(news=to_struct({"region": "eu-central-1"})))
    assert [failure.reason for failure in answer.failures] == ["account: is required"]


def test_cancel_when_idle_changes_nothing(provider: Running) -> None:
    process, stub = provider
    stub.Cancel(empty_pb2.Empty())
    assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_at_once_on_a_signal(number: signal.Signals) -> None:
    process = start()
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    process.communicate()


def test_a_python_without_the_packages_is_one_clear_sentence(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    process = start(PULUMI_RUNTIME_VIRTUALENV=str(tmp_path / "venv"))
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert said.splitlines() == [
        f"Error: the provider 'slipway' cannot start: {python} does not have the packages pulumi and boto3.",
        "Fix: run ./slipway once, which installs them, or set runtime.options.virtualenv in Pulumi.yaml.",
    ]


def test_the_launcher_works_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "plugin").symlink_to(LAUNCHER.parent)
    process = subprocess.Popen(
        [str(tmp_path / "plugin" / LAUNCHER.name)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PULUMI_RUNTIME_VIRTUALENV": sys.prefix},
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdigit()
    process.kill()
    process.communicate()


def test_the_launcher_is_a_program_that_every_shell_understands() -> None:
    assert os.access(LAUNCHER, os.X_OK)
    shell = shutil.which("dash") or "/bin/sh"
    assert subprocess.run([shell, "-n", str(LAUNCHER)], check=False).returncode == 0
