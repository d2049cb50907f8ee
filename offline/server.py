"""Serves gRPC to the engine, as it expects of everything that it starts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from typing import Any, Final

import grpc

from offline import lifeline

#: States and documents grow beyond gRPC's usual limit of 4 MB.
UNLIMITED: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def serve(add: Callable[[Any, grpc.Server], None], servicer: Any, threads: int, leave: Callable[[], None]) -> None:
    """Serve on a free port of the loopback interface, which the engine reads from our first line; never returns.

    `leave` is run before the process ends: on SIGINT, SIGTERM, or when the engine is gone.
    """
    lifeline.hold(leave)
    server = grpc.server(futures.ThreadPoolExecutor(threads), options=UNLIMITED)
    add(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    lifeline.wait()
