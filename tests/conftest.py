"""What all tests share: how hard property tests try, and what the garbage collector need not walk."""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

# Timed deadlines fail on noisy machines. `HYPOTHESIS_PROFILE=thorough` digs deeper, for an evening.
settings.register_profile("quick", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What is loaded while tests are collected stays: the collector need not walk it then, nor later. With the AWS SDK in
# memory one of its rounds takes a tenth of a second.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector look after what tests make, and after nothing else."""
    gc.freeze()
    gc.enable()
