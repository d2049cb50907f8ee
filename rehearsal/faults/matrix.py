"""All cells of the matrix: every fault in every stage in which it can strike, and those that have no choice.

To add a fault: a class in `kinds/` or `alone/`, and its line here. To add a stage: its line in `stages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.faults.alone.broken import CrashLoop, FailingCheck, FailingMigration, UnpullableImage
from rehearsal.faults.alone.credentials import CredentialsExpire
from rehearsal.faults.alone.late import LateRollback
from rehearsal.faults.alone.secret import MissingSecret
from rehearsal.faults.alone.together import TwoUpdates
from rehearsal.faults.fault import Fault
from rehearsal.faults.kinds.alarms import AlarmRings
from rehearsal.faults.kinds.api import Failing, Outage, Throttled
from rehearsal.faults.kinds.by_hand import ListenerByHand, ServiceByHand, StopByHand
from rehearsal.faults.kinds.interrupted import CtrlC
from rehearsal.faults.kinds.killed import KillEngine, KillPlugin, KillUpdate
from rehearsal.faults.kinds.tasks import BlueKilled, GreenKilled
from rehearsal.faults.stages import STAGES

FAULTS: Sequence[type[Fault]] = (
    KillUpdate,
    KillEngine,
    KillPlugin,
    CtrlC,
    Outage,
    Throttled,
    Failing,
    BlueKilled,
    GreenKilled,
    AlarmRings,
    ListenerByHand,
    ServiceByHand,
    StopByHand,
)
ALONE: Sequence[type[Fault]] = (
    FailingCheck,
    CrashLoop,
    UnpullableImage,
    FailingMigration,
    MissingSecret,
    CredentialsExpire,
    TwoUpdates,
    LateRollback,
)


@dataclass(frozen=True)
class Cell:
    """One cell. stage: empty where there is none; alone: whether it stands beside the table."""

    fault: type[Fault]
    stage: str
    alone: bool = False

    @property
    def name(self) -> str:
        """By which it can be played."""
        return self.fault.name if self.alone else f"{self.fault.name}-at-{self.stage}"


CELLS: Sequence[Cell] = (
    *(Cell(fault, stage.name) for fault in FAULTS for stage in STAGES if stage.name in fault.stages),
    *(Cell(fault, fault.stages[0] if fault.stages else "", alone=True) for fault in ALONE),
)

NAMES = tuple(cell.name for cell in CELLS)


def chosen(names: Sequence[str]) -> list[Cell]:
    """Return the cells of these names, in the matrix's order: a fault's name means all its cells; all where none."""
    wanted = set(names)
    return [cell for cell in CELLS if not wanted or cell.name in wanted or cell.fault.name in wanted]


def unknown(names: Sequence[str]) -> list[str]:
    """Return the names that name nothing."""
    return [name for name in names if name not in NAMES and name not in {cell.fault.name for cell in CELLS}]
