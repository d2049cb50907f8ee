"""What all tests share: how hard property tests try, and an event loop for the Pulumi SDK."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, settings

# Timed deadlines fail on noisy machines. `HYPOTHESIS_PROFILE=thorough` digs deeper, for an evening.
settings.register_profile("quick", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_LOOP = asyncio.new_event_loop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Give each test the loop that Pulumi's mocks expect: one that ran `asyncio.run` before has taken it away."""
    asyncio.set_event_loop(_LOOP)


def pytest_sessionfinish() -> None:
    """Close the loop: an open one is a warning, and warnings are errors."""
    asyncio.set_event_loop(None)
    _LOOP.close()
