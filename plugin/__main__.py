"""The process that the engine starts: prints the port it serves on, and serves until the engine is gone.

plugin/pulumi-resource-slipway [flags] [ENGINE_HOST:PORT]
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from plugin.lifeline import leave_on_signals, leave_with
from plugin.provider import Provider

#: The engine's own limit; states and records are larger than gRPC's default of 4 MiB.
_LARGEST_MESSAGE = 1024 * 1024 * 400
_WORKERS = 32


def main(words: Sequence[str]) -> None:
    """Serve until somebody ends us."""
    leave_on_signals()
    engine = next((word for word in reversed(words) if re.fullmatch(r"[^-].*:\d+", word)), "")
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_WORKERS),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    leave_with(engine)
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
