"""Alarms that ring by themselves: dimensions, M of N, missing data, metric math, percentiles.

AWS: an alarm looks at the last N periods of exactly its metric (namespace, name, dimensions) or of its metric math
expression; it is in ALARM while at least M of them breach, fills gaps as TreatMissingData says, and goes back by
itself. A state that somebody sets lasts until the next evaluation, which comes once a minute.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarm-evaluation

MiniStack 1.5.33 evaluates only when something is put, over one sum of all dimensions and all periods, knows neither
DatapointsToAlarm nor missing data nor metric math, and never leaves ALARM when the data stops.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections import metric_math
from rehearsal.aws.corrections.binding import Binding

_MINUTE = 60
_EXTRA_PERIODS = 2  # AWS reads more periods than N, so that a gap does not hide what came before it
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}

Alarm = dict[str, Any]
log = logging.getLogger("slipway.alarms")


@dataclass(frozen=True)
class Verdict:
    """The state an alarm should have, and why, in CloudWatch's words. `state` None means: keep the one it has."""

    state: str | None
    reason: str


def judge(
    values: list[float | None],
    threshold: float,
    operator: str,
    *,
    periods: int,
    to_alarm: int | None = None,
    missing: str = "missing",
) -> Verdict:
    """Decide from the periods' values, oldest first, None where there is no data; more than N may be given.

    With at least N values in the range, the latest N decide. With fewer, `breaching` and `notBreaching` fill the gaps;
    with `missing` and `ignore` the present values alone decide, except that too few values never ring an `ignore`
    alarm, and that nothing but gaps is INSUFFICIENT_DATA for `missing`.
    """
    needed = to_alarm or periods
    breaches = _OPERATORS[operator]
    known = [value for value in values if value is not None][-periods:]
    gaps = periods - len(known)
    bad = sum(breaches(value, threshold) for value in known)
    if not known and missing in ("missing", "ignore"):
        reason = f"Insufficient Data: {gaps} datapoint{'s were' if gaps != 1 else ' was'} unknown."
        return Verdict(None if missing == "ignore" else "INSUFFICIENT_DATA", reason)
    if missing == "breaching":
        bad += gaps
    shown = ", ".join(f"{value:g}" for value in known)
    rings = bad >= (min(needed, len(known)) if missing in ("missing", "ignore") else needed)
    if rings and bad < needed and missing == "ignore":
        return Verdict(None, "Insufficient Data: the alarm keeps its state.")
    count, negation = (bad, "") if rings else (periods - bad, "not ")
    return Verdict(
        "ALARM" if rings else "OK",
        f"Threshold Crossed: {count} out of the last {periods} datapoints [{shown}] "
        f"{'was' if count == 1 else 'were'} {negation}{_words(operator)} the threshold ({threshold:g}).",
    )


def _words(operator: str) -> str:
    return {
        "GreaterThanOrEqualToThreshold": "greater than or equal to",
        "GreaterThanThreshold": "greater than",
        "LessThanThreshold": "less than",
        "LessThanOrEqualToThreshold": "less than or equal to",
    }[operator]


class Evaluation:
    """Reads metrics and moves alarms."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, str] = {}
        self._set_at: dict[str, float] = {}

    def all(self) -> None:
        """Evaluate every alarm of the current account and region."""
        for alarm in cloudwatch._alarms.values():
            try:
                self.one(alarm)
            except Exception:
                log.exception("alarm %s: cannot be evaluated", alarm.get("AlarmName"))

    def one(self, alarm: Alarm) -> None:
        """Evaluate one alarm, and move it where its state has changed."""
        if alarm.get("ComparisonOperator") not in _OPERATORS or self._was_just_set(alarm):
            return
        self._move(alarm)
        self._left[alarm["AlarmName"]] = alarm["StateValue"]

    def forget(self, name: str) -> None:
        """Judge an alarm afresh: it is another one now."""
        self._left.pop(name, None)

    def _was_just_set(self, alarm: Alarm) -> bool:
        """Whether somebody has set another state than the one it was left in, less than a minute ago."""
        name, state, now = alarm["AlarmName"], alarm["StateValue"], self._clock.now()
        if state != self._left.get(name, state) and now - self._set_at.setdefault(name, now) < _MINUTE:
            return True
        self._set_at.pop(name, None)
        return False

    def _move(self, alarm: Alarm) -> None:
        periods = int(alarm.get("EvaluationPeriods") or 1)
        to_alarm = alarm.get("DatapointsToAlarm")
        verdict = judge(
            self.values(alarm, periods + _EXTRA_PERIODS),
            float(alarm.get("Threshold") or 0),
            alarm["ComparisonOperator"],
            periods=periods,
            to_alarm=int(to_alarm) if to_alarm else None,
            missing=alarm.get("TreatMissingData") or "missing",
        )
        old = alarm["StateValue"]
        if verdict.state is None or verdict.state == old:
            return
        alarm["StateValue"], alarm["StateReason"] = verdict.state, verdict.reason
        alarm["StateUpdatedTimestamp"] = int(self._clock.now())
        cloudwatch._record_history(alarm["AlarmName"], old, verdict.state, verdict.reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, verdict.state, verdict.reason)
        cloudwatch._evaluate_parent_alarms(alarm)

    def values(self, alarm: Alarm, count: int) -> list[float | None]:
        """The last `count` complete periods of what the alarm watches, oldest first."""
        queries = alarm.get("Metrics") or []
        period = _period(alarm)
        step = min(period, _MINUTE)
        end = self._clock.now() // step * step
        times = [end - (count - index) * period for index in range(count)]
        if not queries:
            return self._of_times(self._metric(alarm, alarm_statistic(alarm), period, times), times)
        shown = next((query for query in queries if query.get("ReturnData", True) is not False), queries[-1])
        return self._of_times(self._query(shown, {q["Id"]: q for q in queries}, period, times), times)

    def _query(
        self, query: dict[str, Any], queries: Mapping[str, dict[str, Any]], period: int, times: list[float]
    ) -> metric_math.Series:
        if stat := query.get("MetricStat"):
            return self._metric(stat["Metric"], stat["Stat"], int(stat.get("Period") or period), times)
        expression = query["Expression"]
        read = {
            name: self._query(queries[name], queries, period, times)
            for name in metric_math.names(expression)
            if name in queries and name != query["Id"]
        }
        return metric_math.evaluate(expression, read, times)

    def _metric(self, metric: dict[str, Any], statistic: str, period: int, times: list[float]) -> metric_math.Series:
        dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])
        key = (metric.get("Namespace"), metric.get("MetricName"), cloudwatch._dims_key(dimensions))
        points = list(cloudwatch._metrics.get(key) or ())
        series: metric_math.Series = {}
        for start in times:
            inside = [point for point in points if start <= point["Timestamp"] < start + period]
            statistics = cloudwatch._calc_stats(inside)
            value = cloudwatch._stat_value(statistics, statistic, inside) if statistics else None
            if value is not None:
                series[start] = float(value)
        return series

    @staticmethod
    def _of_times(series: metric_math.Series, times: list[float]) -> list[float | None]:
        return [series.get(moment) for moment in times]


def alarm_statistic(alarm: Alarm) -> str:
    """The statistic an alarm on one metric looks at."""
    return str(alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average")


def _period(alarm: Alarm) -> int:
    """Seconds: of the alarm, else the longest of its metrics."""
    lengths = [
        int(query.get("Period") or (query.get("MetricStat") or {}).get("Period") or 0)
        for query in alarm.get("Metrics") or []
    ]
    return max(lengths, default=0) or int(alarm.get("Period") or _MINUTE)


def apply(binding: Binding, evaluation: Evaluation) -> None:
    """Evaluate as `evaluation` does wherever MiniStack evaluates; who calls `evaluation.all` each second is up to the
    server.
    """
    put_alarm = cloudwatch._put_metric_alarm

    def put(params: dict[str, Any], data: dict[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        evaluation.forget(data["AlarmName"] if is_cbor or is_json else cloudwatch._p(params, "AlarmName"))
        answer = put_alarm(params, data, is_cbor, is_json)
        if answer[0] == 200 and (is_cbor or is_json) and data.get("Metrics"):
            alarm = cloudwatch._alarms[data["AlarmName"]]
            alarm["Metrics"] = json.loads(json.dumps(data["Metrics"]))
            without_metric(alarm)
        return answer

    binding.replace(cloudwatch, "_put_metric_alarm", put)
    binding.replace(cloudwatch, "_evaluate_alarm", evaluation.one)


def without_metric(alarm: Alarm) -> None:
    """A metric math alarm has no metric, statistic or period of its own."""
    for name in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit"):
        alarm.pop(name, None)
