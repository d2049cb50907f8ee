"""What is told about a release, sent to the engine: on the resource's own row, or as a line that stays."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2 as engine
from pulumi.runtime.proto import engine_pb2_grpc


class Row:
    """The row of one resource. Sends a line of progress once: without a terminal, each would be printed again."""

    def __init__(self, engine_stub: engine_pb2_grpc.EngineStub | None, urn: str) -> None:
        self._engine = engine_stub
        self._urn = urn
        self._lock = threading.Lock()
        self._sent: set[str] = set()

    def progress(self, line: str) -> None:
        """Show where the release stands."""
        with self._lock:
            if line in self._sent:
                return
            self._sent.add(line)
        self._send(line, engine.INFO, ephemeral=True)

    def note(self, line: str) -> None:
        """Say something that stays."""
        self._send(line, engine.INFO)

    def warn(self, line: str) -> None:
        """Say something that a person should look at."""
        self._send(line, engine.WARNING)

    def _send(self, line: str, severity: Any, *, ephemeral: bool = False) -> None:
        if self._engine is None:
            return
        # An engine that has gone away must not end a release in its middle.
        with contextlib.suppress(grpc.RpcError):
            self._engine.Log(
                engine.LogRequest(severity=severity, message=line, urn=self._urn, ephemeral=ephemeral), timeout=10
            )
