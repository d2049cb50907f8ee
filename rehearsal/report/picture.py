"""Pictures of what users saw: requests per second by version over time; failures in red."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.bench.counters import NO_VERSION, Count
from rehearsal.report.plot import Label, Plot, svg

#: Seconds of the wall around an update that its picture shows too.
MARGIN = 3.0
#: The most steps of time that a picture is cut into.
STEPS = 120

#: The last word of a release's progress → its label; the share of users where it is empty.
STAGES = {"tasks": "tasks start", "ready": "ready", "checks": "checks", "bake": "bake", "canary": "", "linear": ""}


@dataclass(frozen=True)
class Bin:
    """What was seen within one step of time."""

    answered: Counter[str]
    failed: int


def bins(count: Count, start: float, end: float, steps: int) -> list[Bin]:
    """Sort requests into steps of time."""
    answered, failed = [Counter[str]() for _ in range(steps)], [0] * steps
    for seen in count.between(start, end).requests:
        place = min(steps - 1, int((seen.sent - start) / (end - start) * steps))
        if seen.problem:
            failed[place] += 1
        else:
            answered[place][seen.version or NO_VERSION] += 1
    return [Bin(*pair) for pair in zip(answered, failed, strict=True)]


def release(entry: dict[str, Any], before: str, count: Count) -> str:
    """Draw a release from its entry in the report: the version that served `before` in blue, the new one in green."""
    start, end = entry["started"] - MARGIN, entry["ended"] + MARGIN
    drawn = bins(count, start, end, _steps(start, end))
    rank = {entry["version"]: 0, before: 1}
    kinds = {entry["version"]: "green", before: "blue"}
    versions = sorted(_versions(drawn), key=lambda version: (rank.get(version, 2), version))
    plot = _plot(drawn, start, end, height=250)
    title = f"Requests per second during release {entry['number']}, {entry['version']}: {entry['result']}"
    marks = plot.marks(labels(entry))
    return svg(
        plot.height, title, [plot.axes(entry["started"], "pulumi up"), *_drawing(plot, drawn, versions, kinds), marks]
    )


def story(report: dict[str, Any], count: Count) -> str:
    """Draw the whole story, each version in a colour of its own."""
    start, end = count.requests[0].sent, count.requests[-1].sent + 0.01
    drawn = bins(count, start, end, _steps(start, end))
    versions = _versions(drawn)
    plot = _plot(drawn, start, end, height=210)
    kinds = {version: f"version-{place}" for place, version in enumerate(versions)}
    begun = [Label(entry["started"], f"{entry['number']} {entry['version']}") for entry in report["releases"]]
    marks = plot.marks([label for label in begun if label.at > start])
    title = "Requests per second by version, over the whole story"
    return svg(plot.height, title, [plot.axes(start, "0"), *_drawing(plot, drawn, versions, kinds), marks])


def labels(entry: dict[str, Any]) -> list[Label]:
    """Return the first moment of each stage of a release, in few words: `10% 1/5m canary` and its like are `10%`."""
    found: dict[str, Label] = {}
    for moment in entry["moments"]:
        share, _, rest = moment["text"].partition(" ")
        stage = rest.rpartition(" ")[2]
        if stage in STAGES:
            text = STAGES[stage] or share
        elif share == "0%" or not share.endswith("%"):
            continue
        else:
            text = share
        found.setdefault(text, Label(moment["at"], text, weight=1 if text.endswith("%") else 0))
    ended = "done" if entry["result"] == "succeeded" else entry["result"]
    return [*found.values(), Label(entry["ended"], ended, weight=2)]


def _versions(drawn: Sequence[Bin]) -> list[str]:
    return sorted({version for one in drawn for version in one.answered})


def _steps(start: float, end: float) -> int:
    """Steps of a second, or longer ones where there would be too many."""
    return max(1, min(STEPS, round(end - start)))


def _plot(drawn: Sequence[Bin], start: float, end: float, height: int) -> Plot:
    step = (end - start) / len(drawn)
    top = max([one.answered.total() + one.failed for one in drawn] + [1]) / step
    return Plot(start, end, len(drawn), top * 1.06, height)


def _drawing(plot: Plot, drawn: Sequence[Bin], versions: Sequence[str], kinds: dict[str, str]) -> list[str]:
    """A band for each version, one on the other, and what failed before them."""
    parts, floor = list[str](), [0.0] * len(drawn)
    for version in versions:
        ceiling = [low + one.answered[version] / plot.step for low, one in zip(floor, drawn, strict=True)]
        total = sum(one.answered[version] for one in drawn)
        parts.append(plot.band(floor, ceiling, kinds.get(version, "other"), f"{version}: {total:,} requests"))
        floor = ceiling
    for place, one in enumerate(drawn):
        if one.failed:
            told = f"{one.failed} failed request{'' if one.failed == 1 else 's'}"
            parts.append(plot.bar(place, one.failed / plot.step, "failed", told))
    return parts
