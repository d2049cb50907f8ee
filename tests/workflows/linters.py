"""What others say about workflow files: actionlint, zizmor, the published schemas.

`python -m tests.workflows.linters DIR`. Nothing is asked of the network: actionlint is built once from its Go module
into the user's cache folder; zizmor and the schemas are packages.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from offline.engine.cache import Cache
from offline.engine.install import install, is_ready
from offline.engine.parts import ACTIONLINT
from offline.errors import OfflineError

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "workflows" / "pins" / "action.yml"
BIN = Path(sys.executable).parent
_SCHEMAS = {
    "vendor.github-workflows": ("workflows/*.yml", ".github/workflows/*.yml"),
    "custom.github-workflows-require-timeout": ("workflows/*.yml", ".github/workflows/*.yml"),
    "vendor.dependabot": ("dependabot.yml", ".github/dependabot.yml"),
    "vendor.gitlab-ci": (".gitlab-ci.yml",),
}


def actionlint() -> Path:
    """Return actionlint's binary, built where it is missing."""
    cache = Cache.of_user()
    if not is_ready(ACTIONLINT, cache):
        install([ACTIONLINT], cache, lambda line: print(line, file=sys.stderr, flush=True))
    return cache.part(ACTIONLINT) / "bin" / "actionlint"


def lint(folder: Path) -> list[str]:
    """Return what is said about the files below `folder`, a repository or its `.github`: a text for each tool."""
    workflows = [path for path in sorted(folder.rglob("*.yml")) if path.parent.name == "workflows"]
    commands: list[list[str | Path]] = []
    if workflows:
        # Without the tools that it calls where it finds them: what it says must not depend on the machine.
        commands.append([actionlint(), "-no-color", "-shellcheck=", "-pyflakes=", *workflows])
        inputs = [*workflows, *folder.rglob("dependabot.yml"), PINS]
        commands.append(
            [BIN / "zizmor", "--offline", "--persona", "auditor", "--strict-collection", "--quiet", *inputs]
        )
    for schema, patterns in _SCHEMAS.items():
        files = sorted({path for pattern in patterns for path in folder.glob(pattern)})
        if files:
            transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
            commands.append([BIN / "check-jsonschema", "--builtin-schema", schema, *transform, *files])
    if not commands:
        return [f"{folder}: holds no workflow file"]
    with ThreadPoolExecutor() as side_by_side:
        return [text for text in side_by_side.map(_said, commands) if text]


def _said(command: Sequence[str | Path]) -> str:
    """Run a tool; return what it says where it does not end with 0."""
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else f"{Path(command[0]).name}:\n{run.stdout}{run.stderr}"


def main(words: Sequence[str]) -> int:
    """Look at the files of a folder; return 1 where anything is said."""
    try:
        said = lint(Path(words[0] if words else ROOT / ".github"))
    except OfflineError as error:
        said = [str(error)]
    print("\n".join(said) or "workflow files: nothing to say (actionlint, zizmor, schemas)")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
