"""The files of the repository that the program lies in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from workflows.rendering import files
from workflows.values import Layout, environments


def repository_files(root: Path) -> dict[str, str]:
    """Return the files of the repository around `root`, the program's folder: path from its top → text.

    What `./slipway render` writes there. Raises `SettingsError` and `WorkflowError` as it does.
    """
    folder = root.resolve().relative_to(top(root).resolve()).as_posix()
    return files(environments(root), Layout(root=root, folder="" if folder == "." else folder))


def top(root: Path) -> Path:
    """Return the top of the repository that the program lies in; its own folder outside of git."""
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
        )
    except OSError:
        return root
    return Path(said.stdout.strip()) if said.returncode == 0 else root
