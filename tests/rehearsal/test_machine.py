"""The machine's clock: what a hypervisor withheld does not count, everything else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.machine import MachineClock, processor_ticks


class Host:
    """A host that runs the machine as told."""

    def __init__(self) -> None:
        self.wall, self.ran, self.stolen = 100.0, 5000, 300

    def passes(self, seconds: float, *, ran: int = 0, stolen: int = 0) -> None:
        self.wall += seconds
        self.ran += ran
        self.stolen += stolen

    def clock(self, least: float = 0.0) -> MachineClock:
        return MachineClock(least, lambda: (self.ran, self.stolen), lambda: self.wall)


@pytest.mark.parametrize(
    ("ran", "stolen", "counts"),
    [(0, 0, 1.0), (200, 0, 1.0), (3, 0, 1.0), (100, 100, 0.5), (50, 150, 0.25), (0, 200, 0.0)],
)
def test_a_second_counts_for_what_was_granted_of_it(ran: int, stolen: int, counts: float) -> None:
    host = Host()
    clock = host.clock()
    begun = clock.now()
    host.passes(1, ran=ran, stolen=stolen)
    assert clock.now() - begun == pytest.approx(counts)
    assert clock.withheld == pytest.approx(1 - counts)


def test_whoever_measures_a_sleep_takes_off_only_a_standstill() -> None:
    host = Host()
    clock = host.clock(least=0.75)
    begun = clock.now()
    host.passes(1, ran=60, stolen=100)
    assert clock.now() - begun == pytest.approx(1)
    host.passes(1, ran=4, stolen=196)
    assert clock.now() - begun == pytest.approx(1.02)


def test_looks_at_the_kernel_twenty_times_a_second_at_most() -> None:
    host, looks = Host(), []

    def ticks() -> tuple[int, int]:
        looks.append(host.wall)
        return host.ran, host.stolen

    clock = MachineClock(ticks=ticks, wall=lambda: host.wall)
    for _ in range(1000):
        host.passes(0.001)
        clock.now()
    assert len(looks) <= 21


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 900), st.integers(0, 900)), max_size=30))
def test_is_never_faster_than_the_wall(gaps: list[tuple[float, int, int]]) -> None:
    host = Host()
    clock = host.clock()
    begun, started = clock.now(), host.wall
    for seconds, ran, stolen in gaps:
        host.passes(seconds, ran=ran, stolen=stolen)
        clock.now()
    passed = clock.now() - begun
    assert -1e-6 <= clock.withheld <= host.wall - started + 1e-6
    assert passed == pytest.approx(host.wall - started - clock.withheld)


def test_the_kernel_is_asked() -> None:
    ran, stolen = processor_ticks()
    assert ran >= 0
    assert stolen >= 0
