"""`python -m rehearsal.bench --port 4600 --host NAME --rate 60 --out FILE`: traffic until standard input ends.

Each line on standard input names the phase that begins. The input's end is the end: when the parent goes, however it
goes, the traffic stops.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from rehearsal.bench.open_loop import OpenLoop
from rehearsal.bench.request import LIMIT, Target
from rehearsal.errors import RehearsalError


def main() -> None:
    """Send and write down until there is nothing left to do."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.bench", description="Steady traffic on this machine.")
    parser.add_argument("--address", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", required=True, help="the Host header")
    parser.add_argument("--path", default="/")
    parser.add_argument("--phase", default="start", help="the phase that it begins with")
    parser.add_argument("--rate", type=float, default=60.0, help="requests per second (default 60)")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds of the machine for an answer (default 2)")
    parser.add_argument("--count", type=int, default=1_000_000, help="at most so many requests")
    parser.add_argument("--seconds", type=float, default=7200.0, help="at most so long")
    parser.add_argument("--out", required=True, help="the file that gets one line per request")
    parser.add_argument("--append", action="store_true", help="go on in that file")
    options = parser.parse_args()
    try:
        target = Target(options.address, options.port, options.host, options.path)
        asyncio.run(_serve(target, options))
    except RehearsalError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


async def _serve(target: Target, options: argparse.Namespace) -> None:
    mode = "a" if options.append else "w"
    with open(options.out, mode, buffering=1) as out:  # noqa: PTH123 - a line is a few bytes
        loop = OpenLoop(
            target,
            options.rate,
            lambda seen: print(seen.line(), file=out),
            limit=options.limit,
            phase=options.phase,
            count=options.count,
            seconds=options.seconds,
        )
        follower = asyncio.create_task(_follow(loop))
        await loop.run()
        follower.cancel()
        # The last line tells a complete log from one that was cut off.
        print(json.dumps({"sent": loop.sent, "withheld": round(loop.clock.withheld, 1)}), file=out)


async def _follow(loop: OpenLoop) -> None:
    """Take the phases from standard input, and its end as the end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await reader.readline():
        loop.phase = line.decode().strip()
    loop.end()


if __name__ == "__main__":
    main()
