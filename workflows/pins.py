"""Which commit of an action, which digest of an image: read from `pins/action.yml`.

The file has the form of a composite action, which is never run: Dependabot knows that form, and updates it in the same
pull request as the workflows that were rendered from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "pins" / "action.yml"
_ACTION = re.compile(r"^\s*- uses: (?P<name>[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d[\w.]*)$", re.MULTILINE)
_IMAGE = re.compile(
    r"^\s*- uses: docker://(?P<name>[\w./-]+):(?P<tag>[\w.-]+)@(?P<digest>sha256:[0-9a-f]{64})$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Pins:
    """What is pinned. actions: name → `name@commit # version`; images: name → `name:tag@digest`."""

    actions: dict[str, str]
    images: dict[str, str]


def parse(text: str) -> Pins:
    """Read the pins from the text of the file."""
    return Pins(
        actions={
            found["name"]: f"{found['name']}@{found['commit']} # {found['version']}" for found in _ACTION.finditer(text)
        },
        images={found["name"]: f"{found['name']}:{found['tag']}@{found['digest']}" for found in _IMAGE.finditer(text)},
    )


@cache
def pins() -> Pins:
    """Return the pins of this checkout."""
    return parse(FILE.read_text())
