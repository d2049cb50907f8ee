"""Alarms that take a release back: what state they are in, which ring, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

#: What one answer holds without paging.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
_AT_ONCE = 50


RINGS = "ALARM"
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
LACKS_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class State:
    """One alarm. value: OK, ALARM or INSUFFICIENT_DATA; reason: CloudWatch's; since: when it became so, if known."""

    value: str
    reason: str
    since: datetime | None = None


def ringing(cloudwatch: CloudWatchClient, names: Iterable[str]) -> dict[str, str]:
    """The alarms among `names` that ring now, each with the reason CloudWatch gives."""
    return {name: found.reason for name, found in states(cloudwatch, names).items() if found.value == RINGS}


def states(cloudwatch: CloudWatchClient, names: Iterable[str]) -> dict[str, State]:
    """The state of each alarm in `names` that exists."""
    asked = sorted(set(names))
    found: dict[str, State] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        answer = cloudwatch.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for alarm in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]:
            found[alarm.get("AlarmName", "")] = State(
                alarm.get("StateValue", ""), shown(alarm.get("StateReason", "")), alarm.get("StateUpdatedTimestamp")
            )
    return found
