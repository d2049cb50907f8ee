"""The one environment that all cells use: brought up by the story's first act, or found standing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rehearsal.bench.traffic import Traffic
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.faults.control import Control
from rehearsal.faults.settings import Settings
from rehearsal.faults.sight import Sight
from rehearsal.faults.update import Update
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.stage.bring_up import Wish, bring_up, take_down
from rehearsal.stage.stage import Stage
from rehearsal.stage.workspace import STAGING
from rehearsal.story.acts import first
from rehearsal.story.play import Play

#: Two tasks, so that one may die; and autoscaling, so that a release has something to hold and to resume.
SCALE = "2-3"
#: As short as the alarms allow: at 30 times the speed, four seconds each.
ROLLOUT = "canary 10% 2m, bake 2m"
#: Requests of a canary's minute at that speed are few.
MIN_REQUESTS = 3
#: Seconds that users wait: what is counted is whether they are answered, and the machine has an engine to run beside.
LIMIT = 10.0


@dataclass(frozen=True)
class Environment:
    """What cells are played on."""

    stage: Stage
    sight: Sight
    control: Control
    settings: Settings
    play: Play

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.play.traffic.rate


@contextmanager
def standing(home: Home, console: Console, wish: Wish, rate: float, *, keep: bool) -> Iterator[Environment]:
    """Hold an environment up: the one that stands from an earlier run, else a new one; ended after, unless kept."""
    joined = Stage.join(home)
    try:
        if joined:
            console.good("joined the environment that stands; `./slipway stop` would end it")
            environment = _of(_play(joined, "", console, rate))
        else:
            stage, base = bring_up(home, console, wish, KillPoints())
            environment = _begin(_play(stage, base, console, rate))
        yield environment
    except BaseException:
        if not keep:
            take_down(home, console)
        raise
    if not keep:
        take_down(home, console)


def _play(stage: Stage, base: str, console: Console, rate: float) -> Play:
    return Play(
        stage=stage,
        console=console,
        kill=KillPoints(),
        traffic=Traffic(stage.home, stage.notebook, rate, LIMIT),
        base_image=base,
    )


def _begin(play: Play) -> Environment:
    """Deliver the first release as the story does, then set what the matrix wants, and release once more."""
    service = play.stage.project.service
    settings = _settings(play)
    settings.set(scale={service: SCALE}, rollout=ROLLOUT, alarms={"min_requests": MIN_REQUESTS})
    first.play(play)
    play.traffic.stop()
    # The first act judges how many requests a minute holds; the matrix knows its own.
    settings.set(scale={service: SCALE}, rollout=ROLLOUT, alarms={"min_requests": MIN_REQUESTS})
    settings.release("faults")
    with play.console.working("Releasing what the first cell begins with"):
        ended = Update(play.hand, f"up-{STAGING}", "what the first cell begins with").start().wait(300)
    if ended.code != 0:
        raise RehearsalError(
            f"the environment could not be made ready for the matrix: {' '.join(ended.told)}",
            f"the logs are in {play.stage.home.logs}.",
        )
    return _of(play)


def _of(play: Play) -> Environment:
    stage = play.stage
    bucket = str(play.pulumi.outputs(STAGING)["records"])
    return Environment(stage, Sight(stage, bucket), Control(stage.emulator.endpoint), _settings(play), play)


def _settings(play: Play) -> Settings:
    return Settings(play.stage.home.workspace / f"Pulumi.{STAGING}.yaml", play.stage.project.name)
