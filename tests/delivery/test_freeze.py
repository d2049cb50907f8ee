"""Windows in which nothing new is released: what is read, what is refused, and when they hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.freeze import DAYS, FreezeError, parse
from tests.examples import examples

WEEKEND = "Fri 16:00 - Mon 08:00 Europe/Berlin"


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        (WEEKEND, "2026-01-02 15:59:59", None),
        (WEEKEND, "2026-01-02 16:00", "2026-01-05 08:00"),
        (WEEKEND, "2026-01-04 03:00", "2026-01-05 08:00"),
        (WEEKEND, "2026-01-05 07:59:59", "2026-01-05 08:00"),
        (WEEKEND, "2026-01-05 08:00", None),
        # The clocks go forward on 29 March and back on 25 October 2026: the hour on the wall stays.
        (WEEKEND, "2026-03-28 12:00", "2026-03-30 08:00"),
        (WEEKEND, "2026-10-24 12:00", "2026-10-26 08:00"),
        ("mon 22:00 – TUESDAY 06:00 Europe/Berlin", "2026-01-06 05:00", "2026-01-06 06:00"),
        ("Sat - Sun Europe/Berlin", "2026-01-04 23:59", "2026-01-05 00:00"),
        ("Sat - Sun Europe/Berlin", "2026-01-05 00:00", None),
        ("2026-12-24 - 2026-12-27 Europe/Berlin", "2026-12-27 23:59", "2026-12-28 00:00"),
        ("2026-12-24 - 2026-12-27 Europe/Berlin", "2026-12-23 23:59", None),
        ("2026-12-24 - 2026-12-24 Europe/Berlin", "2026-12-24 10:00", "2026-12-25 00:00"),
        ("2026-12-24 12:00 - 2027-01-02 08:00 Europe/Berlin", "2027-01-02 07:59", "2027-01-02 08:00"),
        ("2026-12-24 12:00 - 2027-01-02 24:00 Europe/Berlin", "2026-12-24 11:59", None),
    ],
)
def test_when_a_window_holds(window: str, now: str, until: str | None) -> None:
    found = parse(window).until(at(now).astimezone(UTC))
    assert found == (at(until) if until else None)


def test_without_a_zone_times_are_utc() -> None:
    assert parse("Fri 16:00 - Mon 08:00").until(datetime(2026, 1, 2, 16, tzinfo=UTC)) is not None
    assert parse("Fri 16:00 - Mon 08:00 UTC").until(datetime(2026, 1, 2, 15, 59, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("window", "word", "message", "fix"),
    [
        ("", "", "expected a day such as `Fri` or a date such as 2026-12-24, got the end", "write it like"),
        ("Frei 16:00 - Mon", "Frei", "expected a day such as `Fri` or a date such as 2026-12-24, got `Frei`", "write"),
        ("Fri 25:00 - Mon", "25:00", "expected a time such as 16:00, got `25:00`", "write it like"),
        ("Fri 16:00-Mon 08:00", "16:00-Mon", "expected a time such as 16:00, got `16:00-Mon`", "put spaces around `-`"),
        (
            "Fri-Mon",
            "Fri-Mon",
            "expected a day such as `Fri` or a date such as 2026-12-24, got `Fri-Mon`",
            "put spaces",
        ),
        ("Fri to Mon", "to", "expected a time or ` - `, got `to`", "write it like"),
        ("Fri 16:00 - 2026-12-24", "2026-12-24", "expected a day such as `Mon`, got `2026-12-24`", "write it like"),
        ("2026-12-24 - Mon", "Mon", "expected a date such as 2026-12-27, got `Mon`", "write it like"),
        ("2026-12-24 -", "", "expected a date such as 2026-12-27, got the end", "write it like"),
        ("2026-13-24 - 2026-12-27", "2026-13-24", "there is no day `2026-13-24`", "write it like"),
        ("2026-12-27 - 2026-12-24", "-", "it ends before it begins", "write it like"),
        ("Fri 16:00 - Fri 16:00", "-", "it ends when it begins, and covers nothing", "write it like"),
        (
            "Fri - Mon Europe/Berln",
            "Europe/Berln",
            "expected a time zone or the end, got",
            "did you mean Europe/Berlin?",
        ),
        ("Fri - Mon ../etc", "../etc", "expected a time zone or the end, got `../etc`", "such as Europe/Berlin"),
        ("Fri - Mon UTC please", "please", "expected the end, got `please`", "write it like"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(window: str, word: str, message: str, fix: str) -> None:
    with pytest.raises(FreezeError) as error:
        parse(window)
    assert error.value.word == word
    assert window[error.value.position :][: len(word)] == word
    assert error.value.message.startswith(message)
    assert error.value.fix.startswith(fix)


minutes = st.integers(0, 7 * 24 * 60 - 1)


def spelled(minute: int) -> str:
    return f"{DAYS[minute // 1440][:3].title()} {minute % 1440 // 60:02d}:{minute % 60:02d}"


@examples(40)
@given(start=minutes, end=minutes, now=minutes)
def test_a_weekly_window_and_its_complement_share_the_week(start: int, end: int, now: int) -> None:
    if start == end:
        return
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    moment = monday + timedelta(minutes=now)
    one, other = (parse(f"{spelled(a)} - {spelled(b)}").until(moment) for a, b in ((start, end), (end, start)))
    assert (one is None) != (other is None)
    until = one or other
    assert until is not None
    assert timedelta() < until - moment <= timedelta(days=7)
    assert (until - monday) % timedelta(days=7) == timedelta(minutes=end if one else start)


@examples(40)
@given(st.lists(st.sampled_from(["Fri", "-", "16:00", "2026-12-24", "UTC", "24:01", "x", "–"]), max_size=7))
def test_any_line_is_read_or_pointed_at(words: list[str]) -> None:
    line = " ".join(words)
    read, wrong = None, None
    try:
        read = parse(line)
    except FreezeError as error:
        wrong = error
    assert read is None or parse(read.text) == read
    assert wrong is None or line[wrong.position :].startswith(wrong.word)
