"""What Fargate pairs: each number of CPU units goes with some amounts of memory.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

from __future__ import annotations

from settings.node import Node

_GIB = 1024

#: CPU units -> amounts of memory in MiB.
MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: range(1 * _GIB, 4 * _GIB + 1, _GIB),
    1024: range(2 * _GIB, 8 * _GIB + 1, _GIB),
    2048: range(4 * _GIB, 16 * _GIB + 1, _GIB),
    4096: range(8 * _GIB, 30 * _GIB + 1, _GIB),
    8192: range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB),
    16384: range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB),
}


def size(cpu: Node, memory: Node) -> tuple[int, int]:
    """Read CPU units and MiB of memory, and refuse what Fargate does not pair."""
    units = cpu.integer(min(MEMORY), max(MEMORY))
    mebibytes = memory.integer(512, 120 * _GIB)
    if cpu.ok and units not in MEMORY:
        cpu.wrong(f"must be one of {', '.join(map(str, MEMORY))}", "1024 are one vCPU")
    if cpu.ok and memory.ok and mebibytes not in MEMORY[units]:
        memory.wrong(f"must be {describe(units)} with cpu {units}", _other_way(mebibytes))
    return units, mebibytes


def describe(cpu: int) -> str:
    """Return the amounts of memory that go with `cpu`, in words."""
    allowed = MEMORY[cpu]
    if isinstance(allowed, tuple):
        return f"{', '.join(map(str, allowed[:-1]))} or {allowed[-1]}"
    return f"{allowed[0]} to {allowed[-1]} in steps of {allowed.step}"


def _other_way(memory: int) -> str:
    """Return the CPU units that would go with `memory`, if any."""
    units = [str(cpu) for cpu, allowed in MEMORY.items() if memory in allowed]
    return f"{memory} goes with cpu {' or '.join(units)}" if units else ""
