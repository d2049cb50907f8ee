"""Commands of a rehearsal reach the emulated AWS, and nothing of the person's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.home import MARK, Home
from rehearsal.processes import Notebook
from rehearsal.stage.docker_engine import Engine
from rehearsal.stage.emulator import Emulator
from rehearsal.stage.github import GitHub
from rehearsal.stage.secrets import Planted
from rehearsal.stage.stage import Stage, clean, environment
from rehearsal.stage.stores import Stores
from rehearsal.stage.workspace import CHECKOUT, Project

EMULATOR = Emulator(
    endpoint="http://127.0.0.1:4600",
    proxy="http://127.0.0.1:4601",
    ca=Path("/ca.pem"),
    registry="111122223333.dkr.ecr.eu-central-1.amazonaws.com",
    account="111122223333",
    region="eu-central-1",
    speed=30.0,
)
OUTER = {
    "PATH": "/bin",
    "HOME": "/root",
    "AWS_PROFILE": "the-real-production",
    "AWS_SESSION_TOKEN": "real",
    "PULUMI_ACCESS_TOKEN": "real",
    "GITHUB_TOKEN": "real",
    "PULUMI_BACKEND_URL": "s3://the-real-state",
    "DOCKER_CONFIG": "/home/me/.docker",
    "DOCKER_HOST": "unix:///run/docker.sock",
    "http_proxy": "http://proxy.example:3128",
    MARK: "/another",
}


def test_nothing_real_is_passed_on() -> None:
    cleaned = clean(OUTER)
    assert cleaned == {
        "PATH": "/bin",
        "HOME": "/root",
        "DOCKER_HOST": "unix:///run/docker.sock",
        "http_proxy": "http://proxy.example:3128",
        "PYTHONPATH": str(CHECKOUT),
    }


def test_what_a_command_gets(tmp_path: Path) -> None:
    home, planted = Home(tmp_path), Planted.make()
    together = environment(clean(OUTER), home, EMULATOR, planted, {"BUILDX_CONFIG": "/b"})
    assert together["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert together["AWS_ACCESS_KEY_ID"] == "111122223333"
    assert together["HTTPS_PROXY"] == together["https_proxy"] == "http://127.0.0.1:4601"
    assert together["NO_PROXY"] == "127.0.0.1,localhost"
    assert together["PULUMI_BACKEND_URL"] == f"file://{home.state}"
    assert together["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    assert together["BUILDX_CONFIG"] == "/b"
    assert together[MARK] == str(home.root)
    # The person's own proxy is chained by the emulated one; two at once would be one too many.
    assert together["HTTP_PROXY"] == together["http_proxy"] == "http://127.0.0.1:4601"


def test_planted_secrets_are_many_different_and_random() -> None:
    one, two = Planted.make().named(), Planted.make().named()
    assert len(one) >= 5
    assert len(set(one.values()) | set(two.values())) == 2 * len(one)
    assert all(len(value) >= 32 for value in one.values())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    home = Home(tmp_path)
    home.make()
    home.workspace.mkdir()
    for name in ("Pulumi.yaml", "Pulumi.staging.yaml"):
        (home.workspace / name).write_text((CHECKOUT / name).read_text())
    planted = Planted.make()
    return Stage(
        home=home,
        notebook=Notebook(home),
        engine=Engine("20.10", ours=True),
        emulator=EMULATOR,
        project=Project.read(home.workspace),
        planted=planted,
        environment=environment({"PATH": "/bin"}, home, EMULATOR, planted),
    )


def test_a_stage_that_was_kept_can_be_joined(stage: Stage) -> None:
    stage.keep()
    child = stage.notebook.start("emulated AWS", ["/bin/sleep", "60"], env={})
    joined = Stage.join(stage.home)
    assert joined
    assert (joined.environment, joined.planted, joined.emulator, joined.engine, joined.project) == (
        stage.environment,
        stage.planted,
        stage.emulator,
        stage.engine,
        stage.project,
    )
    stage.notebook.end_all()
    child.wait()
    assert Stage.join(stage.home) is None


def test_a_stage_with_github_and_without_containers_is_kept_too(stage: Stage) -> None:
    planted = Planted.make(github=True)
    assert set(planted.named()) - set(stage.planted.named()) == {
        "github_token",
        "pipeline_secret",
        "rotated_secret",
        "production_secret",
        "webhook_secret",
    }
    hub = GitHub("http://127.0.0.1:4602", "http://127.0.0.1:4602/api/v3", "acme/shop", planted.github_token)
    replace(stage, planted=planted, engine=None, github=hub).keep()
    child = stage.notebook.start("emulated AWS", ["/bin/sleep", "60"], env={})
    joined = Stage.join(stage.home)
    stage.notebook.end_all()
    child.wait()
    assert joined
    assert (joined.engine, joined.github, joined.planted) == (None, hub, planted)


def test_nothing_to_join(tmp_path: Path) -> None:
    assert Stage.join(Home(tmp_path)) is None


def test_stores_are_kept_and_told_to_the_application(stage: Stage) -> None:
    assert stage.store_secrets == {}
    with_stores = replace(stage, planted=Planted.make(stores=True), stores=Stores("172.17.0.2", "172.17.0.3"))
    assert with_stores.store_secrets == {"DATABASE_URL": "shop/database-url", "REDIS_URL": "shop/redis-url"}
    with_stores.keep()
    child = stage.notebook.start("emulated AWS", ["/bin/sleep", "60"], env={})
    joined = Stage.join(stage.home)
    stage.notebook.end_all()
    child.wait()
    assert joined
    assert (joined.stores, joined.planted) == (with_stores.stores, with_stores.planted)
