"""Fixtures: MiniStack in this process, and one running emulator for the tests that need Docker."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from rehearsal.aws.corrections.binding import Binding
from tests.rehearsal.aws.emulator import ACCOUNT, REGION, Emulator, Shop, wait_for
from tests.rehearsal.aws.inprocess import InProcess

T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs MiniStack itself: it reads AWS's models, which takes its time."""
    for item in items:
        if "ministack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.ministack)


@pytest.fixture
def ministack(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """Untouched MiniStack with nothing in it, and no Docker engine."""
    from ministack.services import ecs

    monkeypatch.setattr(ecs, "_get_docker", lambda: None)
    running = InProcess(ACCOUNT, REGION)
    with running:
        yield running


@pytest.fixture
def wait() -> Callable[[Callable[[], T]], T]:
    """Wait for what a background thread does: the first true answer of a function, within two seconds."""
    return lambda what: wait_for(what, seconds=2, every=0.01)


@pytest.fixture
def binding() -> Iterator[Binding]:
    """Corrections applied through it are undone at the end of the test."""
    with Binding() as held:
        yield held


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    running = Emulator(tmp_path_factory.mktemp("emulator") / "home")
    yield running
    running.end()


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The test service, a static program."""
    if shutil.which("go") is None:
        pytest.skip("needs Go to build the test service")
    target = tmp_path_factory.mktemp("app") / "app"
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
    source = Path(__file__).parent / "app" / "main.go"
    subprocess.run(["go", "build", "-ldflags=-s -w", "-o", target, source], check=True, env=environment)
    return target.read_bytes()


@pytest.fixture(scope="session")
def image(emulator: Emulator, binary: bytes) -> str:
    """The test service in the emulated ECR, by digest."""
    import docker

    engine = docker.from_env()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("app")
        entry.size, entry.mode = len(binary), 0o755
        tar.addfile(entry, io.BytesIO(binary))
    emulator.client("ecr").create_repository(repositoryName="test/app", imageTagMutability="IMMUTABLE")
    local = f"localhost:{emulator.port}/test/app"
    engine.api.import_image_from_data(archive.getvalue(), repository=local, tag="v1", changes=['ENTRYPOINT ["/app"]'])
    pushed = [json.loads(line) for line in engine.api.push(local, tag="v1").splitlines()]
    assert not any("error" in line for line in pushed), pushed
    (details,) = emulator.client("ecr").describe_images(repositoryName="test/app")["imageDetails"]
    engine.images.remove(f"{local}:v1", force=True)
    engine.close()
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/test/app@{details['imageDigest']}"


@pytest.fixture
def shop(emulator: Emulator, image: str) -> Iterator[Shop]:
    """An environment of its own for one test."""
    made = Shop(emulator, image)
    made.settle()
    yield made
    made.remove()
