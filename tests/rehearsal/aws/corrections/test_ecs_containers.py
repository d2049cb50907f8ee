"""Containers of tasks."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound, NotFound
from ministack.services import ecs

from rehearsal.aws.corrections import ecs_containers
from rehearsal.aws.corrections.ecs_containers import local_name

ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/api@sha256:" + "0" * 64


class FakeContainer:
    def __init__(self, engine: Any, name: Any) -> None:
        self.engine, self.name, self.id, self.status = engine, name, f"id-{name}", "running"
        self.attrs = {"NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}}
        self.exited = threading.Event()

    def reload(self) -> None:
        pass

    def wait(self) -> Any:
        return {"StatusCode": 3}

    def logs(self, **_: Any) -> Any:
        return iter(())

    def remove(self, **_: Any) -> None:
        self.engine.removed.append(self.name)


class FakeEngine:
    """As much of docker-py as MiniStack and the correction use."""

    def __init__(self, failure: Any = None) -> None:
        self.failure, self.asked = failure, 0
        self.runs: list[Any] = []
        self.removed: list[Any] = []
        self.containers = self.images = self.api = self
        self.made: dict[str, Any] = {}
        self.waiting = threading.Event()

    def run(self, image: Any, **arguments: Any) -> Any:
        self.runs.append((image, arguments))
        container = self.made[arguments["name"]] = FakeContainer(self, arguments["name"])
        if self.failure:
            raise self.failure
        return container

    def get(self, name: Any) -> Any:
        self.asked += 1
        for container in self.made.values():
            if name in (container.name, container.id):
                return container
        raise NotFound("no such container")

    def wait(self, identifier: Any, timeout: Any) -> None:
        container = self.get(identifier)
        self.waiting.set()
        container.exited.wait(10)

    def remove_container(self, identifier: Any, **_: Any) -> None:
        self.removed.append(self.get(identifier).name)


@pytest.fixture
def start(ministack: Any, monkeypatch: pytest.MonkeyPatch, wait: Any) -> Any:
    def start(engine: Any, image: Any = ECR, **definition: Any) -> Any:
        monkeypatch.setattr(ecs, "_get_docker", lambda: engine)
        client = ministack.client("ecs")
        client.register_task_definition(
            family="t",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "a", "image": image, **definition}],
        )
        (task,) = client.run_task(taskDefinition="t", launchType="FARGATE")["tasks"]

        def state() -> Any:
            (found,) = client.describe_tasks(tasks=[task["taskArn"]])["tasks"]
            return found if found["lastStatus"] in ("RUNNING", "STOPPED") else None

        return lambda: wait(state)

    return start


@pytest.fixture
def corrected(binding: Any) -> Any:
    remembered: list[Any] = []
    ecs_containers.apply(binding, 4600, "slipway.rehearsal=abc", remembered.append)
    return remembered


def test_stock_ministack_hands_ecrs_name_to_docker(start: Any) -> None:
    engine = FakeEngine()
    start(engine)()
    assert engine.runs[0][0] == ECR


def test_stock_ministack_leaves_a_container_behind(start: Any) -> None:
    engine = FakeEngine(APIError("exec: no such file"))
    assert start(engine)()["lastStatus"] == "STOPPED"
    assert engine.removed == []


def test_images_come_from_the_registry_of_this_machine(start: Any, corrected: Any) -> None:
    engine = FakeEngine()
    task = start(engine)()
    assert engine.runs[0][0] == "localhost:4600/shop/api@sha256:" + "0" * 64
    assert corrected == [engine.runs[0][0]]
    assert task["containers"][0]["image"] == ECR
    assert task["containers"][0]["imageDigest"] == "sha256:" + "0" * 64


@pytest.mark.parametrize("image", ["python:3.11", "public.ecr.aws/x/y:1", "localhost:5000/x", None])
def test_other_names_stay(image: Any) -> None:
    assert local_name(image, 4600) == image


@pytest.mark.usefixtures("corrected")
def test_limits_user_and_label(start: Any) -> None:
    engine = FakeEngine()
    start(engine, user="10001", readonlyRootFilesystem=True, entryPoint=["/x"])()
    arguments = engine.runs[0][1]
    assert arguments["mem_limit"] == "512m"
    assert arguments["cpu_shares"] == 256
    assert (arguments["user"], arguments["read_only"], arguments["entrypoint"]) == ("10001", True, ["/x"])
    assert arguments["labels"]["slipway.rehearsal"] == "abc"


@pytest.mark.usefixtures("corrected")
def test_a_container_that_cannot_start_is_removed_and_named(start: Any) -> None:
    engine = FakeEngine(APIError("exec: no such file"))
    task = start(engine)()
    assert task["stoppedReason"].startswith("CannotStartContainerError: ")
    assert len(engine.removed) == 1


@pytest.mark.usefixtures("corrected")
def test_an_image_that_is_not_there_is_named(start: Any) -> None:
    task = start(FakeEngine(ImageNotFound("not found")))()
    assert task["stoppedReason"].startswith("CannotPullContainerError: pull image manifest has been retried 1 time(s)")
    assert ECR in task["stoppedReason"]


@pytest.mark.usefixtures("corrected")
def test_an_exit_stops_the_task_in_ecss_words(start: Any, wait: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ecs_containers, "_LOGS_GRACE", 0.01)
    engine = FakeEngine()
    observe = start(engine)
    assert observe()["lastStatus"] == "RUNNING"
    (container,) = engine.made.values()
    container.status = "exited"
    container.exited.set()
    task = wait(lambda: (found := observe())["lastStatus"] == "STOPPED" and found)
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 3
    wait(lambda: engine.removed)


@pytest.mark.usefixtures("corrected")
def test_a_running_task_is_waited_for_and_not_asked_about(start: Any) -> None:
    engine = FakeEngine()
    start(engine)
    engine.waiting.wait(2)
    asked = engine.asked
    threading.Event().wait(0.05)
    assert engine.asked == asked
    next(iter(engine.made.values())).exited.set()
