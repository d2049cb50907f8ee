"""Runs commands as a person would, keeping every word they say in a log of their own."""

from __future__ import annotations

import io
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook, Process

#: Seconds that an interrupted command has to come to an end by itself.
PATIENCE = 25.0


@dataclass(frozen=True)
class Line:
    """One line of a command's output, and when it came (seconds since the epoch)."""

    at: float
    text: str


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    words: str
    code: int
    lines: Sequence[Line]
    """What it said on both channels, or on standard output alone where that was asked for."""
    started: float
    seconds: float
    log: Path

    @property
    def output(self) -> str:
        """What it said, as one text."""
        return "\n".join(line.text for line in self.lines)

    def last(self, count: int = 12) -> list[str]:
        """The last lines of its log that are not empty."""
        text = self.log.read_text(errors="replace").splitlines()
        return [line.rstrip() for line in text if line.strip()][-count:]

    def needed(self, what: str) -> Finished:
        """Return it if it went well; raise RehearsalError with its last lines if not."""
        if self.code == 0:
            return self
        told = problem(self.last(30))
        if told:
            raise RehearsalError(f"{what}: {told[0]}", told[1])
        said = "\n  ".join(self.last())
        raise RehearsalError(
            f"{what}: `{self.words}` ended with {self.code}; its last lines:\n  {said}",
            f"all it said is in {self.log}.",
        )


def problem(lines: Sequence[str]) -> tuple[str, str] | None:
    """Find `Error: …` and `Fix: …` in what a command of ours said; None if it did not say both."""
    text = "\n".join(lines)
    found = re.search(r"^Error:\s*(.+?)\n\s*Fix:\s*(.+?)\s*\Z", text, re.MULTILINE | re.DOTALL)
    return (found[1].strip(), found[2].strip()) if found else None


@dataclass
class Hand:
    """Types commands: in a folder, with an environment, noting what it starts."""

    home: Home
    notebook: Notebook
    environment: Mapping[str, str]
    folder: Path

    def run(
        self,
        words: Sequence[str | Path],
        *,
        name: str,
        on_line: Callable[[Line], None] | None = None,
        on_start: Callable[[], None] | None = None,
        apart: bool = False,
        shown: str = "",
    ) -> Finished:
        """Run a command to its end.

        name: of its log. on_line: told every line as it comes. on_start: called once it runs. apart: keep standard
        error out of `lines` (it goes to the log only). shown: how a person would write the command.
        """
        self.home.logs.mkdir(parents=True, exist_ok=True)
        # Several hands write here: the number is taken from what is there.
        log = self.home.logs / f"{len(list(self.home.logs.glob('[0-9]*-*.log'))) + 1:03}-{name}.log"
        started, lines = time.time(), list[Line]()
        with log.open("w") as record:
            child = self.notebook.start(
                name,
                words,
                env=self.environment,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if apart else subprocess.STDOUT,
            )
            if on_start:
                on_start()
            aside = threading.Thread(target=_copy, args=(child, record), daemon=True) if apart else None
            if aside:
                aside.start()
            try:
                for line in _lines(child):
                    lines.append(line)
                    record.write(f"{line.text}\n")
                    record.flush()
                    if on_line:
                        on_line(line)
                child.wait()
            except BaseException:
                self._interrupt(child)
                raise
            if aside:
                aside.join()
        shown = shown or " ".join(Path(str(word)).name if place == 0 else str(word) for place, word in enumerate(words))
        return Finished(shown, child.returncode, lines, started, time.time() - started, log)

    def _interrupt(self, child: subprocess.Popen[bytes]) -> None:
        """Give a command that is no longer wanted the chance to end well, as Ctrl-C on it would."""
        if child.poll() is not None:
            return
        child.send_signal(signal.SIGINT)
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            if found := Process.of(child.pid):
                found.end(grace=2.0)


def _lines(child: subprocess.Popen[bytes]) -> Iterator[Line]:
    """The lines of a child's standard output, with the time of each.

    The end of the child is the end, also where something it has started, and that lives on, holds the channel open.
    """
    heard: queue.SimpleQueue[Line | None] = queue.SimpleQueue()

    def listen() -> None:
        with child.stdout or io.BytesIO() as channel:
            for raw in channel:
                heard.put(Line(time.time(), raw.decode(errors="replace").rstrip()))
        heard.put(None)

    threading.Thread(target=listen, name="listener", daemon=True).start()
    while True:
        try:
            line = heard.get(timeout=0.5)
        except queue.Empty:
            if child.poll() is not None:
                return
            continue
        if line is None:
            return
        yield line


def _copy(child: subprocess.Popen[bytes], record: TextIO) -> None:
    """Write what comes on a child's standard error to its log."""
    with child.stderr or io.BytesIO() as channel:
        for raw in channel:
            record.write(raw.decode(errors="replace"))
