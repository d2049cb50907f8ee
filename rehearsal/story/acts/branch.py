"""An environment for a branch: made beside staging, at its load balancer, and gone again."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

from rehearsal.bench.request import Target, ask
from rehearsal.command import Finished
from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import STAGING
from rehearsal.story import rows
from rehearsal.story.play import LIMIT, PROOF, Play

WHY = (
    "A branch is shown to somebody before it is merged: in staging's network, at staging's load balancer, on ports of "
    "its own. Staging does not notice."
)
GUEST = "pr-123"
IMAGE = "docker-build:index:Image"


def play(play: Play) -> None:
    """Make it from a change that staging does not have, ask it and staging, list it, remove it."""
    before = _listeners(play)
    version = play.stage.application.touch()
    play.traffic.phase("branch")
    words = ["up", GUEST, "--for", "12h", "--yes"]
    began = time.monotonic()
    update = play.pulumi.watched(
        [sys.executable, "-m", "ops", "env", *words], f"./slipway env {' '.join(words)}", "env-up", GUEST, None
    )
    update.done.needed(f"{GUEST} could not be made")
    seconds = time.monotonic() - began
    play.notes.findings.append(f"{GUEST} was made in {seconds:.0f} s, {play.pulumi.resources(GUEST)} resources")
    _prove(play, version)
    play.prove(play.serving)

    listed = json.loads(_env(play, "list", "--json").output)
    if [one["stack"] for one in listed] != [GUEST]:
        raise RehearsalError(f"the list of short-lived environments should name {GUEST}: {listed}.", "")
    if "none is over" not in _env(play, "prune", "--yes").output:
        raise RehearsalError(f"{GUEST} has time left, and should not be pruned.", f"see {play.stage.home.logs}.")
    _env(play, "down", GUEST, "--yes")
    if (after := _listeners(play)) != before:
        raise RehearsalError(f"the load balancer should listen on {before} again, not on {after}.", "")
    play.prove(play.serving)
    _untouched(play)
    play.notes.findings.append(f"{GUEST} is gone; nothing of its host has changed")


def _prove(play: Play, version: str) -> None:
    """Show that the guest answers users with its own version."""
    urls = play.pulumi.outputs(GUEST)["urls"]
    url = urlsplit(str(urls[play.stage.project.service]))
    target = Target("127.0.0.1", play.stage.emulator.port, url.netloc)

    async def asked() -> list[str]:
        return [(await ask(target, "branch", LIMIT)).version for _ in range(PROOF)]

    if (found := asyncio.run(asked())) != [version] * PROOF:
        raise RehearsalError(f"{url.geturl()} should answer with {version}, not with {sorted(set(found))}.", "")
    play.console.good(f"{version} answers at {url.geturl()}: {PROOF} of {PROOF} requests")


def _untouched(play: Play) -> None:
    """Compare staging's state with the world. The image's folder has changed: that is the branch's own commit."""
    words = ["pulumi", "refresh", "--preview-only"]
    play.console.command(f"{' '.join(words)} -s {STAGING}")
    with play.console.working("Comparing staging's state with the world"):
        done = play.hand.run([*words, "--stack", STAGING], name="refresh-staging")
    done.needed("staging could not be compared")
    changing = [
        f"{row.status} {row.name}"
        for row in rows.last_of_each(done.lines)
        if row.status.split()[0] in ("update", "replace", "create", "delete") and row.kind != IMAGE
    ]
    if changing:
        raise RehearsalError(f"staging should be as it was, but: {'; '.join(changing)}.", f"its log is {done.log}.")


def _env(play: Play, *words: str) -> Finished:
    """Type one of the verbs about short-lived environments."""
    shown = f"./slipway env {' '.join(words)}"
    play.console.command(shown)
    with play.console.working(shown):
        done = play.hand.run([sys.executable, "-m", "ops", "env", *words], name=f"env-{words[0]}", shown=shown)
    return done.needed(f"`{shown}` should have worked")


def _listeners(play: Play) -> list[int]:
    """Return the ports of every load balancer there is."""
    client = play.stage.client("elbv2")
    found = [
        listener["Port"]
        for balancer in client.describe_load_balancers()["LoadBalancers"]
        for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    ]
    return sorted(found)
