"""A running emulated GitHub inside the test's process, and what tests do with it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import requests
from github import Auth, Github
from github.Repository import Repository
from hypercorn.asyncio import serve
from hypercorn.config import Config

from rehearsal.aws.clock import ManualClock
from rehearsal.github.server import App, new_world
from tests.rehearsal.aws.emulator import free_port, wait_for

_NAMES = itertools.count(1)
START = 1_790_000_000.0
"""September 2026: repositories are new enough for immutable subjects."""


class Running:
    """The server, in a thread of its own."""

    def __init__(self, home: Path) -> None:
        self.clock = ManualClock(START)
        self.port = free_port()
        self.world = new_world(self.clock, self.port, home)
        self.app = App(self.world)
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.app.courier.start()
        self._thread.start()
        wait_for(self._answers, seconds=10, every=0.01)

    def _run(self) -> None:
        config = Config()
        config.bind = [f"127.0.0.1:{self.port}"]
        config.loglevel = "WARNING"
        config.graceful_timeout = 1
        self._loop.run_until_complete(serve(self.app, config, shutdown_trigger=self._ending.wait))  # type: ignore[arg-type]
        self._loop.close()

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.world.api}/meta", timeout=30).ok
        except requests.ConnectionError:
            return False

    def calm(self) -> None:
        """No trouble, and a full hour."""
        self.app.limits.troubles.clear()
        self.app.limits._windows.clear()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(10)
        self.app.courier.end()


class GitHub:
    """What one test works with: the organization `org`, people `ada` (admin), `ben` and `cy` (writers), `repo`."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running, self.world, self.folder = running, running.world, folder
        number = next(_NAMES)
        self.org, self.ada, self.ben, self.cy = f"org{number}", f"ada{number}", f"ben{number}", f"cy{number}"
        self.control("accounts", login=self.org, kind="Organization", plan="enterprise", members={self.ada: "admin"})
        for login in (self.ada, self.ben, self.cy):
            self.token(login, f"ghp_{login}")
        self.control("repositories", owner=self.org, name="shop", by=self.ada)
        self.stored = self.world.repository(self.org, "shop")
        for login in (self.ben, self.cy):
            self.stored.collaborators[login] = "write"

    def control(self, what: str, **wish: Any) -> Any:
        """Ask the control paths; fails where they refuse."""
        answer = requests.post(f"{self.world.base}/_rehearsal/{what}", json=wish, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def asked(self, what: str, **query: str) -> Any:
        """Read a control path."""
        answer = requests.get(f"{self.world.base}/_rehearsal/{what}", params=query, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def token(self, login: str, text: str, **more: Any) -> str:
        """A token; a classic one with every scope unless told."""
        more.setdefault("scopes", ["repo", "workflow", "delete_repo", "admin:repo_hook"])
        self.control("tokens", token=text, login=login, **more)
        return text

    def client(self, login: str | None = None, token: str | None = None) -> Github:
        """PyGithub, as somebody (ada)."""
        auth = Auth.Token(token or f"ghp_{login or self.ada}")
        return Github(
            auth=auth, base_url=self.world.api, seconds_between_requests=0, seconds_between_writes=0, retry=None
        )

    def repository(self, login: str | None = None, token: str | None = None) -> Repository:
        """The repository through PyGithub."""
        return self.client(login, token).get_repo(f"{self.org}/shop")

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> requests.Response:
        """One request to REST; `R` at the beginning of a path is the repository."""
        text = path.replace("R", f"/repos/{self.org}/shop", 1) if path.startswith("R") else path
        sent = {"Authorization": f"Bearer {token or f'ghp_{self.ada}'}", **headers}
        data = None if body is None else json.dumps(body)
        return requests.request(method, f"{self.world.api}{text}", data=data, headers=sent, timeout=30)

    def ok(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        """One request that must be allowed; its JSON."""
        answer = self.call(method, path, body, token=token)
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def git(self, *words: str, folder: Path | None = None, ok: bool = True) -> str:
        """Git as a person runs it; what it wrote, errors included."""
        person = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"))
        }
        plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(
            ["git", *words],
            cwd=folder or self.folder,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **plain, **person},
        )
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, output
        return output

    def address(self, token: str | None = None) -> str:
        """Where to clone from."""
        return f"http://x:{token or f'ghp_{self.ada}'}@127.0.0.1:{self.world.port}/{self.org}/shop.git"

    def clone(self, token: str | None = None, name: str = "clone") -> Path:
        """A clone."""
        self.git("clone", "-q", self.address(token), name)
        return self.folder / name

    def write(self, path: str, content: str, branch: str = "main", login: str | None = None) -> None:
        """Put a file on a branch, past every rule."""
        git = self.stored.git
        tip = git.ref(f"refs/heads/{branch}") or git.ref("refs/heads/main")
        assert tip is not None
        tree = git.write_tree(tip, [("100644", path, git.write_blob(content.encode()))])
        from rehearsal.github import views

        person = views.noreply(self.world, login or self.ada)
        git.set_ref(f"refs/heads/{branch}", git.write_commit(tree, [tip], f"Write {path}", person, person))

    def head(self, branch: str = "main") -> str:
        """The tip of a branch."""
        found = self.stored.git.ref(f"refs/heads/{branch}")
        assert found is not None
        return found
