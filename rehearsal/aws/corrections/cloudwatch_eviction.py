"""Old data points go without every call paying for it.

AWS keeps data points of a minute for 15 days; nobody notices when they go.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention

MiniStack 1.5.33 copies every data point of every metric at every call, on the event loop that carries the traffic.
"""

from __future__ import annotations

from ministack.services import cloudwatch

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections.binding import Binding

_EVERY = 3600.0


def apply(binding: Binding, clock: Clock) -> None:
    """Look for old data points once an hour of emulated time."""
    evict = cloudwatch._evict_old_metrics
    last = clock.now()

    def evict_sometimes() -> None:
        nonlocal last
        if clock.now() - last >= _EVERY:
            last = clock.now()
            evict()

    binding.replace(cloudwatch, "_evict_old_metrics", evict_sometimes)
