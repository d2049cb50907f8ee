"""Tells a rehearsal to whoever watches: calm, one thing at a time; in plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.status import Status
from rich.table import Table

#: Seconds between two signs of life where there is no terminal.
PLAIN_PACE = 15.0
TERMINAL_PACE = 0.5
#: Columns of a table where there is no terminal.
LOG_WIDTH = 140


class Work:
    """Something that takes a while: what it is, and how far it is."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.detail = ""
        self.result = ""
        self.started = time.monotonic()

    def update(self, detail: str) -> None:
        """Say how far it is."""
        self.detail = detail

    def done(self, result: str) -> None:
        """Say what came out; shown when the work ends."""
        self.result = result

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.started


class Console:
    """What is shown, and where: standard output unless `file` says otherwise."""

    def __init__(self, file: TextIO | None = None, *, terminal: bool | None = None) -> None:
        self._rich = RichConsole(file=file, force_terminal=terminal, highlight=False)
        if not self._rich.is_terminal:
            self._rich.width = LOG_WIDTH
        # Who reads a log has no screen that would be too narrow.
        self._rich.soft_wrap = not self._rich.is_terminal

    def act(self, title: str, why: str = "") -> None:
        """Open a part of the story."""
        self._rich.print()
        if self._rich.is_terminal:
            self._rich.rule(f"[bold]{escape(title)}[/]", align="left", style="cyan")
        else:
            self._rich.print(f"== {title}", markup=False)
        if why:
            self._rich.print(f"[dim]{escape(why)}[/]")

    def say(self, text: str) -> None:
        """Tell something."""
        self._rich.print(escape(text))

    def command(self, words: str) -> None:
        """Show a command as a person would type it."""
        self._rich.print(f"[cyan]$[/] [bold]{escape(words)}[/]")

    def good(self, text: str) -> None:
        """Tell that something is as it should be."""
        self._rich.print(f"[green]✓[/] {escape(text)}")

    def refused(self, text: str) -> None:
        """Tell that something was stopped, as it should be."""
        self._rich.print(f"[yellow]■[/] {escape(text)}")

    def bad(self, text: str) -> None:
        """Tell that something is wrong."""
        self._rich.print(f"[bold red]✗[/] {escape(text)}")

    def quote(self, lines: Sequence[str]) -> None:
        """Show what another program said."""
        for line in lines:
            self._rich.print(f"[dim]  │[/] {escape(line)}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table; columns whose name ends in `#` hold numbers."""
        made = Table(box=None, pad_edge=False, header_style="bold dim")
        for name in columns:
            made.add_column(name.removesuffix("#"), justify="right" if name.endswith("#") else "left")
        for row in rows:
            made.add_row(*(escape(cell) for cell in row))
        self._rich.print(made, soft_wrap=False)

    @contextmanager
    def working(self, what: str) -> Iterator[Work]:
        """Show that something is being done, how long it has taken, and what came out."""
        work, ended = Work(what), threading.Event()
        with self._row(work) as show:

            def tick() -> None:
                while not ended.wait(TERMINAL_PACE if self._rich.is_terminal else PLAIN_PACE):
                    show()

            ticker = threading.Thread(target=tick, name="console", daemon=True)
            ticker.start()
            try:
                yield work
            finally:
                ended.set()
                ticker.join()
        if work.result:
            self.good(f"{work.result}  ({duration(work.seconds)})")

    @contextmanager
    def _row(self, work: Work) -> Iterator[Callable[[], None]]:
        """A row that is rewritten in place, or lines where that cannot be."""
        if not self._rich.is_terminal:
            yield lambda: self._rich.print(f"  … {_line(work)}", markup=False)
            return
        with Status(escape(_line(work)), console=self._rich, spinner_style="cyan") as status:
            yield lambda: status.update(self._fitting(_line(work)))

    def _fitting(self, line: str) -> str:
        room = max(20, self._rich.width - 4)
        return escape(line if len(line) <= room else f"{line[: room - 1]}…")


def _line(work: Work) -> str:
    return f"{work.what} · {duration(work.seconds)}{f' · {work.detail}' if work.detail else ''}"


def duration(seconds: float) -> str:
    """Return a length of time as people write it: `4.2 s`, `1 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
