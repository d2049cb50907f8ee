"""The story is told calmly: on a terminal in place, elsewhere in plain lines."""

from __future__ import annotations

import io
import re
import time

import pytest

from rehearsal import console as module
from rehearsal.console import Console, duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (4.24, "4.2 s"), (59.4, "59 s"), (60, "1 min 00 s"), (125.9, "2 min 05 s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_plain_lines_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    console = Console(out, terminal=False)
    console.act("Release 2", "A tenth of the traffic.")
    console.command('pulumi config set rollout "canary 10% 5m" -s staging')
    console.good("1.1.0 serves [all] of it")
    console.refused("1.2.0 is stopped")
    console.bad("12 requests failed")
    console.quote(["Error: [bold]no[/] such page"])
    assert out.getvalue().splitlines() == [
        "",
        "== Release 2",
        "A tenth of the traffic.",
        '$ pulumi config set rollout "canary 10% 5m" -s staging',
        "✓ 1.1.0 serves [all] of it",
        "■ 1.2.0 is stopped",
        "✗ 12 requests failed",
        "  │ Error: [bold]no[/] such page",
    ]


def test_a_long_line_is_not_broken_in_a_log() -> None:
    out = io.StringIO()
    Console(out, terminal=False).say("x" * 300)
    assert out.getvalue() == "x" * 300 + "\n"


def test_long_work_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLAIN_PACE", 0.005)
    out = io.StringIO()
    with Console(out, terminal=False).working("Building") as work:
        work.update("layer 3")
        limit = time.monotonic() + 30
        while "layer 3" not in out.getvalue() and time.monotonic() < limit:
            time.sleep(0.005)
        work.done("built")
    lines = out.getvalue().splitlines()
    assert any(re.fullmatch(r"  … Building · \d+\.\d s · layer 3", line) for line in lines)
    assert re.fullmatch(r"✓ built  \(\d+\.\d s\)", lines[-1])


def test_work_that_fails_claims_nothing() -> None:
    out = io.StringIO()
    with pytest.raises(ValueError, match="broke"), Console(out, terminal=False).working("Building"):
        raise ValueError("broke")
    assert "✓" not in out.getvalue()


def test_a_terminal_gets_one_row_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    with Console(out, terminal=True).working("Building") as work:
        work.done("built")
    assert "Building" in out.getvalue()
    assert "built" in out.getvalue()


def test_a_table_aligns_numbers() -> None:
    out = io.StringIO()
    Console(out, terminal=False).table(("release", "served#"), [("1.0.0", "1,204"), ("1.1.0", "7")])
    assert [line.rstrip() for line in out.getvalue().splitlines()] == [
        "release  served",
        "1.0.0     1,204",
        "1.1.0         7",
    ]
