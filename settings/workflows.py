"""Reading what CI does: the suites that it runs, who lets a release into production, the files that are rendered."""

from __future__ import annotations

from typing import cast, get_args

from settings.model import Approval, Workflows
from settings.node import Node
from settings.problems import did_you_mean
from settings.table import FILES, SUITES, WORKFLOWS, defaults

_FOLDER = r"~?[\w./-]+"
_STORES = ("postgres", "redis")


def workflows(node: Node) -> Workflows:
    """Read what CI does around a release."""
    fields = node.fields(defaults(WORKFLOWS))
    return Workflows(
        files=tuple(item.choice(FILES) for item in fields["files"].items()) or FILES,
        approval=cast(Approval, fields["approval"].choice(get_args(Approval))),
        suites=_suites(fields["suites"]),
        stores=tuple(item.choice(_STORES) for item in fields["stores"].items()),
        frontend=fields["frontend"].text(_FOLDER, "must be a folder", "such as ../frontend"),
        python=_python(fields["python"]),
        coverage=fields["coverage"].number(0, 100),
        cache=tuple(
            item.needed(_FOLDER, "must be a folder", "such as ~/.cache/slipway") for item in fields["cache"].items()
        ),
        code_scanning=fields["code_scanning"].flag(),
    )


def _suites(node: Node) -> dict[str, str]:
    """Read the command of each suite."""
    found = {}
    for name, item in node.object().items():
        if name not in SUITES:
            item.wrong("unknown", did_you_mean(name, SUITES), got="")
            continue
        command = item.needed(r"(?s).*\S.*", "must be a shell command", "remove the suite to leave it out").strip()
        if "${{" in command:
            # GitHub would paste the value into the script before the shell sees it: whoever names a branch writes code.
            item.wrong("must hold no ${{ … }}", "read the variables that GitHub sets, such as $GITHUB_SHA")
        found[name] = command
    return {name: found[name] for name in SUITES if name in found}


def _python(node: Node) -> tuple[str, ...]:
    """Read the versions of Python."""
    rule = "must be a version of Python, in quotes"
    items = node.items()
    if node.ok and not items:
        node.wrong("must name a version of Python", 'such as ["3.12"]')
    return tuple(item.needed(r"3\.\d{2}", rule, 'such as "3.12"') for item in items)
