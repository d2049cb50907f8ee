"""How long an update may take: the credentials of CI end after a while, and a rollout must not outlast them."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.failures import PROVISION_PATIENCE_SECONDS
from delivery.strategy import Strategy
from delivery.undoing import WAY_BACK_SECONDS
from delivery.workers import PATIENCE_SECONDS as WORKERS_PATIENCE_SECONDS
from settings.model import App
from settings.node import Node

_UNITS = {"s": 1, "m": 60, "h": 3600}
#: What AWS allows for the sessions of a role is 15 minutes to 12 hours.
#: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
SHORTEST_SESSION, LONGEST_SESSION = 900, 43200
SHORTEST_BUDGET, LONGEST_BUDGET = 10, 600


def budget(node: Node) -> int:
    """Read how long all checks together may take until they pass, in seconds."""
    return _duration(node, SHORTEST_BUDGET, LONGEST_BUDGET, "60s")


def session(node: Node) -> int:
    """Read how long the credentials last, in seconds."""
    return _duration(node, SHORTEST_SESSION, LONGEST_SESSION, "1h")


def worst_case(strategy: Strategy, apps: Sequence[App], budget_seconds: int) -> list[tuple[str, int]]:
    """Return what a release goes through, each with its seconds at worst, the way back included.

    Migrations run one after the other. Checks are asked before the shift, at the beginning of the bake, which goes on
    meanwhile, and at its end. What comes before the release (the image, the infrastructure) and the warm time after it
    do not count.
    """
    doors = [app.door for app in apps if app.door]
    drain = max((door.drain for door in doors), default=0)
    parts = [
        ("migrations", 60 * sum(app.migration.timeout_minutes for app in apps if app.migration)),
        ("start", int(PROVISION_PATIENCE_SECONDS) if doors else 0),
        ("checks", 2 * budget_seconds if doors else 0),
        ("shift", 60 * strategy.shift_minutes if doors else 0),
        ("bake", max(60 * strategy.bake_minutes, budget_seconds) if doors else 0),
        ("workers", int(WORKERS_PATIENCE_SECONDS) if len(doors) < len(apps) else 0),
        ("way back", int(WAY_BACK_SECONDS) + drain),
    ]
    return [(name, seconds) for name, seconds in parts if seconds]


def fits(rollout: Node, strategy: Strategy, apps: Sequence[App], budget_seconds: int, session_seconds: int) -> None:
    """Refuse a rollout that may outlast the credentials: it would end in the middle, with nobody to take it back."""
    parts = worst_case(strategy, apps, budget_seconds)
    total = sum(seconds for _, seconds in parts)
    if total <= session_seconds:
        return
    needed = -(-total // 3600)
    hint = f"shorten it, or set session to {needed}h and let the CI role's credentials last as long"
    rollout.wrong(
        f"must end in time: {' + '.join(f'{name} {spell(seconds)}' for name, seconds in parts)} = {spell(total)}, "
        f"longer than session {spell(session_seconds)}",
        hint
        if needed * 3600 <= LONGEST_SESSION
        else f"shorten it: no session lasts longer than {spell(LONGEST_SESSION)}",
    )


def spell(seconds: int) -> str:
    """Return a time as it is written in settings: `1h 5m`, `10s`."""
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{seconds % 60}s" if seconds % 60 else ""]
    return " ".join(part for part in parts if part) or "0s"


def _duration(node: Node, low: int, high: int, example: str) -> int:
    rule = f"must be a time from {spell(low)} to {spell(high)}"
    hint = f"such as {example}"
    text = node.needed(r"\d{1,5}[smh]", rule, hint)
    if not node.ok:
        return low
    seconds = int(text[:-1]) * _UNITS[text[-1]]
    if not low <= seconds <= high:
        node.wrong(rule, hint)
        return low
    return seconds
