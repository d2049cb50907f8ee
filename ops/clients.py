"""Clients of AWS for verbs that look at much and wait for nothing long; each made once, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

#: AWS's name of a service -> its client.
Open = Callable[[str], Any]

_CONNECT_SECONDS = 5
_READ_SECONDS = 10


def opener(region: str, endpoint: str | None) -> Open:
    """Return what makes clients in a region. endpoint: URL that stands in for all of AWS; None for AWS itself."""
    session: Any = boto3.session.Session(region_name=region)
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 3},
        # An endpoint of one's own has no names of buckets in front of it.
        s3={"addressing_style": "path"} if endpoint else None,
    )
    made: dict[str, Any] = {}
    # Making a client is not safe in several threads, using it is:
    # https://docs.aws.amazon.com/boto3/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients
    lock = threading.Lock()

    def client(name: str) -> Any:
        with lock:
            if name not in made:
                made[name] = session.client(name, endpoint_url=endpoint, config=config)
            return made[name]

    return client
