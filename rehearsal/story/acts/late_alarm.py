"""An alarm rings when nobody runs an update: CodeDeploy goes back, and the next preview says so."""

from __future__ import annotations

import time
from collections.abc import Callable

from rehearsal.console import duration
from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import STAGING
from rehearsal.story.play import Play

WHY = "The old tasks are still warm. An alarm rings after the update has ended, and there is nobody to see it."
#: Seconds of the wall in which what CodeDeploy and the warden do must be seen.
PATIENCE = 120.0


def play(play: Play) -> None:
    """Let an alarm ring in the warm window, see who serves and what is written down, and release again."""
    taken, note = play.serving, play.notes.releases[-1]
    play.traffic.phase("late alarm")
    alarm = _ring(play)
    began = time.monotonic()
    play.console.say(f"Alarm {alarm} rings.")
    with play.console.working("Waiting for CodeDeploy"):
        _wait(lambda: _version(play) not in ("", taken), f"{taken} still serves")
    play.serving = _version(play)
    play.prove(play.serving)
    play.console.good(f"CodeDeploy took {taken} back in {duration(time.monotonic() - began)}, and nobody ran anything")
    with play.console.working("Waiting for the record"):
        _wait(lambda: play.records()[0]["result"] == "taken back", "no record says that the release was taken back")
    record = play.records()[0]
    play.console.good(f"written down: {record['version']} {record['result']}, by {record['who']}: {record['cause']}")

    preview = play.pulumi.preview(STAGING, what="Asking what the next update would do")
    said = [line.text for line in preview.lines if "was taken back by CodeDeploy" in line.text]
    if preview.code != 0 or not said:
        raise RehearsalError(
            "the next preview should say what CodeDeploy did, and does not.", f"its log is {preview.log}."
        )
    play.console.quote(said[:1])
    _again(play, taken, note.number + 10)


def _again(play: Play, version: str, number: int) -> None:
    """Release it once more, knowingly: the update that follows is clean."""
    update, note = play.release(number, version, "once more, knowingly")
    play.expect_success(update, note)
    play.prove(version)


def _ring(play: Play) -> str:
    """Let one of the alarms of the service's deployment group ring; return its name."""
    codedeploy = play.stage.client("codedeploy")
    name = f"{play.stage.project.name}-{STAGING}-{play.stage.project.service}"
    group = next(
        found["deploymentGroupInfo"]
        for application in codedeploy.list_applications()["applications"]
        for member in codedeploy.list_deployment_groups(applicationName=application)["deploymentGroups"]
        if application.startswith(name)
        and (found := codedeploy.get_deployment_group(applicationName=application, deploymentGroupName=member))
    )
    alarm = str(group["alarmConfiguration"]["alarms"][0]["name"])
    play.stage.client("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="a rehearsal: users complain late"
    )
    return alarm


def _version(play: Play) -> str:
    """Return the version that users met in the last second; empty where there was more than one, or none."""
    now = time.time()
    seen = {one.version or "" for one in play.traffic.seen().requests if now - 2 < one.sent < now - 1}
    return seen.pop() if len(seen) == 1 else ""


def _wait(what: Callable[[], bool], problem: str) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise RehearsalError(f"{problem} after {PATIENCE:.0f} s.", "the log of the emulated AWS says what it did.")
        time.sleep(1)
