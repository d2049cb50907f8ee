"""Postgres and Redis, as containers beside those of tasks: what RDS and ElastiCache are to an environment on AWS.

Both run from one image of Debian packages, on the Docker engine's default bridge, which is where the emulated AWS
starts the containers of tasks. They bear the rehearsal's label, and go with everything else that does.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound

from rehearsal.aws import containers
from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.stage import rootfs
from rehearsal.stage.registry import Image
from rehearsal.stage.secrets import Planted

RECIPE = rootfs.Recipe(
    name="an image for stores",
    holds="Postgres and Redis",
    packages=("postgresql", "redis-server"),
    # The compiler for long queries is half of the image, and is switched off.
    excluded=(*rootfs.EXCLUDED, "/usr/lib/*/libLLVM*", "/usr/lib/postgresql/*/lib/bitcode/*"),
    # The package makes a database of its own, the same in every container.
    emptied=("/var/lib/postgresql",),
)
REPOSITORY = "slipway-rehearsal/stores"
#: The label of an image that says which layer it holds.
LAYER = "slipway.rehearsal.layer"
#: Role, and database, of the application.
NAME = "shop"
#: Seconds in which a store must answer, and an image be loaded; a busy machine needs some.
PATIENCE, LOADING = 60.0, 300

_POSTGRES = r"""
set -e
bin=$(echo /usr/lib/postgresql/*/bin) data=/var/lib/postgresql/data
if ! [ -e $data/ready ]; then
    umask 077
    printf %s "$PASSWORD" > /tmp/password
    "$bin/initdb" --username="$NAME" --pwfile=/tmp/password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync --pgdata=$data
    rm /tmp/password
    echo "host all all all scram-sha-256" >> $data/pg_hba.conf
    echo "CREATE DATABASE $NAME" | "$bin/postgres" --single -F -D $data postgres
    touch $data/ready
fi
exec "$bin/postgres" -F -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp -c jit=off
"""
# The password comes by a file, not by an argument: those can be read by everybody on the machine.
_REDIS = r"""
umask 077
printf 'bind 0.0.0.0\nport 6379\ndir /tmp\nsave ""\nrequirepass %s\n' "$PASSWORD" > /tmp/redis.conf
exec redis-server /tmp/redis.conf
"""


@dataclass(frozen=True)
class Kind:
    """One of the two stores: how it is started, and how it is asked."""

    name: str
    user: str
    script: str
    asked: str
    """A command of the shell that ends with 0 once the store takes requests."""


POSTGRES = Kind("postgres", "postgres", _POSTGRES, 'pg_isready -q -h 127.0.0.1 -d "$NAME"')
REDIS = Kind("redis", "redis", _REDIS, 'REDISCLI_AUTH="$PASSWORD" redis-cli ping | grep -q PONG')
KINDS = (POSTGRES, REDIS)


@dataclass(frozen=True)
class Stores:
    """Where the stores are, as the containers of tasks reach them."""

    postgres: str
    """Its address."""
    redis: str
    """Its address."""

    def urls(self, planted: Planted) -> Mapping[str, str]:
        """Return the variables that an application gets, as secrets: they hold the passwords."""
        return {
            "DATABASE_URL": f"postgresql://{NAME}:{planted.database_password}@{self.postgres}:5432/{NAME}",
            "REDIS_URL": f"redis://:{planted.redis_password}@{self.redis}:6379/0",
        }


def secret_name(project: str, variable: str) -> str:
    """Return what the secret of a variable is called in Secrets Manager: `shop/database-url`."""
    return f"{project}/{variable.lower().replace('_', '-')}"


def start(hand: Hand, console: Console, planted: Planted, *, install_missing: bool) -> Stores:
    """Start both and wait until they answer; raise RehearsalError where they do not."""
    image = rootfs.make(RECIPE, hand, console, install_missing=install_missing)
    with console.working("Starting Postgres and Redis") as work:
        try:
            client = docker.from_env(timeout=LOADING)
            work.update("loading their image")
            loaded = _load(client, hand.home, image)
            work.update("waiting until they answer")
            database = _run(client, hand.home, loaded, POSTGRES, planted.database_password)
            cache = _run(client, hand.home, loaded, REDIS, planted.redis_password)
            found = Stores(_address(POSTGRES, database), _address(REDIS, cache))
        except DockerException as error:
            raise RehearsalError(
                f"Postgres and Redis could not be started: {error}", "`docker info` shows how the engine is."
            ) from error
        work.done(f"Postgres at {found.postgres}, Redis at {found.redis}: containers beside those of tasks")
    return found


def reference(home: Home) -> str:
    """The image's name in the Docker engine: one for each home, so that each can remove its own."""
    return f"{REPOSITORY}:{_mark(home)}"


def container_name(home: Home, kind: Kind) -> str:
    """What the container of a store is called, one for each home: `slipway-<home>-postgres`."""
    return f"slipway-{_mark(home)}-{kind.name}"


def remove_image(home: Home) -> None:
    """Remove the image from the Docker engine, if one answers; it stays in the cache folder."""
    with contextlib.suppress(DockerException, OSError):
        containers.connect().api.remove_image(reference(home))


def _mark(home: Home) -> str:
    return containers.label_of(home.aws).partition("=")[2]


def _load(client: docker.DockerClient, home: Home, image: Image) -> str:
    """Bring the image into the Docker engine, unless it is there; return its name."""
    named = reference(home)
    with contextlib.suppress(ImageNotFound):
        if client.images.get(named).labels.get(LAYER) == image.layer_digest:
            return named
    client.api.import_image_from_file(
        str(image.layer),
        repository=REPOSITORY,
        tag=_mark(home),
        changes=[f"LABEL {LAYER}={image.layer_digest}", "ENV LANG=C.UTF-8"],
    )
    return named


def _run(client: docker.DockerClient, home: Home, image: str, kind: Kind, password: str) -> Any:
    key, _, value = containers.label_of(home.aws).partition("=")
    return client.containers.run(
        image,
        ["/bin/sh", "-c", kind.script],
        name=container_name(home, kind),
        user=kind.user,
        environment={"NAME": NAME, "PASSWORD": password},
        labels={key: value},
        detach=True,
    )


def _address(kind: Kind, container: Any, pause: Callable[[float], None] = time.sleep) -> str:
    """Wait until a store takes requests; return its address on the bridge."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        container.reload()
        if container.status == "exited":
            break
        if container.status == "running" and container.exec_run(["/bin/sh", "-c", kind.asked]).exit_code == 0:
            networks = container.attrs["NetworkSettings"]["Networks"]
            return str(next(iter(networks.values()))["IPAddress"])
        pause(0.1)
    said = container.logs(tail=5).decode(errors="replace").strip().replace("\n", "\n  ")
    raise RehearsalError(
        f"{kind.name} did not start; its last lines:\n  {said or '(nothing)'}",
        "start again; a machine without memory or disk to spare may be the reason (`free -m`, `docker system df`).",
    )
