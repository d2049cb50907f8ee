"""Leaving: an environment is handed over, AWS's own command line brings another image, and a release comes back."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rehearsal.command import Finished, Hand
from rehearsal.errors import RehearsalError
from rehearsal.stage import aws_cli
from rehearsal.stage.application import FIRST_VERSION
from rehearsal.stage.workspace import STAGING
from rehearsal.story.play import Play

WHY = (
    "Whoever does not want Slipway any more keeps everything that runs. AWS's own command line then brings images, "
    "with the same CodeDeploy; and whoever comes back finds the environment as it is."
)
#: Seconds of the wall in which a deployment whose wait is ended must be over.
PATIENCE = 60.0


def play(play: Play) -> None:
    """Hand over, deploy the first release's image with `aws ecs deploy`, then come back with a release."""
    play.forward()
    served = play.serving
    image = next(record for record in play.records() if record["version"] == FIRST_VERSION)
    image = image["services"][play.stage.project.service]["image"]
    hand = aws_cli.ensure(play.hand, play.console)
    play.traffic.phase("leaving")
    _leave(play, "--dry-run")
    _leave(play, "--yes")
    told: dict[str, Any] = json.loads(_leave(play, "--yes", "--json").output)
    if any(step["did"] for step in told["steps"]):
        raise RehearsalError("leaving twice should find nothing left to do.", f"see {play.stage.home.logs}.")
    play.prove(served)

    _end_warm_window(play, hand, told["notes"])
    (command,) = told["deploy"][play.stage.project.service]
    play.console.say(f"The image of {FIRST_VERSION} is written into the task definition's file, as a person does.")
    _write_image(play.stage.home.workspace / told["files"][0], image)
    play.console.command(command)
    with play.console.working("aws ecs deploy") as work:
        done = hand.run(
            ["sh", "-c", command], name="aws-ecs-deploy", shown=command, on_line=lambda line: work.update(line.text)
        )
    done.needed("`aws ecs deploy` should have brought the image")
    play.prove(FIRST_VERSION)
    play.notes.findings.append(f"handed over, `aws ecs deploy` brought {FIRST_VERSION} in {done.seconds:.0f} s")

    back = ["pulumi", "refresh", "--yes", "--skip-preview"]
    play.console.command(f"{' '.join(back)} -s {STAGING}")
    with play.console.working("Coming back: seeing what is there by now"):
        play.hand.run([*back, "--stack", STAGING], name="refresh-staging").needed("staging could not be refreshed")
    version = play.stage.application.touch()
    update, note = play.release(51, version, "back with Slipway")
    play.expect_success(update, note)
    play.prove(version)
    _told_what_served(play, update.done.last(200), image)
    play.notes.findings.append(f"back with Slipway: {version} was released over what AWS's own tools had deployed")


def _told_what_served(play: Play, lines: Sequence[str], image: str) -> None:
    """See that the release knew what it met: what AWS's command line had brought, not what the books said."""
    record = play.records()[0]
    service = play.stage.project.service
    if (record["from"][service]["image"], record["from_version"]) != (image, FIRST_VERSION):
        raise RehearsalError(
            f"the record should say that the image of {FIRST_VERSION} served before, not {record['from_version']}.",
            f"see {play.stage.home.logs}.",
        )
    # Another image in the definition that served is, word for word, what the first release ran: it is gone back to so.
    told = [line for line in lines if f"{FIRST_VERSION} stays warm" in line]
    if not told or f"./slipway rollback -s {STAGING} --to {record['from_release']} " not in told[0]:
        raise RehearsalError("the update should say what stays warm, and how to go back to it.", "\n".join(lines[-20:]))
    play.console.quote(told)


def _end_warm_window(play: Play, hand: Hand, notes: Sequence[str]) -> None:
    """Type what `leave` says ends the deployment that keeps old tasks warm; wait until it has ended."""
    for note in notes:
        command = re.search(r"`(aws deploy continue-deployment .+)`", note)
        if command is None:
            continue
        play.console.command(command[1])
        words = ["sh", "-c", f"AWS_ENDPOINT_URL={play.stage.emulator.endpoint} {command[1]}"]
        hand.run(words, name="aws-deploy", shown=command[1]).needed("the warm window should have ended")
        deployment = command[1].split("--deployment-id ")[1].split()[0]
        codedeploy, limit = play.stage.client("codedeploy"), time.monotonic() + PATIENCE
        while codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["status"] != "Succeeded":
            if time.monotonic() > limit:
                raise RehearsalError(f"{deployment} should have ended within {PATIENCE:g} s.", "")
            time.sleep(0.5)


def _leave(play: Play, *words: str) -> Finished:
    """Type `./slipway leave`."""
    shown = f"./slipway leave -s {STAGING} {' '.join(words)}"
    play.console.command(shown)
    with play.console.working("Handing over"):
        typed = [sys.executable, "-m", "ops", "leave", "--stack", STAGING, *words]
        done = play.hand.run(typed, name="leave", shown=shown, apart="--json" in words)
    done.needed("staging could not be handed over")
    if words == ("--dry-run",):
        play.console.quote(done.last(40)[:12])
    return done


def _write_image(file: Path, image: str) -> None:
    """Name another image in a task definition."""
    definition = json.loads(file.read_text())
    definition["containerDefinitions"][0]["image"] = image
    file.write_text(json.dumps(definition, indent=2) + "\n")
