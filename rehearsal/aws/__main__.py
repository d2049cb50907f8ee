"""`python -m rehearsal.aws --port 4600 --proxy-port 4601 --region eu-central-1 --account 111122223333 --speed 30
--home DIR`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import logging
import os
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

_MINISTACK = "1.5.33"


def main() -> None:
    """Check what can be checked, then serve until a signal."""
    options = _options()
    for port in (options.port, options.proxy_port):
        _require_free(port)
    installed = importlib.metadata.version("ministack")
    if installed != _MINISTACK:
        _stop(
            f"MiniStack {installed} is installed, the corrections fit {_MINISTACK}",
            f"pip install ministack=={_MINISTACK}",
        )
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr
    )
    _serve(options)


def _serve(options: argparse.Namespace) -> None:
    # MiniStack reads the environment while it is imported: nothing of it may be imported before that stands.
    from rehearsal.aws import containers, environment
    from rehearsal.aws.clock import EmulatedClock
    from rehearsal.aws.world import World

    home = Path(options.home).resolve()
    home.mkdir(parents=True, exist_ok=True)
    world = World(
        clock=EmulatedClock(options.speed),
        account=options.account,
        region=options.region,
        port=options.port,
        proxy_port=options.proxy_port,
        home=home,
        label=containers.label_of(home),
        containers=not options.no_containers,
        iam=options.iam,
    )
    if world.containers:
        _require_docker()
    outer = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment.build(world, outer))

    from rehearsal.aws import server
    from rehearsal.aws.autoscaling.api import AutoScaling
    from rehearsal.aws.autoscaling.scaling import BotoServices, Scaling
    from rehearsal.aws.codedeploy.api import CodeDeploy
    from rehearsal.aws.events import Bus
    from rehearsal.aws.gateway import JsonService, Services
    from rehearsal.aws.proxy.upstream import Upstream
    from rehearsal.aws.quotas import Quotas

    corrected = server.correct(world)
    codedeploy = CodeDeploy.of(world, Bus(world).publish)
    autoscaling = AutoScaling(world)
    scaling = Scaling(world, autoscaling, BotoServices(world))

    def elsewhere(account: str) -> list[JsonService]:
        there = replace(world, account=account)
        return [CodeDeploy.of(there, Bus(there).publish), AutoScaling(there), Quotas(there)]

    ours = Services(world, [codedeploy, autoscaling, Quotas(world)], elsewhere)
    asyncio.run(server.run(world, Upstream.of(outer), ours, corrected, scaling.tick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.aws", description="AWS on this machine, for a rehearsal."
    )
    parser.add_argument("--port", type=int, required=True, help="where every AWS API answers (127.0.0.1)")
    parser.add_argument("--proxy-port", type=int, required=True, help="where the forward proxy listens (127.0.0.1)")
    parser.add_argument("--region", required=True)
    parser.add_argument("--account", required=True, help="twelve digits")
    parser.add_argument("--speed", type=float, default=1.0, help="emulated seconds per second (default 1)")
    parser.add_argument("--home", required=True, help="folder for certificates and ready.json")
    parser.add_argument("--no-containers", action="store_true", help="without a Docker engine: no task can run")
    parser.add_argument("--iam", action="store_true", help="enforce signatures and policies")
    options = parser.parse_args()
    if not re.fullmatch(r"\d{12}", options.account):
        parser.error(f"--account: twelve digits, got {options.account!r}")
    if not 0 < options.speed <= 10_000:
        parser.error(f"--speed: more than 0 and at most 10000, got {options.speed}")
    return options


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            _stop(
                f"port {port} of 127.0.0.1 cannot be used: {error.strerror}",
                "end what listens there, or choose another",
            )


def _require_docker() -> None:
    from docker.errors import DockerException

    from rehearsal.aws import containers

    try:
        containers.connect()
    except DockerException as error:
        _stop(f"no Docker engine answers: {error}", "start one (dockerd), or set DOCKER_HOST to one that runs")


def _stop(what: str, fix: str) -> NoReturn:
    sys.stderr.write(f"Error: {what}\nFix: {fix}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
