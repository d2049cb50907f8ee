"""Rendered files and a repository: what differs, and writing it without touching what is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workflows.errors import WorkflowError
from workflows.rendering import GITLAB, MARK, PLACES

_OURS = (*PLACES.values(), GITLAB)


def stale(out: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return what differs from `wanted` in the repository `out`: a line for each file."""
    found = []
    for path, text in wanted.items():
        file = out / path
        if not file.is_file():
            found.append(f"{path}: is missing")
        elif (now := file.read_text()) != text:
            found.append(f"{path}: is stale" if ours(now) else f"{path}: is somebody else's")
    return found


def left_over(out: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return files of ours that are not rendered any more."""
    return [path for path in _OURS if path not in wanted and (out / path).is_file() and ours((out / path).read_text())]


def write(out: Path, wanted: Mapping[str, str]) -> list[str]:
    """Write what differs and return its paths. Raises `WorkflowError`, nothing written, where a file is not ours."""
    foreign = [path for path in wanted if (out / path).is_file() and not ours((out / path).read_text())]
    if foreign:
        others = [name for name, path in PLACES.items() if path in wanted and path not in foreign]
        rest = (
            f"`./slipway render {' '.join(f'--only {name}' for name in others)}` renders the others" if others else ""
        )
        raise WorkflowError(
            f"{', '.join(foreign)} in {out}: was not written by Slipway, and nothing was",
            "; or ".join(filter(None, ["move it away", rest, "leave it out of `workflows.files` for good"])),
        )
    written = []
    for path, text in wanted.items():
        file = out / path
        if file.is_file() and file.read_text() == text:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.new")
        draft.write_text(text)
        draft.rename(file)
        written.append(path)
    return written


def ours(text: str) -> bool:
    """Tell whether a file begins with our mark: no other is ever written over."""
    return MARK in text.partition("\n")[0]
