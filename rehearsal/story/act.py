"""A job played by act (https://nektosact.com), a runner that others wrote, on this machine itself.

GitHub gives a runner one job, and what the jobs before it came to. So act gets the job as it stands in the workflow
file, and in the place of each job that it needs one that ends in the same way with the same outputs. What guards it,
`environment`, stays with GitHub: act 0.2.89 does not know all of its fields. Actions cannot be downloaded here: those
that carry files between jobs do so, the others do nothing, since what they would prepare is here. The credentials of
the role that the job's own identity may take are there from its first step on: what a step leaves for later ones act
writes into its log, masked in the text alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.command import Finished, Hand
from rehearsal.errors import RehearsalError

NAME = "act"
CHECK_OUT = "actions/checkout"
CREDENTIALS = "aws-actions/configure-aws-credentials"
UPLOAD, DOWNLOAD = "actions/upload-artifact", "actions/download-artifact"
_AFTER = "slipway-ended"
_RESULTS: Mapping[str, Mapping[str, Any]] = {
    "success": {"steps": [{"run": "true"}]},
    "skipped": {"if": "false", "steps": [{"run": "true"}]},
}
#: Whatever else a job came to counts as failed for those that need it.
_FAILED: Mapping[str, Any] = {"steps": [{"run": "exit 1"}]}
#: An artifact is a folder of its name. By its name one comes as it was; by a pattern several, each in its folder.
_DOES = {
    UPLOAD: 'mkdir -p "$KEPT/${{ inputs.name }}" && cp -r "${{ inputs.path }}/." "$KEPT/${{ inputs.name }}"',
    DOWNLOAD: (
        'mkdir -p "${{ inputs.path }}" && '
        'cp -r "$KEPT"/${{ inputs.name && format(\'{0}/.\', inputs.name) || inputs.pattern }} "${{ inputs.path }}"'
    ),
}


@dataclass(frozen=True)
class Ended:
    """How a job ended, and the names of its steps that ran."""

    conclusion: str
    outputs: Mapping[str, str]
    steps: tuple[str, ...]


def find(path: str | None) -> str | None:
    """Return where act is, on a `PATH`; None where it is not."""
    return shutil.which(NAME, path=path)


def one_job(workflow: Mapping[str, Any], key: str, event: str, needs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a workflow with one job of another, stand-ins for what it needs, and one that tells how it ended."""
    job = {name: value for name, value in workflow["jobs"][key].items() if name != "environment"}
    machine = job.get("runs-on", "ubuntu-24.04")
    jobs: dict[str, Any] = {
        name: {
            "runs-on": machine,
            "outputs": dict(one["outputs"]),
            **_RESULTS.get(one["result"], _FAILED),
        }
        for name, one in needs.items()
    }
    tell = {"env": {"NEEDS": "${{ toJSON(needs) }}"}, "run": 'printf "%s" "$NEEDS" > "$ENDED"'}
    after = {"needs": [key], "if": "always()", "runs-on": machine, "steps": [tell]}
    kept = {name: workflow[name] for name in ("name", "permissions", "defaults") if name in workflow}
    return {**kept, "on": [event], "jobs": {**jobs, key: job, _AFTER: after}}


def actions(job: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what stands in for each action of a job, by `owner/name@ref`; checking out act does itself."""
    found: dict[str, dict[str, Any]] = {}
    for step in job["steps"]:
        name, _, ref = str(step.get("uses", "")).partition("@")
        repository = "/".join(name.split("/")[:2])
        if not ref or repository == CHECK_OUT:
            continue
        earlier = found.get(f"{repository}@{ref}", {}).get("inputs", {})
        inputs = {**earlier, **{str(one): {"required": False} for one in step.get("with") or {}}}
        run = {"run": _DOES.get(repository, "true"), "shell": "bash"}
        found[f"{repository}@{ref}"] = {
            "name": repository,
            "description": "Stands in for it",
            "inputs": inputs,
            "runs": {"using": "composite", "steps": [run]},
        }
    return found


def play(
    hand: Hand,
    program: str,
    workflow: Mapping[str, Any],
    key: str,
    given: Mapping[str, Any],
    temp: Path,
    credentials: Mapping[str, str],
) -> Ended:
    """Play a job of a workflow in the folder of `hand`, which has what is checked out; `temp` is the run's own folder.

    credentials: the variables that taking a role leaves.

    Raises `RehearsalError` where act does not come to the job's end.
    """
    folder = temp / f"{NAME}-{key}"
    folder.mkdir(parents=True)
    github, job = given["context"]["github"], workflow["jobs"][key]
    made = one_job(workflow, key, github["event_name"], given["context"]["needs"])
    (folder / "job.yml").write_text(yaml.safe_dump(made, sort_keys=False))
    (folder / "event.json").write_text(json.dumps(github["event"]))
    (folder / "secrets").write_text(f"GITHUB_TOKEN={given['token']}\n")
    (folder / "variables").write_text("".join(f"{name}={value}\n" for name, value in given["variables"].items()))
    ended = folder / "ended.json"
    words: list[str | Path] = [program, github["event_name"], "--workflows", folder / "job.yml", "--job", _AFTER]
    words += ["--eventpath", folder / "event.json", "--secret-file", folder / "secrets"]
    words += ["--var-file", folder / "variables", "--actor", github["actor"], "--json", "--no-cache-server"]
    words += ["--platform", f"{job.get('runs-on', 'ubuntu-24.04')}=-self-hosted", "--container-daemon-socket", "-"]
    words += ["--action-cache-path", temp / "act-cache"]
    for place, (name, action) in enumerate(actions(job).items()):
        there = folder / f"action-{place}"
        there.mkdir()
        (there / "action.yml").write_text(yaml.safe_dump(action, sort_keys=False))
        words += ["--local-repository", f"{name}={there}"]
    # Of these act makes its named values; all others of the environment reach the steps as they are.
    for name in ("API_URL", "SERVER_URL", "REPOSITORY", "RUN_ID", "REF", "WORKFLOW"):
        words += ["--env", f"GITHUB_{name}={hand.environment[f'GITHUB_{name}']}"]
    words += ["--env", f"SHA_REF={github['sha']}"]
    more = {"ENDED": str(ended), "KEPT": str(temp / "kept"), **credentials}
    typing = Hand(hand.home, hand.notebook, {**hand.environment, **more}, hand.folder)
    done = typing.run(words, name=f"{NAME}-{key}")
    if not ended.is_file():
        raise RehearsalError(f"act did not come to the end of {key}.", f"its log is {done.log}.")
    told = json.loads(ended.read_text())[key]
    return Ended(told["result"], told["outputs"] or {}, _ran(done, key))


def _ran(done: Finished, key: str) -> tuple[str, ...]:
    """Read which steps of a job ran, from what act says."""
    names: list[str] = []
    for line in done.lines:
        try:
            said = json.loads(line.text)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("jobID") == key and said.get("stage") == "Main" and "stepResult" in said:
            names.append(str(said["step"]))
    return tuple(dict.fromkeys(names))
