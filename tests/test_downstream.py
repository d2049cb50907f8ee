"""A newer Slipway is a merge: for an owner who has edited what owners edit, and for what is declared in AWS.

An owner's repository begins as a clone. The owner names the project, describes the application, adds a stack and an
export, renders the workflow files. Meanwhile every other file changes upstream.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rehearsal.stage.application import IDENTITY

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parent.parent
#: What an owner edits; README.md says so.
OWNED = {"Pulumi.yaml", "Pulumi.shared.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml", "__main__.py"}
#: How another line is written into a file of that kind.
COMMENTS = {".py": "# {}", ".md": "{}", ".txt": "# {}", ".toml": "# {}", ".yml": "# {}", ".mod": "// {}", "": "# {}"}
ADDED = "A newer Slipway says more here."
#: What the owner's person types in `./slipway init`, as the verb does it; the account needs no AWS here.
ANSWERED = """\
from pathlib import Path
from ops.answers import Answers, Files, check, edit
files = Files(Path.cwd())
answers = Answers(name="market", account="444455556666", region="eu-west-1", build="app", port=3000, health="/ping",
                  domain="market.dev")
check(answers, files)
edit(files, answers, files.stacks, forced=False)
files.write()
"""
#: Runs the program under mocks for the settings that lie here, and prints what it registers for each stack.
REGISTERED = """\
import dataclasses, json, sys
from pathlib import Path
from settings.reading import read
from settings.source import from_files
from tests.components.support import program
told = {}
for name in sys.argv[1:]:
    stack = read(from_files(Path.cwd(), name, {}))
    if name != "shared":
        # Each commit is a release of its own: that one is another is no change of what exists.
        stack = dataclasses.replace(stack, version="1.0.0", commit="c" * 40)
    told[name] = {one.urn: one.inputs for one in program(stack).resources}
# Of a function's code only that there is some: another one is an update in place.
print(json.dumps(told, default=lambda other: type(other).__name__))
"""


def run(folder: Path, words: Sequence[str | Path], *, good: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in a repository, as somebody without a configuration of git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHONPATH"))}
    environment = {**kept, **IDENTITY, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert not good or done.returncode == 0, done.stdout + done.stderr
    return done


def git(folder: Path, *words: str) -> str:
    return run(folder, ["git", *words]).stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


def python(folder: Path, *words: str) -> str:
    return run(folder, [sys.executable, *words]).stdout


def upstream(folder: Path) -> Path:
    """Make a repository of this tree, as it lies here."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in run(ROOT, listed).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "Slipway")
    return folder


def newer(folder: Path) -> int:
    """Change every file that owners do not touch, and one line of what they do; return how many files changed."""
    for name in git(folder, "ls-files").splitlines():
        path = folder / name
        if name in OWNED or name.startswith((".github/", "example/")) or path.suffix not in COMMENTS:
            continue
        path.write_text(f"{path.read_text()}{COMMENTS[path.suffix].format(ADDED)}\n")
    described = folder / "Pulumi.yaml"
    before = described.read_text()
    described.write_text(before.replace("Days that logs are kept.", "Days that logs are kept in CloudWatch."))
    assert described.read_text() != before
    for template in (folder / "workflows" / "templates" / "github").glob("*.yml"):
        template.write_text(template.read_text().replace("\non:\n", f"\n# {ADDED}\non:\n"))
    (folder / "delivery" / "new.py").write_text(f'"""{ADDED}"""\n')
    python(folder, "-m", "workflows")
    commit(folder, "A newer Slipway")
    return len(git(folder, "diff", "--name-only", "HEAD~1").splitlines())


def owned(folder: Path) -> None:
    """Edit what an owner edits."""
    (folder / "app").mkdir()
    (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    python(folder, "-c", ANSWERED)
    project = folder / "Pulumi.yaml"
    text = project.read_text()
    text = text.replace("description: Delivers the shop's", "description: Delivers the market's")
    text = text.replace("  workflows:\n", "      jobs: {build: app, command: [work]}\n\n  workflows:\n", 1)
    text = text.replace("    default: 1h\n", "    default: 2h # workers take their time\n", 1)
    text = text.replace("end_to_end: .ci/end-to-end", "end_to_end: make end-to-end")
    project.write_text(text)
    for stack, old, new in (
        ("production", "canary 10% 5m, bake 10m", "canary 5% 10m, bake 20m"),
        ("production", "market:scale: {api: 2-6}", "market:scale: {api: 3-9, jobs: 2}"),
        ("staging", "market:scale: {api: 1}", "market:scale: {api: 1, jobs: 1} # one is enough"),
    ):
        file = folder / f"Pulumi.{stack}.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    shutil.copy(folder / "Pulumi.staging.yaml", folder / "Pulumi.demo.yaml")
    program = folder / "__main__.py"
    before, export = program.read_text(), '    pulumi.export("version"'
    program.write_text(before.replace(export, f'    pulumi.export("ours", "so")\n{export}'))
    assert program.read_text() != before
    python(folder, "-m", "workflows")
    commit(folder, "The market")


def registered(folder: Path, stacks: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Stack -> URN -> inputs."""
    found: dict[str, dict[str, Any]] = json.loads(python(folder, "-c", REGISTERED, *stacks))
    return found


def test_a_newer_slipway_merges_without_a_conflict_and_replaces_nothing(tmp_path: Path) -> None:
    slipway, ours = upstream(tmp_path / "slipway"), tmp_path / "ours"
    run(tmp_path, ["git", "clone", "--quiet", str(slipway), str(ours)])
    owned(ours)
    stacks = ("shared", "staging", "production", "demo")
    before = registered(ours, stacks)
    edited = set(git(ours, "diff", "--name-only", "HEAD~1").splitlines())
    assert edited >= OWNED
    assert newer(slipway) > 500

    git(ours, "fetch", "--quiet", "origin")
    merged = run(ours, ["git", "merge", "--no-edit", "origin/main"], good=False)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert not git(ours, "status", "--porcelain")

    for name in edited:
        if name != "Pulumi.yaml" and not name.startswith(".github/"):
            assert (ours / name).read_text() == git(ours, "show", f"HEAD^1:{name}"), name
    assert "Days that logs are kept in CloudWatch." in (ours / "Pulumi.yaml").read_text()
    # What is rendered is so again without a hand: what the owner's settings say stays, what upstream says comes.
    python(ours, "-m", "workflows", "--check")
    assert ADDED in (ours / ".github" / "workflows" / "deliver.yml").read_text()

    for stack, after in registered(ours, stacks).items():
        assert set(after) == set(before[stack])
        for urn, inputs in after.items():
            assert inputs == before[stack][urn], urn
