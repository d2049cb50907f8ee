"""Postgres and Redis stand beside the tasks' containers, and nothing of them stays."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound

from rehearsal.aws.containers import label_of
from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook
from rehearsal.stage import rootfs, stores
from rehearsal.stage.emulator import remove_containers
from rehearsal.stage.registry import Image
from rehearsal.stage.secrets import Planted
from rehearsal.stage.stores import POSTGRES, REDIS, Stores

IMAGE = Image(Path("/layer.tar.gz"), "sha256:" + "1" * 64, "sha256:" + "2" * 64, "amd64")


def test_urls_hold_the_passwords_which_are_planted() -> None:
    planted = Planted.make(stores=True)
    urls = Stores("172.17.0.2", "172.17.0.3").urls(planted)
    assert urls == {
        "DATABASE_URL": f"postgresql://shop:{planted.database_password}@172.17.0.2:5432/shop",
        "REDIS_URL": f"redis://:{planted.redis_password}@172.17.0.3:6379/0",
    }
    assert {"database_password", "redis_password"} < set(planted.named())
    assert not {"database_password", "redis_password"} & set(Planted.make().named())


def test_a_secret_is_called_after_its_variable() -> None:
    assert stores.secret_name("shop", "DATABASE_URL") == "shop/database-url"


def test_each_home_has_names_of_its_own(tmp_path: Path) -> None:
    one, two = Home(tmp_path / "4600"), Home(tmp_path / "4700")
    assert stores.reference(one) != stores.reference(two)
    assert stores.container_name(one, POSTGRES) != stores.container_name(two, POSTGRES)
    assert stores.container_name(one, REDIS).endswith("-redis")


class Engine:
    """A Docker engine that holds images, and takes in new ones."""

    def __init__(self, **layers: str) -> None:
        self.layers = layers
        self.imported: list[dict[str, Any]] = []
        self.images = self.api = self

    def get(self, name: str) -> Any:
        if name not in self.layers:
            raise ImageNotFound(name)
        return SimpleNamespace(labels={stores.LAYER: self.layers[name]})

    def import_image_from_file(self, filename: str, **named: Any) -> None:
        self.imported.append({"filename": filename, **named})


@pytest.mark.parametrize(("layer", "times"), [("", 1), ("sha256:other", 1), (IMAGE.layer_digest, 0)])
def test_an_image_is_loaded_unless_it_is_there(tmp_path: Path, layer: str, times: int) -> None:
    home = Home(tmp_path)
    engine: Any = Engine(**({stores.reference(home): layer} if layer else {}))
    assert stores._load(engine, home, IMAGE) == stores.reference(home)
    assert len(engine.imported) == times
    for imported in engine.imported:
        assert f"{imported['repository']}:{imported['tag']}" == stores.reference(home)
        assert f"LABEL {stores.LAYER}={IMAGE.layer_digest}" in imported["changes"]


class Container:
    """A container that answers after some time, or ends."""

    def __init__(self, *states: tuple[str, int]) -> None:
        self.states = list(states)
        self.attrs = {"NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.9"}}}}

    def reload(self) -> None:
        self.status, self.code = self.states.pop(0)

    def exec_run(self, words: list[str]) -> Any:
        assert words[:2] == ["/bin/sh", "-c"]
        return SimpleNamespace(exit_code=self.code)

    def logs(self, tail: int) -> bytes:
        return b"initdb: error: could not write\nno space left on device\n"


def test_a_store_is_waited_for() -> None:
    slept: list[float] = []
    container = Container(("created", 1), ("running", 2), ("running", 0))
    assert stores._address(POSTGRES, container, slept.append) == "172.17.0.9"
    assert len(slept) == 2


def test_a_store_that_ends_tells_why() -> None:
    with pytest.raises(RehearsalError) as raised:
        stores._address(POSTGRES, Container(("running", 1), ("exited", 1)), lambda _seconds: None)
    assert raised.value.what == (
        "postgres did not start; its last lines:\n  initdb: error: could not write\n  no space left on device"
    )


def test_the_base_image_and_that_of_stores_are_two() -> None:
    assert stores.RECIPE.mark("bookworm", "amd64") != stores.RECIPE.mark("trixie", "amd64")
    words = [str(word) for word in rootfs._mmdebstrap(stores.RECIPE, "bookworm", Path("/t.tar"))]
    assert "--include=postgresql,redis-server" in words
    assert any(word.endswith(" $1/var/lib/postgresql/*") for word in words)


@pytest.mark.emulator
@pytest.mark.timeout(900)
def test_real_ones_answer_a_task_beside_them_and_are_removed(tmp_path: Path) -> None:
    home, planted = Home(tmp_path), Planted.make(stores=True)
    home.make()
    hand = Hand(home, Notebook(home), dict(os.environ), tmp_path)
    client = docker.from_env()
    try:
        found = stores.start(hand, Console(sys.stderr), planted, install_missing=True)
        urls = found.urls(planted)
        # As a task would: from a container of its own, on the network where the emulated AWS starts them.
        asked = f"psql -At -c 'select current_database()' {urls['DATABASE_URL']}"
        asked += f" && redis-cli --no-auth-warning -h {found.redis} -a {planted.redis_password} ping"
        key, _, value = label_of(home.aws).partition("=")
        words = ["/bin/sh", "-c", asked]
        said = client.containers.run(stores.reference(home), words, labels={key: value}, user="redis")
        assert said.decode().split() == ["shop", "PONG"]
        # A wrong password is refused: what is in Secrets Manager is needed.
        wrong = found.urls(Planted.make(stores=True))["DATABASE_URL"]
        code, told = client.containers.get(stores.container_name(home, POSTGRES)).exec_run(["psql", "-c", "", wrong])
        assert (code, b"password authentication failed" in told) == (2, True)
    finally:
        removed = remove_containers(home)
        stores.remove_image(home)
    assert removed == 3
    assert client.images.list(name=stores.reference(home)) == []
