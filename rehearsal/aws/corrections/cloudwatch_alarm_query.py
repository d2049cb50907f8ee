"""PutMetricAlarm and DescribeAlarms over the Query protocol, whole.

AWS: DescribeAlarms answers with everything the alarm was put with, metric math included, over every protocol.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html

MiniStack 1.5.33 answers Query clients (terraform-provider-aws 5 among them) with nine members of an alarm, and drops
`Metrics` of a Query request, so that an update never comes to rest.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.cloudwatch_alarm_evaluation import without_metric

_ONCE = ("AlarmNamePrefix", "StateValue", "NextToken", "MaxRecords", "ParentsOfAlarmName", "ChildrenOfAlarmName")


def apply(binding: Binding) -> None:
    """Read `Metrics`, answer with every member."""
    put_alarm, describe_alarms = cloudwatch._put_metric_alarm, cloudwatch._describe_alarms

    def put(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if is_cbor or is_json:
            return put_alarm(params, data, is_cbor, is_json)
        answer = put_alarm(params, data, is_cbor, is_json)
        if answer[0] == 200:
            alarm = cloudwatch._alarms[cloudwatch._p(params, "AlarmName")]
            alarm["InsufficientDataActions"] = _members(params, "InsufficientDataActions")
            if metrics := _metrics(params):
                alarm["Metrics"] = metrics
                without_metric(alarm)
            elif not cloudwatch._p(params, "Statistic"):
                alarm.pop("Statistic", None)
        return answer

    def describe(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        if is_cbor or is_json:
            return describe_alarms(params, data, is_cbor, is_json)
        query: dict[str, Any] = {name: cloudwatch._p(params, name) for name in _ONCE if cloudwatch._p(params, name)}
        query["AlarmNames"] = _members(params, "AlarmNames")
        query["AlarmTypes"] = _members(params, "AlarmTypes")
        status, _, body = describe_alarms({}, query, False, True)
        if status != 200:
            return describe_alarms(params, data, is_cbor, is_json)
        found = json.loads(body)
        token = f"<NextToken>{escape(found['NextToken'])}</NextToken>" if found.get("NextToken") else ""
        inner = "".join(f"<{kind}>{_alarms_xml(found[kind])}</{kind}>" for kind in ("MetricAlarms", "CompositeAlarms"))
        return cloudwatch._xml(
            200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{inner}{token}</DescribeAlarmsResult>"
        )

    binding.replace(cloudwatch, "_put_metric_alarm", put)
    binding.replace(cloudwatch, "_describe_alarms", describe)


def _members(params: dict[str, Any], name: str) -> list[str]:
    values: list[str] = []
    while value := cloudwatch._p(params, f"{name}.member.{len(values) + 1}"):
        values.append(value)
    return values


def _metrics(params: dict[str, Any]) -> list[dict[str, Any]]:
    queries: list[dict[str, Any]] = []
    while identifier := cloudwatch._p(params, f"Metrics.member.{len(queries) + 1}.Id"):
        queries.append(_metric(params, f"Metrics.member.{len(queries) + 1}", identifier))
    return queries


def _metric(params: dict[str, Any], prefix: str, identifier: str) -> dict[str, Any]:
    query: dict[str, Any] = {"Id": identifier}
    for name in ("Expression", "Label", "AccountId"):
        if value := cloudwatch._p(params, f"{prefix}.{name}"):
            query[name] = value
    if period := cloudwatch._p(params, f"{prefix}.Period"):
        query["Period"] = int(period)
    query["ReturnData"] = cloudwatch._p(params, f"{prefix}.ReturnData") != "false"
    stat = f"{prefix}.MetricStat"
    if name := cloudwatch._p(params, f"{stat}.Metric.MetricName"):
        dimensions: list[dict[str, str]] = []
        where = f"{stat}.Metric.Dimensions.member"
        while dimension := cloudwatch._p(params, f"{where}.{len(dimensions) + 1}.Name"):
            value = cloudwatch._p(params, f"{where}.{len(dimensions) + 1}.Value")
            dimensions.append({"Name": dimension, "Value": value})
        query["MetricStat"] = {
            "Metric": {
                "Namespace": cloudwatch._p(params, f"{stat}.Metric.Namespace"),
                "MetricName": name,
                "Dimensions": dimensions,
            },
            "Period": int(cloudwatch._p(params, f"{stat}.Period") or 60),
            "Stat": cloudwatch._p(params, f"{stat}.Stat"),
        }
        if unit := cloudwatch._p(params, f"{stat}.Unit"):
            query["MetricStat"]["Unit"] = unit
    return query


def _alarms_xml(alarms: list[dict[str, Any]]) -> str:
    return "".join(f"<member>{_xml(_public(alarm))}</member>" for alarm in alarms)


def _public(alarm: dict[str, Any]) -> dict[str, Any]:
    members = {name: value for name, value in alarm.items() if not name.startswith("_")}
    for name, value in members.items():
        if name.endswith("Timestamp") and isinstance(value, int | float):
            members[name] = datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return members


def _xml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items() if inner not in (None, ""))
    if isinstance(value, list):
        return "".join(f"<member>{_xml(inner)}</member>" for inner in value)
    return escape(str(value))
