"""Alarms over the Query protocol."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import cloudwatch_alarm_evaluation, cloudwatch_alarm_query
from rehearsal.aws.corrections.cloudwatch_alarm_evaluation import Evaluation

pytestmark = pytest.mark.ministack

SIMPLE = {
    "AlarmName": "a",
    "AlarmDescription": "x < y",
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": "30",
    "EvaluationPeriods": "2",
    "DatapointsToAlarm": "1",
    "Threshold": "5",
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "ActionsEnabled": "true",
    "AlarmActions.member.1": "arn:aws:sns:eu-central-1:111122223333:t",
    "InsufficientDataActions.member.1": "arn:aws:sns:eu-central-1:111122223333:u",
    "Dimensions.member.1.Name": "d",
    "Dimensions.member.1.Value": "1",
}
MATH = {
    "AlarmName": "a",
    "EvaluationPeriods": "1",
    "Threshold": "5",
    "ComparisonOperator": "GreaterThanThreshold",
    "Metrics.member.1.Id": "rate",
    "Metrics.member.1.Expression": "100 * m1",
    "Metrics.member.1.Label": "per cent",
    "Metrics.member.1.ReturnData": "true",
    "Metrics.member.2.Id": "m1",
    "Metrics.member.2.ReturnData": "false",
    "Metrics.member.2.MetricStat.Metric.Namespace": "n",
    "Metrics.member.2.MetricStat.Metric.MetricName": "m",
    "Metrics.member.2.MetricStat.Metric.Dimensions.member.1.Name": "d",
    "Metrics.member.2.MetricStat.Metric.Dimensions.member.1.Value": "1",
    "Metrics.member.2.MetricStat.Period": "60",
    "Metrics.member.2.MetricStat.Stat": "Sum",
}


def put_and_describe(ministack: Any, parameters: Any) -> Any:
    ministack.query("monitoring", "PutMetricAlarm", **parameters)
    return ministack.query("monitoring", "DescribeAlarms", **{"AlarmNames.member.1": "a"})


@pytest.fixture
def corrected(binding: Any) -> None:
    cloudwatch_alarm_evaluation.apply(binding, Evaluation(ManualClock()))
    cloudwatch_alarm_query.apply(binding)


def test_stock_ministack_answers_with_a_part(ministack: Any) -> None:
    xml = put_and_describe(ministack, SIMPLE)
    assert "<AlarmActions>" not in xml
    assert "<Period>" not in xml


def test_stock_ministack_drops_metrics(ministack: Any) -> None:
    assert "<Expression>" not in put_and_describe(ministack, MATH)


@pytest.mark.usefixtures("corrected")
def test_every_member_is_answered(ministack: Any) -> None:
    xml = put_and_describe(ministack, SIMPLE)
    for name, value in SIMPLE.items():
        member = name.split(".", 1)[0]
        assert f"<{member}>" in xml
        assert value.replace("<", "&lt;") in xml
    assert "<Threshold>5.0</Threshold>" in xml
    assert re.search(r"<StateUpdatedTimestamp>\d{4}-\d\d-\d\dT[\d:.]+Z<", xml)


@pytest.mark.usefixtures("corrected")
def test_metrics_are_answered_and_nothing_that_does_not_belong_to_them(ministack: Any) -> None:
    xml = put_and_describe(ministack, MATH)
    assert "<Expression>100 * m1</Expression>" in xml
    assert "<Stat>Sum</Stat>" in xml
    assert "<ReturnData>false</ReturnData>" in xml
    assert "<Statistic>" not in xml


@pytest.mark.usefixtures("corrected")
def test_the_json_protocol_sees_the_same_alarm(ministack: Any) -> None:
    put_and_describe(ministack, MATH)
    (alarm,) = ministack.client("cloudwatch").describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert [query["Id"] for query in alarm["Metrics"]] == ["rate", "m1"]
    assert alarm["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "d", "Value": "1"}]


@pytest.mark.usefixtures("corrected")
def test_composite_alarms_are_answered_too(ministack: Any) -> None:
    put_and_describe(ministack, SIMPLE)
    ministack.client("cloudwatch").put_composite_alarm(AlarmName="c", AlarmRule="ALARM(a)")
    xml = ministack.query("monitoring", "DescribeAlarms", **{"AlarmTypes.member.1": "CompositeAlarm"})
    assert "<AlarmRule>ALARM(a)</AlarmRule>" in xml
    assert "<MetricAlarms></MetricAlarms>" in xml
