"""The cells: enough of them, named apart, every fault in every stage in which it can strike."""

from __future__ import annotations

import re

import pytest

from rehearsal.faults.blind import BLINDS
from rehearsal.faults.matrix import ALONE, CELLS, FAULTS, NAMES, chosen, unknown
from rehearsal.faults.stages import STAGES

#: The faults and stages that must be there, whatever else is.
WANTED_FAULTS = {
    "kill-update",
    "kill-plugin",
    "kill-engine",
    "ctrl-c",
    "emulator-restart",
    "api-throttled",
    "api-failing",
    "blue-task-killed",
    "green-task-killed",
    "alarm-rings",
    "listener-by-hand",
    "service-by-hand",
    "stop-by-hand",
}
WANTED_ALONE = {
    "failing-check",
    "crash-loop",
    "unpullable-image",
    "failing-migration",
    "two-updates-at-once",
    "late-rollback-in-warm-window",
    "expired-secret",
    "credentials-expire",
}
WANTED_STAGES = {"gates", "migrate", "provision", "checks", "shift", "bake", "record"}


def test_there_are_enough_cells_with_names_of_their_own() -> None:
    assert len(CELLS) >= 60
    assert len(set(NAMES)) == len(NAMES)
    # A cell's name becomes a version, and so an image's tag.
    assert all(re.fullmatch(r"[a-z0-9-]{1,100}", name) for name in NAMES)


def test_every_fault_and_every_stage_is_there() -> None:
    assert {fault.name for fault in FAULTS} == WANTED_FAULTS
    assert {fault.name for fault in ALONE} == WANTED_ALONE
    assert {stage.name for stage in STAGES} == WANTED_STAGES


def test_every_fault_strikes_in_every_stage_that_it_does_not_leave_out() -> None:
    struck = {(cell.fault.name, cell.stage) for cell in CELLS if not cell.alone}
    missing = {(fault, stage) for fault in WANTED_FAULTS for stage in WANTED_STAGES} - struck
    assert missing == {("green-task-killed", "gates"), ("green-task-killed", "migrate")}


@pytest.mark.parametrize("cell", CELLS, ids=NAMES)
def test_every_cell_knows_what_it_should_come_to(cell: object) -> None:
    one = next(each for each in CELLS if each is cell)
    expected = one.fault().expect(one.stage)
    assert expected.ends
    assert one.fault.title
    assert bool(expected.forces) == bool(expected.why)
    re.compile(expected.cause)


def test_only_a_killed_task_may_cost_users_anything() -> None:
    costly = {cell.fault.name for cell in CELLS if cell.fault().expect(cell.stage).forces}
    assert costly == {"blue-task-killed", "green-task-killed"}


def test_cells_are_chosen_by_their_own_names_and_by_their_faults() -> None:
    assert [cell.name for cell in chosen(["failing-check", "ctrl-c-at-shift"])] == ["ctrl-c-at-shift", "failing-check"]
    assert len(chosen(["kill-update"])) == len(STAGES)
    assert list(chosen([])) == list(CELLS)
    assert unknown(["kill-update", "kill-update-at-gates", "fireworks"]) == ["fireworks"]


def test_which_cells_see_a_guard_that_is_missing() -> None:
    assert {name: set(blind.cells) for name, blind in BLINDS.items()} == {
        "adoption": {"kill-update-at-provision", "kill-update-at-checks"},
        "journal": {"kill-update-at-gates", "kill-update-at-shift", "kill-plugin-at-record"},
        "warden": {"late-rollback-in-warm-window"},
    }
    assert all(set(blind.cells) <= set(NAMES) for blind in BLINDS.values())
