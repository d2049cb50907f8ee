"""A plot of rates over time, in inline SVG: bands, marks, axes. It knows nothing of releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 46, 30
#: Width of a character of a label, roughly.
CHARACTER = 7.2


@dataclass(frozen=True)
class Label:
    """Something that happened at a time; the weightier of two that want one place gets it."""

    at: float
    text: str
    weight: int = 0


@dataclass(frozen=True)
class Plot:
    """Where times (seconds) and rates (per second) stand in a picture of `height`."""

    start: float
    end: float
    steps: int
    top: float
    height: int

    @property
    def step(self) -> float:
        """How long a step of time is, in seconds."""
        return (self.end - self.start) / self.steps

    def x(self, at: float) -> float:
        """Return the place of a time."""
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + min(max(share, 0), 1) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, rate: float) -> float:
        """Return the height of a rate."""
        return round(self.height - BOTTOM - rate / self.top * (self.height - TOP - BOTTOM), 1)

    def edge(self, place: int) -> float:
        """Return where a step of time begins."""
        return self.x(self.start + place * self.step)

    def band(self, floor: Sequence[float], ceiling: Sequence[float], kind: str, told: str) -> str:
        """Draw a band with steps between two rows of rates."""
        upper, lower = list[str](), list[str]()
        for place, (low, high) in enumerate(zip(floor, ceiling, strict=True)):
            for edge in (self.edge(place), self.edge(place + 1)):
                upper.append(f"{edge},{self.y(high)}")
                lower.append(f"{edge},{self.y(low)}")
        points = " ".join(upper + lower[::-1])
        return f'<polygon class="{kind}" points="{points}"><title>{escape(told)}</title></polygon>'

    def bar(self, place: int, rate: float, kind: str, told: str) -> str:
        """Draw a bar from the ground, high enough to be seen."""
        left, width = self.edge(place), max(3.0, self.edge(place + 1) - self.edge(place))
        height = max(7.0, self.y(0) - self.y(rate))
        return (
            f'<rect class="{kind}" x="{left}" y="{self.y(0) - height:.1f}" width="{width:.1f}" height="{height:.1f}">'
            f"<title>{escape(told)}</title></rect>"
        )

    def axes(self, zero: float, origin: str) -> str:
        """Draw a few quiet lines: rates at the left, seconds since `zero` below; `origin` names that moment."""
        parts, rate = list[str](), nice(self.top / 3)
        for number in range(int(self.top / rate) + 1):
            y, unit = self.y(number * rate), "/s" if number else ""
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(
                f'<text class="axis" x="{LEFT - 7}" y="{y + 4}" text-anchor="end">{number * rate:g}{unit}</text>'
            )
        pace = nice((self.end - self.start) / 8)
        for number in range(int((self.end - zero) / pace) + 1):
            x = self.x(zero + number * pace)
            # Text at the right edge would be cut off.
            anchor = "end" if x > WIDTH - RIGHT - 15 else "middle"
            label = _time(number * pace) if number else origin
            parts.append(f'<text class="axis" x="{x}" y="{self.height - 10}" text-anchor="{anchor}">{label}</text>')
        return "".join(parts)

    def marks(self, labels: Sequence[Label]) -> str:
        """Draw a line for each label, and its text where there is room: two rows, the weightiest first."""
        parts, taken = list[str](), list[tuple[int, float, float]]()
        for label in sorted(labels, key=lambda one: (-one.weight, one.at)):
            x, width = self.x(label.at), CHARACTER * len(label.text) + 10
            parts.append(f'<line class="mark" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{self.height - BOTTOM}"/>')
            left = x - width if x + width > WIDTH else x
            free = (row for row in (1, 0) if not any(r == row and left < b and a < left + width for r, a, b in taken))
            if (row := next(free, None)) is not None:
                taken.append((row, left, left + width))
                anchor, shift = ("end", -4) if left < x else ("start", 4)
                text = f'<text class="label" x="{x + shift}" y="{15 + 16 * row}" text-anchor="{anchor}">'
                parts.append(f"{text}{escape(label.text)}</text>")
        return "".join(parts)


def svg(height: int, title: str, parts: Sequence[str]) -> str:
    """Put a picture together."""
    named = escape(title)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{named}">{"".join(parts)}</svg>'


def nice(value: float) -> float:
    """Round up to a number that people count in: 1, 2, 5, 10, 20 …"""
    size = 10.0 ** (len(str(int(max(value, 1)))) - 1)
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value)


def _time(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
