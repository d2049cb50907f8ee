"""What all tests share: how hard property tests try."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Timed deadlines fail on noisy machines. `HYPOTHESIS_PROFILE=thorough` digs deeper, for an evening.
settings.register_profile("quick", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
