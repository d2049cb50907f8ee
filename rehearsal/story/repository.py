"""The repository on GitHub as acts have it: declared by the shared stack, cloned, pushed to, searched for secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rehearsal.command import Finished, Hand
from rehearsal.errors import RehearsalError
from rehearsal.processes import strays
from rehearsal.report import leaks
from rehearsal.stage.github import OWNER, REVIEWERS, TEAM, GitHub
from rehearsal.stage.workspace import SHARED
from rehearsal.story.play import Play

SECRET, WEBHOOK = "SLACK_TOKEN", "chat"
#: Where workflow files and owners are proposed.
BRANCH = "slipway"
#: How resources of the repository begin.
NAMES = f"{SHARED}-repository"


def hub_of(play: Play, act: str) -> GitHub:
    """Return the emulated GitHub; raise RehearsalError where the stage has none."""
    if play.stage.github is None:
        raise RehearsalError("this act needs the emulated GitHub.", f"play it alone: `./slipway scene {act}`.")
    return play.stage.github


def describe(play: Play, hub: GitHub, **others: str) -> None:
    """Set what an owner of the repository sets, and put the secrets where they are taken from.

    `others` are more fields of the setting `github`, or others than the usual ones.
    """
    planted, project = play.stage.planted, play.stage.project.name
    values = {
        f"{project}/staging/slack": planted.pipeline_secret,
        f"{project}/production/slack": planted.production_secret,
        f"{project}/webhook": planted.webhook_secret,
    }
    manager = play.stage.client("secretsmanager")
    for name, value in values.items():
        manager.create_secret(Name=name, SecretString=value)
    # A clone of the repository, as far as the program is concerned.
    play.hand.run(["git", "init", "--quiet"], name="git-init").needed("the project could not become a repository")
    play.pulumi.begin(SHARED)
    play.pulumi.set(SHARED, play.key("protect"), "false")
    wanted = {
        "repository": hub.repository,
        "endpoint": f"{hub.server}/",
        "reviewers[0]": f"{OWNER}/{TEAM}",
        "reviewers[1]": REVIEWERS[0],
        "wait_minutes": "5",
        "workflow_files": "true",
        f"secrets.{SECRET}": f"{project}/{{environment}}/slack",
        f"webhooks.{WEBHOOK}.url": "https://hooks.acme.test/github",
        f"webhooks.{WEBHOOK}.secret": f"{project}/webhook",
        "actions[0]": "aws-actions/*",
        "labels.urgent": "ff0000 Now",
        "state": f"{OWNER}-state",
        **others,
    }
    for field, value in wanted.items():
        play.pulumi.set(SHARED, play.key(f"github.{field}"), value, path=True)


def git(play: Play, hub: GitHub, *words: str, folder: Path | None = None, name: str = "git") -> Finished:
    """Run git as the person whose token `hub` has, in a folder of theirs."""
    # As a variable: git writes an address with a token in it into the clone.
    token = base64.b64encode(f"x:{hub.token}".encode()).decode()
    settings = {
        "http.extraHeader": f"Authorization: Basic {token}",
        "user.name": "Slipway's rehearsal",
        "user.email": "rehearsal@example.com",
        "init.defaultBranch": "main",
    }
    given = {"GIT_CONFIG_COUNT": str(len(settings))}
    for place, (key, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{place}": key, f"GIT_CONFIG_VALUE_{place}": value}
    typing = Hand(play.hand.home, play.hand.notebook, {**play.hand.environment, **given}, folder or play.hand.folder)
    return typing.run(["git", *words], name=name)


def address(hub: GitHub, owner: str = "") -> str:
    """Return where git finds the repository, or somebody's fork of it."""
    _, _, name = hub.repository.partition("/")
    return f"{hub.server}/{f'{owner}/{name}' if owner else hub.repository}.git"


def clone(play: Play, hub: GitHub, place: Path, branch: str = BRANCH) -> None:
    """Clone one branch."""
    done = git(play, hub, "clone", "--quiet", "--branch", branch, address(hub), str(place), name="clone")
    done.needed(f"the branch {branch} could not be cloned")


def no_secret(play: Play, places: Sequence[Path], what: str, others: Mapping[str, str] | None = None) -> None:
    """Search for every planted value, and `others` by name, wherever something was written down, and in `places`."""
    home = play.stage.home
    written = [home.state, home.logs, *home.workspace.glob("Pulumi*.yaml"), *_provider_logs(play), *places]
    with play.console.working("Searching for secrets"):
        search = leaks.search({**play.stage.planted.named(), **(others or {})}, written, home.root)
    if search.leaks or not search.control_found:
        where = ", ".join(f"{leak.name} in {leak.path}" for leak in search.leaks) or "the search sees nothing"
        raise RehearsalError(f"secrets stand in plain text: {where}.", "whatever wrote that must not.")
    found(
        play,
        f"{search.planted} planted secrets are nowhere in plain text: {what} ({search.files} files; the one leaked on "
        "purpose was found)",
    )


def found(play: Play, text: str) -> None:
    """Tell something that was proved, and keep it for the report."""
    play.console.good(text)
    play.notes.findings.append(text)


def _provider_logs(play: Play) -> Iterable[Path]:
    """Return the logs of the providers that this rehearsal has running."""
    for process in strays(play.stage.home):
        try:
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "keeper" in words:
            yield Path(words[words.index("keeper") + 1]) / "log"
