"""Times in which nothing new is released, each read from one line of settings.

    Fri 16:00 - Mon 08:00 Europe/Berlin     every week
    Sat - Sun                               whole days
    2026-12-24 - 2026-12-27                 from the first day's beginning to the last day's end
    2026-12-24 12:00 - 2027-01-02 08:00 Europe/Berlin

Times are those of the clock on the wall in the named zone, UTC where none is named, so a window begins at the same hour
in summer and in winter. Zones are those of the tz database: https://www.iana.org/time-zones
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from delivery.errors import DeliveryError

EXAMPLES = "`Fri 16:00 - Mon 08:00 Europe/Berlin` or `2026-12-24 - 2026-12-27`"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DASHES = ("-", "–")


class FreezeError(DeliveryError):
    """A line that is no window: `word` is where reading stopped, `position` its offset from 0."""

    def __init__(self, message: str, word: str, position: int, fix: str = "") -> None:
        self.word = word
        self.position = position
        super().__init__(message, fix or f"write it like {EXAMPLES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A window of every week. start: minutes since Monday 00:00; length: in minutes, at most a week."""

    text: str
    zone: tzinfo
    start: int
    length: int

    def until(self, now: datetime) -> datetime | None:
        """When the window that `now` (aware) lies in ends, in its own zone; None outside of it."""
        local = now.astimezone(self.zone).replace(second=0, microsecond=0)
        spent = (local.weekday() * _DAY + local.hour * 60 + local.minute - self.start) % _WEEK
        return local + timedelta(minutes=self.length - spent) if spent < self.length else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A window between two moments on the wall; the second one is outside."""

    text: str
    zone: tzinfo
    start: datetime
    end: datetime

    def until(self, now: datetime) -> datetime | None:
        """When the window that `now` (aware) lies in ends, in its own zone; None outside of it."""
        wall = now.astimezone(self.zone).replace(tzinfo=None)
        return self.end.replace(tzinfo=self.zone) if self.start <= wall < self.end else None


Freeze = Weekly | Once


def parse(text: str) -> Freeze:
    """Read a window. Raises `FreezeError`, which names the word that could not be read."""
    words = _Words(text)
    first, begins = words.moment("")
    dash = words.dash()
    second, ends = words.moment(first)
    zone = words.zone()
    words.end()
    if isinstance(first, date) and isinstance(second, date):
        start = datetime.combine(first, time()) + timedelta(minutes=begins or 0)
        end = datetime.combine(second, time()) + timedelta(minutes=_DAY if ends is None else ends)
        if end <= start:
            raise FreezeError("it ends before it begins", *dash)
        return Once(text=text.strip(), zone=zone, start=start, end=end)
    opens = DAYS.index(str(first)) * _DAY + (begins or 0)
    closes = DAYS.index(str(second)) * _DAY + (_DAY if ends is None else ends)
    if opens == closes:
        raise FreezeError("it ends when it begins, and covers nothing", *dash)
    return Weekly(text=text.strip(), zone=zone, start=opens, length=(closes - opens) % _WEEK or _WEEK)


class _Words:
    """The words of a line, each with its offset, taken from the front."""

    def __init__(self, text: str) -> None:
        self._words = [*((word.group(), word.start()) for word in re.finditer(r"\S+", text)), ("", len(text))]

    def moment(self, like: date | str) -> tuple[date | str, int | None]:
        """Take a day or a date, of the same kind as `like` where that is given, and a time where one follows."""
        word, position = self._words[0]
        day = _day(word)
        what = "a day such as `Fri` or a date such as 2026-12-24"
        if like:
            what = "a date such as 2026-12-27" if isinstance(like, date) else "a day such as `Mon`"
        found: date | str
        if day and not isinstance(like, date):
            found = day
        elif _DATE.fullmatch(word) and (not like or isinstance(like, date)):
            try:
                found = date.fromisoformat(word)
            except ValueError:
                raise FreezeError(f"there is no day `{word}`", word, position) from None
        else:
            raise FreezeError(f"expected {what}, got {_quoted(word)}", word, position, _apart(word))
        self._words.pop(0)
        return found, self._time()

    def _time(self) -> int | None:
        word, position = self._words[0]
        if not word[:1].isdigit():
            return None
        if not _TIME.fullmatch(word):
            raise FreezeError(f"expected a time such as 16:00, got `{word}`", word, position, _apart(word))
        self._words.pop(0)
        return int(word[:2]) * 60 + int(word[3:])

    def dash(self) -> tuple[str, int]:
        """Take the dash between the two moments."""
        word, position = self._words[0]
        if word not in _DASHES:
            raise FreezeError(f"expected a time or ` - `, got {_quoted(word)}", word, position, _apart(word))
        return self._words.pop(0)

    def zone(self) -> tzinfo:
        """Take the zone, where one is named."""
        word, position = self._words[0]
        if word in ("", "UTC"):
            self._words = self._words[1:] if word else self._words
            return UTC
        try:
            found = ZoneInfo(word)
        except (KeyError, ValueError, OSError):
            near = difflib.get_close_matches(word, available_timezones(), 1)
            fix = f"did you mean {near[0]}?" if near else "such as Europe/Berlin, or none for UTC"
            raise FreezeError(f"expected a time zone or the end, got `{word}`", word, position, fix) from None
        self._words.pop(0)
        return found

    def end(self) -> None:
        """See that nothing is left."""
        word, position = self._words[0]
        if word:
            raise FreezeError(f"expected the end, got `{word}`", word, position)


def _day(word: str) -> str:
    """The day that a word names by its first three letters or in full; empty for any other word."""
    return next((day for day in DAYS if word.lower() in (day, day[:3])), "")


def _apart(word: str) -> str:
    """The way out for two words that were written as one."""
    return "put spaces around `-`" if re.search(r"[:\w][-–]\w", word) and not _DATE.fullmatch(word) else ""


def _quoted(word: str) -> str:
    return f"`{word}`" if word else "the end"
