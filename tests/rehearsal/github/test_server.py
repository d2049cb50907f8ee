"""How it is served."""

from __future__ import annotations

from pathlib import Path

from rehearsal.aws.clock import ManualClock
from rehearsal.github.server import configuration, new_world


def test_it_listens_to_this_machine_and_keeps_connections_longer_than_clients_do(tmp_path: Path) -> None:
    made = configuration(new_world(ManualClock(0), 4610, tmp_path))
    assert made.bind == ["127.0.0.1:4610"]
    assert made.keep_alive_timeout > 90
