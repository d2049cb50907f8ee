"""Starts the emulated AWS in this process, tells that it is ready, and ends it without leaving anything behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import docker
from docker.errors import DockerException
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core.responses import request_scope

from rehearsal.aws import certificates, containers
from rehearsal.aws.control import Control
from rehearsal.aws.corrections import Corrected, apply_all
from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.elb_interfaces import load_balancer_at
from rehearsal.aws.gateway import Gateway, Services
from rehearsal.aws.proxy.server import Proxy
from rehearsal.aws.proxy.upstream import Upstream
from rehearsal.aws.world import World

_TICK = 1.0
_USAGE_TICK = 5.0
#: Seconds. Longer than any client keeps an idle connection (Go 90): where the server ends one just as a request comes,
#: the request is served and its answer lost, and the client's second try finds done what it asks for.
_KEEP_ALIVE = 600
_PRIORITY = -10
_TURN = 0.0001
log = logging.getLogger("slipway.server")


Job = Callable[[], None]


@dataclass
class Loops:
    """The threads that make things happen without being asked: the service scheduler, and each second metrics and
    alarms.
    """

    world: World
    corrected: Corrected
    engine: docker.DockerClient | None
    """Where containers run; None where there are none."""
    scaling: Job

    def __post_init__(self) -> None:
        """Prepare, start nothing."""
        self._ended = threading.Event()

    def start(self) -> None:
        """Start the threads."""
        jobs: dict[str, Job] = {
            "scheduler": self.corrected.scheduler.run,
            "alarms": lambda: self._repeat(_TICK, self._publish_and_evaluate),
            "scaling": lambda: self._repeat(_USAGE_TICK, self.scaling),
        }
        if engine := self.engine:
            jobs["usage"] = lambda: self._repeat(_USAGE_TICK, lambda: self.corrected.usage.publish(engine))
        for name, job in jobs.items():
            threading.Thread(target=job, name=f"slipway-{name}", daemon=True).start()

    def end(self) -> None:
        """Let the threads end."""
        self._ended.set()
        self.corrected.scheduler.end()

    def _publish_and_evaluate(self) -> None:
        self.corrected.traffic.publish()
        self.corrected.evaluation.all()

    def _repeat(self, every: float, job: Job) -> None:
        while not self._ended.wait(every):
            with request_scope(self.world.account, self.world.region):
                try:
                    job()
                except Exception:
                    log.exception("%s: skipped once", threading.current_thread().name)


def take_short_turns() -> None:
    """Let threads hold the interpreter for a tenth of a millisecond at a time instead of Python's five.

    A request that passes the load balancer gives the interpreter away at each of its thirty system calls. With two busy
    threads (a container's log, a deployment that is watched) it waited five milliseconds for each to get it back, and
    60 requests per second were more than the load balancer could carry: it answered after seconds, or not in time.
    """
    sys.setswitchinterval(_TURN)


async def run(world: World, upstream: Upstream | None, services: Services, corrected: Corrected, scaling: Job) -> None:
    """Serve until SIGTERM or SIGINT."""
    with contextlib.suppress(PermissionError):
        # A load balancer of its own would not starve while an image is built beside it; root may say so.
        os.nice(_PRIORITY)
    take_short_turns()
    engine = containers.connect() if world.containers else None
    if engine:
        _remove(engine, world)
    issued = certificates.issue(
        world.home / "certificates",
        [world.registry, f"*.{world.region}.elb.amazonaws.com", "*.dkr.ecr." + world.region + ".amazonaws.com"],
    )
    loops = Loops(world, corrected, engine, scaling)
    gateway = Gateway(world, Control(world, corrected.traffic, corrected.issuers), services)
    proxy = Proxy(world, issued.server_context(), lambda address: _name_at(world, address), upstream)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    tasks: list[asyncio.Task[None]] = []
    try:
        await proxy.start()
        loops.start()
        tasks.append(asyncio.create_task(corrected.prober.run()))
        tasks.append(asyncio.create_task(_announce(world, issued)))
        await serve(gateway, _config(world), shutdown_trigger=ending.wait)  # type: ignore[arg-type]
    finally:
        await proxy.stop()
        loops.end()
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(_clean_up, world)


def _name_at(world: World, address: str) -> str | None:
    with request_scope(world.account, world.region):
        found = load_balancer_at(address)
    return None if found is None else str(found["DNSName"])


def _config(world: World) -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{world.port}"]
    config.keep_alive_timeout = _KEEP_ALIVE
    config.include_date_header = False
    config.include_server_header = False
    config.graceful_timeout = 2
    config.loglevel = "WARNING"
    return config


async def _announce(world: World, issued: certificates.Certificates) -> None:
    """Say `ready` once the port answers, on standard output and in `ready.json`."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", world.port)
            writer.close()
            break
        await asyncio.sleep(0.02)
    ready = {
        "endpoint": world.endpoint,
        "proxy": world.proxy,
        "ca": str(issued.bundle),
        "authority": str(issued.authority),
        "registry": world.registry,
        "account": world.account,
        "region": world.region,
        "speed": world.clock.speed,
        "label": world.label,
        "started": time.time(),
    }
    temporary = world.home / "ready.json.new"
    temporary.write_text(json.dumps(ready, indent=2) + "\n")
    temporary.replace(world.home / "ready.json")
    sys.stdout.write(f"ready {json.dumps(ready)}\n")
    sys.stdout.flush()


def _clean_up(world: World) -> None:
    (world.home / "ready.json").unlink(missing_ok=True)
    if not world.containers:
        return
    try:
        _remove(containers.connect(), world)
    except DockerException as error:
        log.warning("containers with the label %s may be left: %s", world.label, error)


def _remove(engine: docker.DockerClient, world: World) -> None:
    containers.remove_all(engine, world.label)
    containers.Images(world.home).remove(engine)


def correct(world: World) -> Corrected:
    """Apply the corrections for as long as the process lives."""
    return apply_all(Binding(), world)
