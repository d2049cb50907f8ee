"""Ends what a rehearsal has running, its own or that of one that was killed: processes, containers, mounts."""

from __future__ import annotations

from rehearsal.command import Hand
from rehearsal.stage import builder, docker_engine, stores
from rehearsal.stage.emulator import remove_containers

#: What must outlive the others: it answers for the containers that they leave.
LAST = frozenset({docker_engine.NAME})


def end_all(hand: Hand) -> list[str]:
    """End everything and return what was ended, in words; nothing is left running or mounted afterwards."""
    ended = []
    for process in reversed(hand.notebook.running()):
        if process.what not in LAST and process.end():
            ended.append(process.what)
    builder.stop(hand)
    # An engine that we started holds nobody else's containers.
    own = any(process.what in LAST for process in hand.notebook.running())
    if count := remove_containers(hand.home, everybodys=own):
        ended.append(f"{count} container{'' if count == 1 else 's'}")
    # Our own engine keeps it for the next rehearsal; somebody else's is left as it was.
    if not own:
        stores.remove_image(hand.home)
    # The Docker engine goes here, if we started it; then what children of children have left.
    ended += [what for what in hand.notebook.end_all() if what != "builder-stop"]
    if mounts := builder.unmount(hand.home):
        ended.append(f"{len(mounts)} mount{'' if len(mounts) == 1 else 's'}")
    return [what for what in ended if what]
