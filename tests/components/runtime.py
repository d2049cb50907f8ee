"""Pulumi's runtime without what a program under mocks does not need: most of a build's time went into it.

What a program declares does not depend on any of it; the engine's own tests run all of the SDK as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from typing import Any, TypeVar, TypeVarTuple
from unittest.mock import patch

import pulumi
from pulumi.output import _OutputData
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import SETTINGS

Answer = TypeVar("Answer")
Given = TypeVarTuple("Given")


@contextmanager
def own_loop() -> Iterator[None]:
    """Give what runs inside an event loop of its own, and close it: Pulumi takes the current thread's."""
    with closing(_Loop()) as loop:
        asyncio.set_event_loop(loop)
        try:
            yield
        finally:
            asyncio.set_event_loop(None)


@contextmanager
def without_bookkeeping() -> Iterator[None]:
    """Leave out what the SDK does for each resource that nobody here asks for."""
    with ExitStack() as patches:
        # Where in the program a resource stands, which errors of the engine tell.
        patches.enter_context(patch("pulumi.runtime.resource._get_stack_trace", StackTrace))
        # The URN that a resource would have without an engine.
        patches.enter_context(patch("pulumi.runtime.resource.create_urn", lambda *_: _Nothing()))
        patches.enter_context(patch("pulumi.runtime.rpc.transfer_properties", _make_room))
        # What only the engine's log of debugging shows, and values that only a preview does not know.
        patches.enter_context(patch("pulumi.log.debug", lambda *_: None))
        patches.enter_context(patch("pulumi.runtime.rpc.contains_unknowns", lambda _: False))
        # What is done again for each value: to look into its type, to find the set of all outputs under a lock.
        patches.enter_context(patch("pulumi._types.unwrap_type", _unwrap_type))
        patches.enter_context(patch("pulumi.Output._track", _track))
        yield


_unwrap_type = cache(pulumi._types.unwrap_type)


def _track(output: pulumi.Output[Any]) -> None:
    """Keep an output that fails, for the end of the program; one that is resolved is let go."""
    outputs = SETTINGS.outputs
    outputs.add(output._data)

    def resolved(data: asyncio.Future[Any]) -> None:
        if not data.cancelled() and data.exception() is None:
            outputs.discard(data)

    output._data.add_done_callback(resolved)


class _Loop(asyncio.SelectorEventLoop):
    """Calls at once what others would call in a thread: the mocks wait for nothing."""

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Given], Answer], *args: *Given
    ) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Nothing:
    async def future(self) -> None:
        return None


def _make_room(resource: pulumi.Resource, properties: Mapping[str, Any], custom: bool) -> dict[str, Any]:
    """Give a resource its outputs, each to be resolved: one future, where the SDK has four and a task that waits."""
    resolvers = {}
    for name in properties:
        if name == "urn" or (name == "id" and custom):
            continue  # the SDK's own
        output: pulumi.Output[Any] = object.__new__(pulumi.Output)
        output._data = asyncio.Future()
        resource.__dict__[name] = output
        resolvers[name] = partial(_resolve, resource, output._data)
    return resolvers


def _resolve(
    resource: pulumi.Resource,
    room: asyncio.Future[Any],
    value: Any,
    known: bool,
    secret: bool,
    depends_on: set[pulumi.Resource] | None,
    failed: Exception | None,
) -> None:
    if failed is None:
        room.set_result(_OutputData({*(depends_on or ()), resource}, value, known, secret))
    else:
        room.set_exception(failed)
        room.exception()  # the build fails of it: nobody else need be told
