"""Run a command, and run it again where it failed for a reason that passes: `again.py [--locked] -- COMMAND…`.

A release is never repeated because it failed; only what did not begin is. So a failure counts as passing where its
output names one that does: the network, a limit on requests, with `--locked` also the stack's lock, which an update
that has just been stopped holds for some seconds more. What the command writes is passed on as it comes; its exit code
is ours.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

PASSING = re.compile(
    r"connection (reset|refused|timed out)|i/o timeout|TLS handshake timeout|temporary failure in name resolution|"
    r"no such host|Read timed out|ReadTimeoutError|NewConnectionError|Could not resolve host|"
    r"\b(429|502|503|504) (Too Many|Bad Gateway|Service Unavailable|Gateway Time)|ThrottlingException|Rate exceeded|"
    r"error (downloading|installing) plugin",
    re.IGNORECASE,
)
#: https://www.pulumi.com/docs/iac/support/troubleshooting/common-issues/update-conflicts/
LOCKED = re.compile(r"the stack is currently locked|Another update is currently in progress", re.IGNORECASE)
#: An update that has begun: to run it again would be a second release.
BEGUN = re.compile(r"^\s*(Updating|Refreshing|Destroying) \(", re.MULTILINE)
_KEPT = 200_000


def main(words: Sequence[str], pause: Callable[[float], None] = time.sleep) -> int:
    """Run the command and return its exit code, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="again.py", description="Run a command again where a failure passes.")
    parser.add_argument("--locked", action="store_true", help="the stack's lock passes too")
    parser.add_argument("--times", type=int, default=4, help="runs at most (default: 4)")
    parser.add_argument(
        "--wait", type=float, default=15.0, help="seconds before the second run, then twice as many each time"
    )
    parser.add_argument("command", nargs="+", help="after `--`")
    asked = parser.parse_args(words)
    for run in range(1, asked.times + 1):
        code, said = _run(asked.command)
        if code == 0 or run == asked.times or not passing(said, locked=asked.locked):
            return code
        wait = asked.wait * 2 ** (run - 1)
        print(f"::notice::{asked.command[0]} failed for a reason that passes; again in {wait:.0f} s", file=sys.stderr)
        pause(wait)
    return 0


def passing(said: str, *, locked: bool) -> bool:
    """Tell from what a failed command wrote whether it is worth another run."""
    if locked and LOCKED.search(said):
        return True
    return bool(PASSING.search(said)) and not BEGUN.search(said)


def _run(command: Sequence[str]) -> tuple[int, str]:
    """Run the command; return its exit code and the end of what it wrote.

    Who cancels a run signals this process alone: everything that the command has started hears of it, as it would at a
    terminal, and once, since a second time means to Pulumi that nothing is to be put in order.
    """
    kept = ""
    told: list[int] = []
    started: list[subprocess.Popen[str]] = []

    def pass_on(number: int, _frame: object) -> None:
        told.append(number)
        if len(told) == 1 and started:
            os.killpg(started[0].pid, signal.SIGINT)

    # Before the command starts: it would go on to ignore what is ignored here, as in the background of a shell.
    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
            start_new_session=True,
        ) as child:
            started.append(child)
            if told:
                os.killpg(child.pid, signal.SIGINT)
            if child.stdout is not None:
                for line in child.stdout:
                    sys.stdout.write(line)
                    sys.stdout.flush()
                    kept = (kept + line)[-_KEPT:]
            code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    # One that was told to stop is not run again, whatever it says.
    return code, "" if told else kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
