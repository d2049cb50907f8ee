"""How many examples a property is tried with: few in the unit tests, which people run all day; more in `make test`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

#: Profile → the share of the examples that a test asks for. `thorough` digs deeper, for an evening.
SHARES = {"unit": 0.05, "whole": 1.0, "thorough": 50.0}
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "whole")
#: How many a test that asks for no number gets in `whole`.
USUAL = 40
#: The fewest: the unit tests see that a property can hold at all, beside the examples that it names.
FEWEST = 2


def examples(number: int, *suppressed: HealthCheck) -> settings:
    """Return settings of a test with its own number of examples, the same ones in every run.

    number: in `whole`. Timed deadlines fail on noisy machines, so there are none.
    """
    return settings(
        max_examples=_share(number, PROFILE),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, *suppressed],
    )


def load(names: Sequence[str] = tuple(SHARES)) -> None:
    """Tell hypothesis the profiles, and which one is wanted."""
    for name in names:
        settings.register_profile(
            name, max_examples=_share(USUAL, name), deadline=None, suppress_health_check=[HealthCheck.too_slow]
        )
    settings.load_profile(PROFILE)
    if PROFILE == "unit":
        # To try constants of the code as values, hypothesis reads all of it: half a second for a handful of examples.
        providers._get_local_constants = lambda: providers._local_constants


def _share(number: int, profile: str) -> int:
    return max(FEWEST, int(number * SHARES[profile]))
