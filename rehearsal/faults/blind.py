"""Takes one of Slipway's guards away, to prove that the matrix would see it missing. No switch in Slipway is needed.

What the guard relies on is taken from it: its mark, its journal, its rule. Cells that are named here must then fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rehearsal.errors import RehearsalError
from rehearsal.faults.alone.late import UNHEARD, LateRollback
from rehearsal.faults.scene import Scene

ADOPTION = "adoption"
JOURNAL = "journal"
WARDEN = "warden"


@dataclass(frozen=True)
class Blind:
    """One guard that can be taken away. cells: that must fail then; sees: what one of their sentences must say."""

    name: str
    title: str
    cells: Sequence[str]
    sees: str

    def before(self, scene: Scene) -> None:
        """Take away what has to be gone from the beginning."""
        if self.name == ADOPTION:
            scene.control.trouble("blind", "rewrite", find="slipway release [0-9a-f]+ target [0-9a-f]+", put="by hand")
        if self.name == WARDEN:
            rules = scene.sight.warden()
            if not rules:
                raise RehearsalError(
                    "this environment has no warden that could be taken away.", "take another guard away, or none."
                )
            for rule in rules:
                scene.sight.client("events").disable_rule(Name=rule)

    def between(self, scene: Scene) -> None:
        """Take away what the next update would find."""
        if self.name != WARDEN:
            scene.sight.forget_journal()
        scene.note(f"blind: {self.title}")

    def after(self, scene: Scene) -> None:
        """Give back what was taken."""
        scene.control.calm("blind")
        for rule in scene.sight.warden():
            scene.sight.client("events").enable_rule(Name=rule)


BLINDS: Mapping[str, Blind] = {
    blind.name: blind
    for blind in (
        Blind(
            ADOPTION,
            "no deployment bears a mark, and the journal is gone: nothing can be taken up",
            # Not with the engine killed: the plugin outlives it for a moment, and may end by itself what it began.
            ("kill-update-at-provision", "kill-update-at-checks"),
            "instead of one",
        ),
        Blind(
            JOURNAL,
            "the journal is gone when the next update begins",
            ("kill-update-at-gates", "kill-update-at-shift", "kill-plugin-at-record"),
            "the record should be of the interrupted release",
        ),
        Blind(
            WARDEN,
            "the rule that tells the warden of deployments is disabled",
            (LateRollback.name,),
            UNHEARD,
        ),
    )
}
