"""Who must review what: the text of `CODEOWNERS`.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

from collections.abc import Sequence

from settings import GitHub

#: Where GitHub looks for it first.
PATH = ".github/CODEOWNERS"
#: How a file of ours begins: no other is ever written over.
HEADER = "# Written by Slipway from the setting `github`: change that, not this."
#: What decides how releases happen: the workflows, and wherever the program lies the files of its stacks, of which
#: production's names the release that a pull request approves.
_GUARDED = ("/.github/", "Pulumi*.yaml")


def code_owners(wanted: GitHub) -> str | None:
    """Return the file; None where nobody owns anything. What guards releases stands last: there, the last line wins."""
    lines = [_line(path, owners) for path, owners in wanted.code_owners.items()]
    if wanted.approval != "none":
        lines += [_line(path, wanted.reviewers) for path in _GUARDED]
    return "\n".join([HEADER, *lines, ""]) if lines else None


def _line(path: str, owners: Sequence[str]) -> str:
    return " ".join([path.replace(" ", "\\ "), *(f"@{owner}" for owner in owners)])
