"""Brings the stage up, step by step, and takes it down again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.processes import Notebook
from rehearsal.stage import (
    base_image,
    builder,
    docker_engine,
    emulator,
    github,
    leftovers,
    packages,
    preconditions,
    registry,
    stores,
    toolchain,
    wheels,
    workspace,
)
from rehearsal.stage.application import FIRST_VERSION, Application
from rehearsal.stage.secrets import Planted
from rehearsal.stage.stage import Stage, clean, environment


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the person asked for.

    port: of the emulated AWS; the next one is its proxy. speed: emulated seconds per second. install_missing: packages
    of the distribution may be installed. app: the application to deliver instead of the example, `app_port` and
    `app_health` where it listens and answers for its health. stores: whether there are a Postgres and a Redis, whose
    URLs are in Secrets Manager; off, since most acts need none and making their image takes two minutes once.
    github: whether there is an emulated GitHub, on the port after the proxy's, in the place of everything that runs
    containers or builds their images. tasks: whether all of that stands beside it nevertheless. bare: nothing runs in
    containers, and there is no GitHub. iam: whether the emulated AWS enforces signatures and policies.
    """

    port: int = 4600
    speed: float = 30.0
    install_missing: bool = False
    app: Path | None = None
    app_port: int = 8000
    app_health: str = "/health"
    stores: bool = False
    github: bool = False
    tasks: bool = False
    iam: bool = False
    bare: bool = False

    @property
    def containers(self) -> bool:
        """Whether tasks run, of images that are built."""
        return not ((self.github and not self.tasks) or self.bare)


def clean_house(home: Home, console: Console) -> Hand:
    """End and remove what an earlier rehearsal has left; return a hand that works in the checkout."""
    preconditions.check_python()
    preconditions.check_root()
    hand = Hand(home, Notebook(home), clean(os.environ), workspace.CHECKOUT)
    if cleaned := leftovers.end_all(hand):
        console.good(f"ended what an earlier rehearsal had left: {', '.join(cleaned)}")
    home.clear()
    home.make()
    preconditions.check_disk(home.root)
    return hand


def engines(
    hand: Hand, console: Console, wish: Wish, kill: KillPoints, *, whole: bool = False
) -> tuple[Hand, docker_engine.Engine | None]:
    """Bring up what needs no emulated AWS: Docker, the toolchain; return a hand whose environment can use them.

    whole: every part of the toolchain, whatever the wish needs.
    """
    if wish.install_missing and not shutil.which("git"):
        packages.install(["git"], hand, console)
    preconditions.check_git()
    engine = docker_engine.ensure(hand, console, install_missing=wish.install_missing) if wish.containers else None
    kill.reach("engine")
    variables = toolchain.ensure(hand, console, kill, github=wish.github or whole)
    return Hand(hand.home, hand.notebook, {**hand.environment, **variables}, workspace.CHECKOUT), engine


def bring_up(home: Home, console: Console, wish: Wish, kill: KillPoints) -> tuple[Stage, str]:
    """Bring everything up; return the stage and the base image to set, empty where the usual one can be pulled."""
    project = workspace.Project.read()
    source = wish.app or workspace.CHECKOUT / project.context
    hand = clean_house(home, console)
    preconditions.check_ports(range(wish.port, wish.port + (3 if wish.github else 2)))
    hand, engine = engines(hand, console, wish, kill)

    with console.working("Starting the emulated AWS") as work:
        aws = emulator.start(
            hand,
            kill,
            port=wish.port,
            region=project.region,
            account=project.account,
            speed=wish.speed,
            containers=engine is not None,
            iam=wish.iam,
        )
        work.done(f"emulated AWS: account {aws.account}, {aws.region}, {aws.endpoint}, clock × {aws.speed:g}")
    planted = Planted.make(stores=wish.stores, github=wish.github)
    hub = _github(hand, console, wish, project, planted) if wish.github else None
    others = {"GITHUB_TOKEN": hub.token} if hub else {}
    if hub is None or wish.tasks:
        others = {**others, **_builder(hand, console, aws)}
    if hub and wish.iam:
        aws.knows(github.ISSUER, hub.server)
    kill.reach("builder")

    together = environment(hand.environment, home, aws, planted, others)
    stage = Stage(home, hand.notebook, engine, aws, project, planted, together, github=hub).with_registry_token()
    base = _base(stage, hand, console, wish) if wish.containers else ""
    kill.reach("base-image")
    if wish.stores:
        found = stores.start(hand, console, planted, install_missing=wish.install_missing)
        stage = replace(stage, stores=found)
    fetched = wheels.ensure(source, hand, console) if wish.app is None and wish.containers else None
    with console.working("Laying out the project") as work:
        workspace.lay_out(home.workspace)
        Application(home.workspace / project.context).begin(source, FIRST_VERSION, fetched)
        _put_secrets(stage)
        work.done(f"project `{project.name}`, application {source.name}: a git repository with tag v{FIRST_VERSION}")
    kill.reach("workspace")
    stage.keep()
    return stage, base


def _builder(hand: Hand, console: Console, aws: emulator.Emulator) -> dict[str, str]:
    """Start the image builder; return the variables under which it is used."""
    with console.working("Starting the image builder") as work:
        building = builder.start(hand, aws)
        work.done("image builder (BuildKit)")
    return building


def _github(hand: Hand, console: Console, wish: Wish, project: workspace.Project, planted: Planted) -> github.GitHub:
    """Start the emulated GitHub, with a repository of the project's name."""
    with console.working("Starting the emulated GitHub") as work:
        hub = github.start(hand, port=wish.port + 2, token=planted.github_token, name=project.name)
        work.done(f"emulated GitHub: {hub.repository}, {hub.server}")
    return hub


def _put_secrets(stage: Stage) -> None:
    """Put what the application must not have in plain text where it takes it from."""
    manager = stage.client("secretsmanager")
    manager.create_secret(Name=f"{stage.project.name}/signing-key", SecretString=stage.planted.signing_key)
    urls = stage.stores.urls(stage.planted) if stage.stores else {}
    for variable, name in stage.store_secrets.items():
        manager.create_secret(Name=name, SecretString=urls[variable])


def _base(stage: Stage, hand: Hand, console: Console, wish: Wish) -> str:
    """Return the base image to set; empty where Docker Hub answers."""
    if base_image.hub_answers():
        console.good("base image: the Dockerfile's own, from Docker Hub")
        return ""
    image = base_image.make(hand, console, install_missing=wish.install_missing)
    with console.working("Pushing the base image to the emulated registry") as work:
        stage.client("ecr").create_repository(repositoryName=base_image.REPOSITORY)
        named = registry.push(image, stage.emulator.port, base_image.REPOSITORY)
        work.done(f"base image: {named.partition('@')[0]} (Docker Hub cannot be reached from here)")
    return named


def take_down(home: Home, console: Console) -> None:
    """End everything that the rehearsal has running."""
    hand = Hand(home, Notebook(home), clean(os.environ), workspace.CHECKOUT)
    with console.working("Taking the stage down") as work:
        ended = leftovers.end_all(hand)
        work.done(f"ended: {', '.join(dict.fromkeys(ended))}" if ended else "nothing was left running")


@contextmanager
def standing(home: Home, console: Console, wish: Wish, kill: KillPoints, *, keep: bool) -> Iterator[tuple[Stage, str]]:
    """Hold the stage up for as long as the block runs; afterwards too, where `keep` says so."""
    try:
        yield bring_up(home, console, wish, kill)
    except BaseException:
        take_down(home, console)
        raise
    if not keep:
        take_down(home, console)
