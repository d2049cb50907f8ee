"""Alarms that take a release back: which ring, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
_AT_ONCE = 100


def ringing(cloudwatch: CloudWatchClient, names: Iterable[str]) -> dict[str, str]:
    """The alarms among `names` that ring now, each with the reason CloudWatch gives."""
    asked = sorted(set(names))
    found: dict[str, str] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        answer = cloudwatch.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for alarm in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]:
            if alarm.get("StateValue") == "ALARM":
                found[alarm.get("AlarmName", "")] = shown(alarm.get("StateReason", ""))
    return found
