"""What the verbs that intervene have in common: their options, what they show before they act, and the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from delivery.records import Journal
from ops.telling import when, who

F = TypeVar("F", bound=Callable[..., Any])


def options(function: F) -> F:
    """Add what every such verb takes: the environment, `--yes`, `--json`."""
    for option in (
        click.option(
            "--json", "as_json", is_flag=True, help="For programs: the outcome on stdout, all else on stderr."
        ),
        click.option("--yes", is_flag=True, help="Do not ask: for CI."),
        click.option("-s", "--stack", required=True, help="The environment: the name of its stack."),
    ):
        function = option(function)
    return function


def reasoned(function: F) -> F:
    """Add the reason that stands in the record."""
    return click.option("--reason", required=True, help="Why; it stands in the record, beside who.")(function)


def need(reason: str) -> None:
    """Refuse a reason that says nothing."""
    if not reason.strip():
        raise click.UsageError("--reason: say why, in a few words.")


def confirm(lines: Sequence[str], question: str, *, yes: bool, as_json: bool) -> None:
    """Show what will happen, and ask. Raises `click.Abort` for no."""
    for line in lines:
        click.echo(line, err=as_json)
    if not yes and not click.confirm(question, err=as_json):
        raise click.Abort


def under_way(stack: str, journal: Journal) -> str:
    """Say which release is under way, who runs it, and how far it is."""
    release = journal.record
    return (
        f"Under way in {stack}: {release.version} (release {release.id}), by {who(release.who)} "
        f"since {when(release.started)} UTC, at the step: {journal.step}."
    )
