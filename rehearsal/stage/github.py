"""The emulated GitHub, in a process of its own: an organization, its people, and the repository that is delivered."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import requests

from rehearsal.command import Hand
from rehearsal.errors import RehearsalError

NAME = "emulated GitHub"
OWNER = "acme"
#: Who sets the repository up, and who approves releases.
ADMINISTRATOR, REVIEWERS = "octocat", ("ada", "ben")
TEAM = "platform"
#: Seconds in which it must be ready, and in which it must answer; a busy machine needs some.
PATIENCE, ANSWER = 60.0, 30.0
#: Who signs the web identities of its workflows.
ISSUER = "https://token.actions.githubusercontent.com"
#: Private repositories have reviewers, timers and all rules on this plan alone.
PLAN = "enterprise"


@dataclass(frozen=True)
class GitHub:
    """Where the emulated GitHub answers, and whose token opens it."""

    server: str
    api: str
    repository: str
    token: str

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the REST API as a person does; `R` at the beginning of a path is the repository.

        Raises `RehearsalError` where GitHub refuses.
        """
        answer, where = self._ask(method, path, body)
        return _content(answer, f"{method} {where}")

    def refusal(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """Ask for what must be refused; return GitHub's status and words. Raises `RehearsalError` where it is not."""
        answer, where = self._ask(method, path, body)
        if answer.ok:
            raise RehearsalError(f"GitHub should refuse {method} {where}, and does not.", "its rules must say no.")
        return f"{answer.status_code} {' '.join(str(answer.json()['message']).split())}"

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[requests.Response, str]:
        where = path.replace("R", f"/repos/{self.repository}", 1) if path.startswith("R") else path
        asked = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.api}{where}", json=body, headers=asked, timeout=ANSWER), where

    def by(self, token: str) -> GitHub:
        """Return the same GitHub as somebody with another token has it."""
        return replace(self, token=token)

    def told(self, what: str, **wish: Any) -> Any:
        """Ask for what only a rehearsal may: `rehearsal/github/control.py` lists it."""
        answer = requests.post(f"{self.server}/_rehearsal/{what}", json=wish, timeout=ANSWER)
        return _content(answer, what)

    def seen(self, what: str, **query: str) -> Any:
        """Read what only a rehearsal may."""
        answer = requests.get(f"{self.server}/_rehearsal/{what}", params=query, timeout=ANSWER)
        return _content(answer, what)


def start(hand: Hand, *, port: int, token: str, name: str) -> GitHub:
    """Start it, wait until it says that it is ready, and put people and an empty repository into it."""
    home = hand.home.root / "github"
    home.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "rehearsal.github", "--port", str(port), "--home", str(home)]
    words += ["--owner", OWNER, "--plan", PLAN, "--user", ADMINISTRATOR, "--token", token]
    ready, log = home / "ready.json", hand.home.logs / "emulated-github.log"
    ready.unlink(missing_ok=True)
    with log.open("w") as record:
        child = hand.notebook.start(
            NAME, words, env=hand.environment, cwd=hand.folder, stdout=subprocess.DEVNULL, stderr=record
        )
    limit = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < limit:
        if ready.exists():
            said = json.loads(ready.read_text())
            made = GitHub(said["server"], said["api"], f"{OWNER}/{name}", token)
            _people(made, name)
            return made
        time.sleep(0.05)
    hand.notebook.end(NAME)
    told = "\n  ".join(log.read_text(errors="replace").strip().splitlines()[-5:]) or "(nothing)"
    raise RehearsalError(f"the emulated GitHub did not start; its last lines:\n  {told}", f"all it said is in {log}.")


def _people(made: GitHub, name: str) -> None:
    """Make who approves, the team of them, and the repository that they may write to."""
    for login in REVIEWERS:
        made.told("accounts", login=login)
    members = {ADMINISTRATOR: "admin", **dict.fromkeys(REVIEWERS, "member")}
    made.told("accounts", login=OWNER, kind="Organization", plan=PLAN, members=members)
    made.told("teams", organization=OWNER, slug=TEAM, members=list(REVIEWERS))
    made.told("repositories", owner=OWNER, name=name, private=True, by=ADMINISTRATOR)
    made.call("PUT", f"/orgs/{OWNER}/teams/{TEAM}/repos/{OWNER}/{name}", {"permission": "push"})


def _content(answer: requests.Response, what: str) -> Any:
    if not answer.ok:
        raise RehearsalError(
            f"the emulated GitHub refuses {what}: {answer.status_code} {answer.text[:300]}",
            "its log is beside those of the commands.",
        )
    return answer.json() if answer.content else None
