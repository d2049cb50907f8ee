"""Alarms that ring by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import cloudwatch_alarm_evaluation, emulated_time
from rehearsal.aws.corrections.cloudwatch_alarm_evaluation import Evaluation, judge

X = 9.0  # breaches
O = 1.0  # does not  # noqa: E741


def row(pattern: Any) -> Any:
    return [{"x": X, "0": O, "-": None}[sign] for sign in pattern.split()]


# The tables of AWS's page on missing data, with the evaluation range of five periods:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data
THREE_OF_THREE: list[tuple[str, list[str | None]]] = [
    ("0 - x - x", ["OK", "OK", "OK", "OK"]),
    ("- - - - 0", ["OK", "OK", "OK", "OK"]),
    ("- - - - -", ["INSUFFICIENT_DATA", None, "ALARM", "OK"]),
    ("0 x x - x", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("- - x - -", ["ALARM", None, "ALARM", "OK"]),
]
TWO_OF_THREE: list[tuple[str, list[str | None]]] = [
    ("0 - x - x", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("0 0 x 0 x", ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ("0 - x - -", ["OK", "OK", "ALARM", "OK"]),
    ("- - - - 0", ["OK", "OK", "ALARM", "OK"]),
    ("- - - x -", ["ALARM", None, "ALARM", "OK"]),
]
TREATMENTS = ["missing", "ignore", "breaching", "notBreaching"]


@pytest.mark.parametrize(
    ("pattern", "treatment", "to_alarm", "state"),
    [
        (pattern, treatment, to_alarm, state)
        for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
        for pattern, expected in table
        for treatment, state in zip(TREATMENTS, expected, strict=True)
    ],
)
def test_missing_data_as_in_awss_tables(pattern: Any, treatment: Any, to_alarm: Any, state: Any) -> None:
    verdict = judge(row(pattern), 5, "GreaterThanThreshold", periods=3, to_alarm=to_alarm, missing=treatment)
    assert verdict.state == state


@pytest.mark.parametrize(
    ("operator", "at_threshold", "above"),
    [
        ("GreaterThanThreshold", "OK", "ALARM"),
        ("GreaterThanOrEqualToThreshold", "ALARM", "ALARM"),
        ("LessThanThreshold", "OK", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM", "OK"),
    ],
)
def test_operators(operator: Any, at_threshold: Any, above: Any) -> None:
    assert judge([5.0], 5, operator, periods=1).state == at_threshold
    assert judge([6.0], 5, operator, periods=1).state == above


def test_the_reason_is_cloudwatchs() -> None:
    reason = judge([9.0, 9.0], 5, "GreaterThanThreshold", periods=2).reason
    assert reason == "Threshold Crossed: 2 out of the last 2 datapoints [9, 9] were greater than the threshold (5)."


@pytest.fixture
def clock() -> Any:
    return ManualClock(start=1_700_000_040.0)


class Alarmed:
    """CloudWatch with the correction, a clock to move, and one alarm named `a`."""

    def __init__(self, ministack: Any, binding: Any, clock: Any) -> None:
        emulated_time.apply(binding, clock)
        self.evaluation = Evaluation(clock)
        cloudwatch_alarm_evaluation.apply(binding, self.evaluation)
        self.clock, self.client = clock, ministack.client("cloudwatch")

    def alarm(self, **settings: Any) -> None:
        defaults = {
            "AlarmName": "a",
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
        self.client.put_metric_alarm(**defaults | settings)

    def put(self, name: Any, value: Any, **dimensions: Any) -> None:
        pairs = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        datum = {"MetricName": name, "Value": value, "Dimensions": pairs, "Timestamp": self.clock.now()}
        self.client.put_metric_data(Namespace="n", MetricData=[datum])

    def state(self) -> Any:
        self.evaluation.all()
        return self.client.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"]

    def minute(self) -> None:
        self.clock.advance(60)


@pytest.fixture
def alarmed(ministack: Any, binding: Any, clock: Any) -> Any:
    return Alarmed(ministack, binding, clock)


METRIC = {"Namespace": "n", "MetricName": "errors", "Statistic": "Sum", "Period": 60}


def test_stock_ministack_mixes_dimensions(ministack: Any) -> None:
    client = ministack.client("cloudwatch")
    green = [{"Name": "group", "Value": "green"}]
    client.put_metric_alarm(
        AlarmName="a",
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=green,
        **METRIC,
    )
    blue = {"MetricName": "errors", "Value": 9, "Dimensions": [{"Name": "group", "Value": "blue"}]}
    client.put_metric_data(Namespace="n", MetricData=[blue])
    assert client.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_stock_ministack_drops_metric_math(ministack: Any) -> None:
    client = ministack.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="a", EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanThreshold", Metrics=MATH
    )
    assert "Metrics" not in client.describe_alarms()["MetricAlarms"][0]


def test_a_state_that_somebody_sets_lasts_until_the_next_evaluation(alarmed: Any) -> None:
    alarmed.alarm(**METRIC)
    assert alarmed.state() == "OK"
    alarmed.client.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="by hand")
    assert alarmed.state() == "ALARM"
    alarmed.clock.advance(59)
    assert alarmed.state() == "ALARM"
    alarmed.clock.advance(1)
    assert alarmed.state() == "OK"
    alarmed.client.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="again")
    assert alarmed.state() == "ALARM"


def test_an_alarm_that_is_declared_anew_is_judged_at_once(alarmed: Any) -> None:
    alarmed.alarm(**METRIC)
    alarmed.client.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="by hand")
    assert alarmed.state() == "ALARM"
    alarmed.alarm(**METRIC)
    assert alarmed.state() == "OK"


def test_another_dimensions_data_does_not_ring(alarmed: Any) -> None:
    alarmed.alarm(Dimensions=[{"Name": "group", "Value": "green"}], **METRIC)
    alarmed.put("errors", 9, group="blue")
    alarmed.minute()
    assert alarmed.state() == "OK"
    alarmed.put("errors", 9, group="green")
    alarmed.minute()
    assert alarmed.state() == "ALARM"


def test_an_alarm_recovers_when_the_data_stops(alarmed: Any) -> None:
    alarmed.alarm(**METRIC)
    alarmed.put("errors", 9)
    alarmed.minute()
    assert alarmed.state() == "ALARM"
    for _ in range(3):
        alarmed.minute()
    assert alarmed.state() == "OK"


def test_m_of_n(alarmed: Any) -> None:
    alarmed.alarm(**METRIC | {"EvaluationPeriods": 3, "DatapointsToAlarm": 2})
    for value, state in ((9, "OK"), (1, "OK"), (9, "ALARM"), (1, "OK")):
        alarmed.put("errors", value)
        alarmed.minute()
        assert alarmed.state() == state


def test_a_running_minute_does_not_count_yet(alarmed: Any) -> None:
    alarmed.alarm(**METRIC)
    alarmed.put("errors", 9)
    assert alarmed.state() == "OK"


def test_percentiles(alarmed: Any) -> None:
    settings = {key: value for key, value in METRIC.items() if key != "Statistic"}
    alarmed.alarm(ExtendedStatistic="p90", **settings)
    for value in (1, 1, 1, 9, 9):
        alarmed.put("errors", value)
    alarmed.minute()
    assert alarmed.state() == "ALARM"


def stat(identifier: Any, metric: Any, **more: Any) -> Any:
    source = {"Metric": {"Namespace": "n", "MetricName": metric}, "Period": 60, "Stat": "Sum"}
    return {"Id": identifier, "MetricStat": source, "ReturnData": False, **more}


MATH = [
    {"Id": "rate", "Expression": "IF(m1 > 10, 100 * FILL(m2, 0) / m1, 0)", "Label": "per cent", "ReturnData": True},
    stat("m1", "requests"),
    stat("m2", "errors"),
]


def test_metric_math(alarmed: Any) -> None:
    alarmed.alarm(Metrics=MATH)
    for requests, errors, state in ((5, 5, "OK"), (100, 0, "OK"), (100, 9, "ALARM"), (1000, 9, "OK")):
        alarmed.put("requests", requests)
        if errors:
            alarmed.put("errors", errors)
        alarmed.minute()
        assert alarmed.state() == state


def test_metric_math_is_answered_as_it_was_put(alarmed: Any) -> None:
    alarmed.alarm(Metrics=MATH)
    (alarm,) = alarmed.client.describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert alarm["Metrics"] == MATH
    assert not {"MetricName", "Statistic", "Period"} & alarm.keys()


def test_an_expression_that_cannot_be_read_leaves_the_other_alarms_alone(alarmed: Any, caplog: Any) -> None:
    alarmed.alarm(AlarmName="broken", Metrics=[{**MATH[0], "Expression": "NONSENSE(m1)"}, *MATH[1:]])
    alarmed.alarm(**METRIC)
    alarmed.put("errors", 9)
    alarmed.put("requests", 9)
    alarmed.minute()
    assert alarmed.state() == "ALARM"
    assert "broken" in caplog.text


def test_a_change_is_written_into_the_history(alarmed: Any) -> None:
    alarmed.alarm(**METRIC)
    alarmed.put("errors", 9)
    alarmed.minute()
    alarmed.state()
    items = alarmed.client.describe_alarm_history(AlarmName="a", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    states = [json.loads(item["HistoryData"])["newState"]["stateValue"] for item in items]
    assert "ALARM" in states
