"""Jobs of workflow runs on the emulated GitHub: begun, ended as an act says, or played with their own steps.

Where there is act (`go install github.com/nektos/act@v0.2.89`), it plays them; otherwise the steps that are commands
are run here as a runner runs them. Either has what GitHub gives the job and nothing else of the person's. Of the steps
that are actions, checking out is done with git, credentials of the emulated AWS are those of the role that the job's
own identity may take, and what carries files between jobs carries them; the others prepare what is here anyway (Python,
Pulumi, BuildKit).
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rehearsal.command import Hand
from rehearsal.errors import RehearsalError
from rehearsal.github.expressions import filled, holds
from rehearsal.stage.github import GitHub
from rehearsal.stage.workspace import CHECKOUT
from rehearsal.story import act
from rehearsal.story.play import Play
from rehearsal.story.repository import address, git
from rehearsal.story.roles.taking import take

#: Seconds for a run to begin after what begins it.
PATIENCE = 20.0
CHECK_OUT = f"{act.CHECK_OUT}@"
#: What the person who plays has, and no job does.
PERSONAL = frozenset({"GITHUB_TOKEN", "DEPLOY_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
#: The job that judges the others is always played with its own step.
GATE = "gate"
_SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass
class Jobs:
    """The runs of a repository; `tokens` collects those that jobs were given, to be searched for.

    `tools` are variables under which a job finds what its actions would have prepared.
    """

    acting: Play
    hub: GitHub
    tools: Mapping[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def logs(self) -> str:
        """Where to look when a run does not go as it should."""
        return f"the logs are in {self.acting.stage.home.logs}."

    def all(self) -> list[dict[str, Any]]:
        """Every run, newest first."""
        runs: list[dict[str, Any]] = self.hub.call("GET", "R/actions/runs?per_page=100")["workflow_runs"]
        return runs

    def of(self, workflow: str, sha: str) -> int:
        """Return the newest run of a workflow file for a commit; raise RehearsalError where none begins."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            for run in self.all():
                if run["path"].endswith(f"/{workflow}") and run["head_sha"] == sha:
                    return int(run["id"])
            time.sleep(0.2)
        raise RehearsalError(f"no run of {workflow} has begun for {sha[:7]}.", self.logs)

    def sha(self, run: int) -> str:
        """Return the commit that a run is for."""
        return str(self.hub.call("GET", f"R/actions/runs/{run}")["head_sha"])

    def state(self, run: int) -> dict[str, Any]:
        """Return how far each job is, by its key."""
        found: dict[str, Any] = self.hub.seen("run", repo=self.hub.repository, run=str(run))["jobs"]
        return found

    def begin(self, run: int, job: str) -> dict[str, Any]:
        """Let a machine take a job; return what GitHub gives it."""
        given: dict[str, Any] = self.hub.told("begin", repo=self.hub.repository, run=run, job=job)
        self.tokens[f"token of {job} in run {run}"] = given["token"]
        return given

    def end(self, run: int, job: str, conclusion: str = "success", outputs: Mapping[str, str] | None = None) -> None:
        """End a job."""
        wish = {"repo": self.hub.repository, "run": run, "job": job, "conclusion": conclusion}
        self.hub.told("finish", **wish, outputs=dict(outputs or {}))

    def cancel(self, run: int) -> None:
        """End a run as a person does, where it has not ended."""
        if self.hub.call("GET", f"R/actions/runs/{run}")["status"] != "completed":
            self.hub.call("POST", f"R/actions/runs/{run}/cancel")

    def settle(
        self,
        run: int,
        outputs: Mapping[str, Mapping[str, str]] | None = None,
        *,
        but: Sequence[str] = (),
        **ends: str,
    ) -> dict[str, Any]:
        """End every job that can run, well unless `ends` says otherwise, until none is left but `but`; return all."""
        while True:
            state = self.state(run)
            ready = [key for key, one in state.items() if one["status"] == "queued" and key not in but]
            if not ready:
                return state
            for key in ready:
                if key == GATE:
                    self.play(run, key)
                else:
                    self.end(run, key, ends.get(key, "success"), (outputs or {}).get(key))

    def content(self, workflow: str, ref: str) -> dict[str, Any]:
        """Return a workflow file as it lies on a branch, or in a commit."""
        file = self.hub.call("GET", f"R/contents/.github/workflows/{workflow}?ref={ref}")
        parsed: dict[str, Any] = yaml.safe_load(base64.b64decode(file["content"]))
        return parsed

    def _identity(self, path: str) -> Callable[[Mapping[str, Any]], str]:
        """Return what gives a job the token that says who it is, as GitHub's own issuer does; `path` is its file's."""

        def signed(given: Mapping[str, Any]) -> str:
            claims = given["identity"]
            if claims is None:
                raise RehearsalError("a job without `id-token: write` asks for its identity.", "see its permissions.")
            named = {name: claims[name] for name in ("environment", "ref", "event_name", "actor", "sha")}
            wish = {**named, "workflow": path.rpartition("/")[2]}
            return str(self.hub.seen("token", repo=self.hub.repository, **wish)["value"])

        return signed

    def play(self, run: int, key: str) -> str:
        """Play a job with its own steps; return how it ended."""
        given = self.begin(run, key)
        path = self.hub.call("GET", f"R/actions/runs/{run}")["path"]
        workflow = self.content(path.rpartition("/")[2], given["context"]["github"]["sha"])
        job = workflow["jobs"][key]
        played = _Playing(
            self.acting, self.hub.by(given["token"]), run, key, job, given, self.tools, self._identity(path)
        )
        program = act.find(self.acting.hand.environment.get("PATH"))
        with self.acting.console.working(f"Playing {key}"):
            conclusion, outputs = played.by_act(program, workflow) if program else played.through()
        steps = f"{len(played.run)} of {len(job['steps'])} steps ({', '.join(played.run)})"
        told = f"the job {key}{', played by act' if program else ''}: {steps}: {conclusion}"
        self.tokens |= {f"{name} of {key} in run {run}": value for name, value in played.taken.items()}
        self.acting.console.say(told)
        self.end(run, key, conclusion, outputs)
        return conclusion


class _Playing:
    """One job that is played."""

    def __init__(
        self,
        play: Play,
        hub: GitHub,
        run: int,
        key: str,
        job: Mapping[str, Any],
        given: Mapping[str, Any],
        tools: Mapping[str, str],
        identity: Callable[[Mapping[str, Any]], str],
    ) -> None:
        self._play, self._hub, self._key, self._job, self._given = play, hub, key, job, given
        self._identity = identity
        self._temp = play.stage.home.root / "runs" / str(run)
        self._folder = self._temp / f"job-{key}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._failed = False
        self._steps: dict[str, Any] = {}
        self.run: list[str] = []
        self.taken: dict[str, str] = {}
        base = {**play.hand.environment, **tools}
        # Where the state is on this machine; everything else is as the environment on GitHub says.
        self._variables = {**given["variables"], "PULUMI_BACKEND_URL": base["PULUMI_BACKEND_URL"]}
        self._context: dict[str, Any] = {
            **given["context"],
            "github": {**given["context"]["github"], "token": given["token"], "workspace": str(self._folder)},
            "secrets": {**given["secrets"], "GITHUB_TOKEN": given["token"]},
            "vars": self._variables,
            "runner": {"temp": str(self._temp), "os": "Linux"},
            "steps": self._steps,
        }
        self._environment = {name: value for name, value in base.items() if name not in PERSONAL} | self._named(run)

    def _named(self, run: int) -> dict[str, str]:
        """Return the variables that every step has."""
        github = self._context["github"]
        named = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self._hub.api,
            "GITHUB_SERVER_URL": self._hub.server,
            "GITHUB_WORKSPACE": str(self._folder),
            "GITHUB_RUN_ID": str(run),
            "RUNNER_TEMP": str(self._temp),
        }
        for name in ("actor", "event_name", "ref", "ref_name", "repository", "sha", "workflow"):
            named[f"GITHUB_{name.upper()}"] = str(github[name])
        return named | self._filled(self._job.get("env"))

    def _filled(self, values: Mapping[str, Any] | None) -> dict[str, str]:
        return {name: filled(value, self._context) for name, value in (values or {}).items()}

    def through(self) -> tuple[str, dict[str, str]]:
        """Play the steps in order; return how the job ended, and its outputs."""
        functions = {
            "always": lambda: True,
            "success": lambda: not self._failed,
            "failure": lambda: self._failed,
            "cancelled": lambda: False,
        }
        for number, step in enumerate(self._job["steps"]):
            if not holds(step.get("if", True), self._context, functions):
                continue
            if "uses" in step or "run" in step:
                well = self._step(number, step) if "run" in step else self._action(step)
                tolerated = filled(step.get("continue-on-error", False), self._context).lower() == "true"
                self._failed = self._failed or not (well or tolerated)
        outputs = self._filled(self._job.get("outputs"))
        return ("failure" if self._failed else "success"), outputs

    def _action(self, step: Mapping[str, Any]) -> bool:
        """Do what an action would do, where anything has to be done here; return whether it went well."""
        name, given = str(step["uses"]).partition("@")[0], self._filled(step.get("with"))
        if name == act.CHECK_OUT:
            self._check_out()
        elif name == act.CREDENTIALS:
            self._environment |= self._credentials(given)
        elif name == act.UPLOAD:
            shutil.copytree(given["path"], self._temp / "kept" / given["name"], dirs_exist_ok=True)
        elif name == act.DOWNLOAD:
            found = sorted((self._temp / "kept").glob(given.get("name") or given["pattern"]))
            for one in found:
                to = Path(given["path"]) if "name" in given else Path(given["path"]) / one.name
                shutil.copytree(one, to, dirs_exist_ok=True)
            return bool(found) or "name" not in given
        return True

    def _credentials(self, given: Mapping[str, str]) -> dict[str, str]:
        """Take the role that a step names, with the job's own identity; return what later steps find."""
        taken = take(self._play.stage, given["role-to-assume"], self._identity(self._given))
        self.taken = {name: taken.variables[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
        return {**taken.variables, "AWS_REGION": given["aws-region"], "AWS_DEFAULT_REGION": given["aws-region"]}

    def by_act(self, program: str, workflow: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """Let act play the steps; return how the job ended, and its outputs."""
        if any(str(step.get("uses", "")).startswith(CHECK_OUT) for step in self._job["steps"]):
            self._check_out()
        path = f"{Path(sys.executable).parent}:{self._environment['PATH']}"
        hand = Hand(self._play.hand.home, self._play.hand.notebook, {**self._environment, "PATH": path}, self._folder)
        given = {**self._given, "variables": self._variables}
        asks = (step for step in self._job["steps"] if str(step.get("uses", "")).startswith(f"{act.CREDENTIALS}@"))
        first = next(asks, None)
        credentials = self._credentials(self._filled(first["with"])) if first else {}
        ended = act.play(hand, program, workflow, self._key, given, self._temp, credentials)
        self.run = list(ended.steps)
        return ended.conclusion, dict(ended.outputs)

    def _check_out(self) -> None:
        """Have the commit of the run here, with the job's own token."""
        for words in (
            ("clone", "--quiet", "--no-checkout", address(self._hub), "."),
            ("fetch", "--quiet", "origin", self._context["github"]["sha"]),
            ("checkout", "--quiet", "--detach", "FETCH_HEAD"),
        ):
            done = git(self._play, self._hub, *words, folder=self._folder, name=f"{self._key}-check-out")
            done.needed("the run's commit could not be checked out")
        # What `setup-python` and `./slipway` would make; git need not know.
        (self._folder / ".venv").symlink_to(CHECKOUT / ".venv")

    def _step(self, number: int, step: Mapping[str, Any]) -> bool:
        """Run one step; return whether it went well."""
        called = filled(step.get("name", number), self._context)
        name = re.sub(r"[^a-z0-9]+", "-", called.lower()).strip("-")
        script, output = self._temp / f"{self._key}-{number}.sh", self._temp / f"{self._key}-{number}.out"
        script.write_text(filled(step["run"], self._context))
        output.touch()
        environment = {
            **self._environment,
            **self._filled(step.get("env")),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self._temp / f"{self._key}-summary.md"),
            "PATH": f"{Path(sys.executable).parent}:{self._environment['PATH']}",
        }
        hand = Hand(self._play.hand.home, self._play.hand.notebook, environment, self._folder)
        done = hand.run([*_SHELL, str(script)], name=f"{self._key}-{name}")
        self.run.append(called)
        if "id" in step:
            self._steps[step["id"]] = {"outputs": _outputs(output.read_text())}
        return done.code == 0


def _outputs(text: str) -> dict[str, str]:
    """Read what a step wrote to `GITHUB_OUTPUT`: lines `name=value`."""
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name: value for name, _, value in lines}
