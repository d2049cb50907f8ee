"""Tells failures and warnings in the engine's terms."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from offline.bridge import wire
from offline.bridge.convert import MismatchError
from offline.bridge.outcomes import ProviderError
from offline.errors import OfflineError

_UNKNOWN = 2
"""gRPC's number for failures of no particular kind."""


class EngineLog:
    """Warnings to the person at the engine, each once."""

    def __init__(self, address: str | None) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None
        self._told: set[str] = set()

    def warn(self, urn: str, text: str) -> None:
        """Show a warning on a resource's row."""
        if self._engine and f"{urn} {text}" not in self._told:
            self._told.add(f"{urn} {text}")
            self._engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn))


class PartialError(Exception):
    """An operation that failed half way: the resource exists, as `outputs` say."""

    def __init__(self, cause: ProviderError, id_: str, outputs: wire.Properties, inputs: wire.Properties) -> None:
        super().__init__(str(cause))
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs

    def details(self) -> bytes:
        """Return what makes the engine keep the resource, marked as failed, and try an update next time."""
        told = pb.ErrorResourceInitFailed(
            id=self.id, properties=wire.write(self.outputs), inputs=wire.write(self.inputs), reasons=[str(self)]
        )
        packed = any_pb2.Any()
        packed.Pack(told)
        message: bytes = status_pb2.Status(code=_UNKNOWN, message=str(self), details=[packed]).SerializeToString()
        return message


class Counting(Protocol):
    """A servicer that knows how many calls are under way, and where faults are written down."""

    def begin(self) -> None:
        """A call begins."""

    def end(self) -> None:
        """A call has ended."""

    @property
    def faults(self) -> Path:
        """The file for faults of our own."""


_Method = TypeVar("_Method", bound=Callable[..., Any])


def answers(method: _Method) -> _Method:
    """Tell a failure of a gRPC method as the engine expects it, and count the call while it runs."""

    @functools.wraps(method)
    def answer(self: Counting, request: Any, context: grpc.ServicerContext) -> Any:
        self.begin()
        try:
            return method(self, request, context)
        except (ProviderError, OfflineError) as error:
            failure = str(error)
        except MismatchError as error:
            failure = f"{error.property}: {error.reason}"
        except PartialError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", error.details()),))
            failure = str(error)
        except Exception as error:
            failure = _fault(error, self.faults)
        finally:
            self.end()
        return context.abort(grpc.StatusCode.UNKNOWN, failure)

    return answer  # type: ignore[return-value]


def _fault(error: Exception, log: Path) -> str:
    """Write a fault of our own down in full; return the sentence for the person at the engine."""
    with log.open("a") as file:
        file.write("".join(traceback.format_exception(error)) + "\n")
    what = f"the offline bridge has a fault: {type(error).__name__}: {error}"
    return f"{what}\nFix:   please report it, with the end of {log}."
