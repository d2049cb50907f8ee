"""Plays acts in order, on a stage that is brought up before and taken down after; closes with table and report."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.bench.traffic import Traffic
from rehearsal.console import Console, duration
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.report import build, write
from rehearsal.stage.bring_up import Wish, standing
from rehearsal.stage.stage import Stage
from rehearsal.story.acts import Act
from rehearsal.story.notes import SceneNote
from rehearsal.story.play import Play


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What is played, and how.

    rate: requests per second. keep: leave the stage standing, with the last act unplayed. folder: gets the report.
    """

    acts: Sequence[Act]
    wish: Wish
    rate: float
    keep: bool
    folder: Path


def perform(home: Home, console: Console, show: Performance, kill: KillPoints) -> dict[str, Any]:
    """Play everything; return the report. Raises RehearsalError where the story does not go as it should."""
    started = time.monotonic()
    console.act("The stage", "What it stands on, all of it on this machine.")
    with home.lock(), standing(home, console, show.wish, kill, keep=show.keep) as (stage, base):
        staged = SceneNote("stage", "The stage", time.monotonic() - started)
        play = _play(stage, base, console, show, kill)
        play.notes.scenes.append(staged)
        try:
            _acts(play, show)
        except RehearsalError as error:
            play.notes.problem = f"{error.what} {error.fix}"
            with contextlib.suppress(RehearsalError):
                write.gather(play)
            raise
        finally:
            play.traffic.stop()
            name = show.wish.app.name if show.wish.app else stage.project.context
            report = write.write(play, show.folder, application=name, seconds=time.monotonic() - started)
    _close(console, report, show)
    if show.keep:
        console.say("Everything stands. `./slipway shell` goes in, `./slipway stop` ends it.")
    return report


def _play(stage: Stage, base: str, console: Console, show: Performance, kill: KillPoints) -> Play:
    return Play(
        stage=stage,
        console=console,
        kill=kill,
        traffic=Traffic(stage.home, stage.notebook, show.rate),
        base_image=base,
        own_app=show.wish.app is not None,
        app_port=show.wish.app_port,
        app_health=show.wish.app_health,
    )


def _acts(play: Play, show: Performance) -> None:
    gathered = False
    for act in show.acts:
        if act.name == "tear-down":
            if show.keep:
                continue
            write.gather(play)
            gathered = True
        play.console.act(act.title, act.why)
        started = time.monotonic()
        act.play(play)
        play.notes.scenes.append(SceneNote(act.name, act.title, time.monotonic() - started))
    if not gathered:
        write.gather(play)


def _close(console: Console, report: dict[str, Any], show: Performance) -> None:
    """Show the table and the numbers; raise RehearsalError where one is not what it must be."""
    console.act("What was seen")
    if report["releases"]:
        console.table(*build.table(report))
        console.say(f"Seconds with * are of the emulated clock, which runs {report['clock_speed']:g} times as fast.")
    if report["ways"]:
        console.table(*build.ways(report))
    for finding in report["findings"]:
        console.good(finding)
    secrets = report["plaintext_secrets"]
    told = f"{report['requests']:,} requests, {report['failed_requests']} failed"
    if report["failed_by_release_5"]:
        told += f" (and {report['failed_by_release_5']} that release 5 itself answered)"
    if report["requests"]:
        (console.good if not report["failed_requests"] else console.bad)(told)
    if late := report["machine"]["answered_late"]:
        console.say(
            f"This machine's host did not run it for {report['machine']['withheld_seconds']:g} s of that time; {late} "
            "answers that waited for it came after more than 2 s."
        )
    searched = (
        f"{secrets['found']} of {secrets['planted']} planted secrets in plain text, in {secrets['files_searched']} "
        f"files (the one leaked on purpose: {'found' if secrets['leak_control']['found'] else 'NOT found'})"
    )
    (console.good if not secrets["found"] else console.bad)(searched)
    console.good(f"{write.JSON} and {write.HTML} in {show.folder} · {duration(report['seconds'])} in all")
    problems = verdict(report)
    if problems:
        raise RehearsalError(
            "the story was played to its end, but " + "; ".join(problems) + ".",
            f"{write.JSON} holds the numbers; `--keep` leaves everything standing to look at.",
        )


#: What the ways back may take, in seconds of the wall.
ALLOWED = {"rollback_cold_seconds": 45.0, "rollback_warm_seconds": 5.0, "rollback_now_seconds": 5.0}


def verdict(report: dict[str, Any]) -> list[str]:
    """Return what in a report is not as it must be; nothing where all is well."""
    secrets, found = report["plaintext_secrets"], list[str]()
    if report["failed_requests"]:
        found.append(f"{report['failed_requests']} requests failed {json.dumps(report['failures'])}")
    if report["lost"]:
        found.append(f"{report['lost']} requests were sent and never counted")
    for entry in report["releases"]:
        if entry["result"] == "refused" and entry["requests_served_by_it"]:
            found.append(f"{entry['version']} was refused, yet answered {entry['requests_served_by_it']} requests")
    for name, allowed in ALLOWED.items():
        if (took := report.get(name)) is not None and took > allowed:
            found.append(f"{name} is {took:g}, more than {allowed:g}")
    if secrets["found"]:
        found.append(f"secrets stand in plain text: {', '.join(secrets['where'])}")
    if not secrets["leak_control"]["found"]:
        found.append("the search for secrets missed the one that was leaked on purpose")
    return found
