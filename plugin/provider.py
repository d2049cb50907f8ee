# ruff: noqa: N802 - the protocol names the methods
"""The provider protocol for package `slipway`: what the engine calls, in the words of `delivery`.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2_grpc, status_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from delivery import lines
from delivery.aws import explained
from delivery.clock import Clock
from delivery.ending import Outcome
from delivery.release import Release
from delivery.removal import Removal
from delivery.stop import Stop
from delivery.store import Store
from delivery.tools import Tools
from delivery.update import this
from delivery.web import Web
from plugin.clients import AwsClients, Place
from plugin.difference import difference, first, refused
from plugin.progress import Row
from plugin.wire import outputs, problems, read_plan, read_service, to_dict, to_struct, unknown

VERSION = "0.1.0"
RELEASE = "slipway:index:Release"
#: Why a person releases; `./slipway rollback --reason` sets it for the update it starts.
REASON = "SLIPWAY_REASON"
#: Set where a person lifts a hold with the release: `./slipway promote --lift-hold` sets it for the update it starts.
LIFT_HOLD = "SLIPWAY_LIFT_HOLD"
#: Set where going back shall undo the schema too: `./slipway rollback --downgrade` sets it for the update it starts.
DOWNGRADE = "SLIPWAY_DOWNGRADE"

Context = grpc.ServicerContext


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one engine.

    `connect` makes the AWS clients of a place, `clock` the clock that hears them; `web` asks URLs, as any client would
    where nothing is said.
    """

    def __init__(
        self,
        engine: str = "",
        connect: Callable[[Place, Clock], Any] = AwsClients,
        clock: Callable[[], Clock] = Clock,
        web: Web | None = None,
    ) -> None:
        self._engine: engine_pb2_grpc.EngineStub | None = None
        self._connect = connect
        self._clock = clock
        self._web = web
        self._place = Place()
        self._lock = threading.Lock()
        self._running: set[Stop] = set()
        self._said: dict[str, str] = {}
        self._warnings: dict[str, str] = {}
        if engine:
            self._attach(engine)

    def Handshake(self, request: proto.ProviderHandshakeRequest, context: Context) -> proto.ProviderHandshakeResponse:
        """Get to know the engine."""
        self._attach(request.engine_address)
        return proto.ProviderHandshakeResponse()

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        """Get to know the engine, where we were started before it."""
        self._attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        """Say our version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: proto.GetSchemaRequest, context: Context) -> proto.GetSchemaResponse:
        """Say what we provide; the classes in `plugin.resources` are written by hand."""
        return proto.GetSchemaResponse(schema=json.dumps({"name": "slipway", "version": VERSION}))

    def CheckConfig(self, request: proto.CheckRequest, context: Context) -> proto.CheckResponse:
        """Accept the provider's configuration, or say what is missing."""
        given = to_dict(request.news)
        failures = [
            proto.CheckFailure(property=name, reason=f"{name}: is required")
            for name in ("region", "account")
            if not given.get(name)
        ]
        return proto.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: proto.DiffRequest, context: Context) -> proto.DiffResponse:
        """Another configuration replaces nothing: it says where to act, not what."""
        changed = to_dict(request.olds) != to_dict(request.news)
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE)

    def Configure(self, request: proto.ConfigureRequest, context: Context) -> proto.ConfigureResponse:
        """Take the configuration. Nothing is called yet: the engine waits for the answer."""
        given = {name: value for name, value in to_dict(request.args).items() if value and not unknown(value)}
        known = {name: str(given[name]) for name in ("region", "account", "endpoint", "profile") if name in given}
        self._place = Place(**known)
        return proto.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: proto.CheckRequest, context: Context) -> proto.CheckResponse:
        """Accept a release's inputs, or say what is wrong with them."""
        self._known_type(request.urn, context)
        failures = [
            proto.CheckFailure(property=name, reason=f"{name}: {rule}")
            for name, rule in problems(to_dict(request.news))
        ]
        return proto.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: proto.DiffRequest, context: Context) -> proto.DiffResponse:
        """Say whether the update would do something.

        The details stay empty: the engine would fill the row with them, where the progress has to stand.
        """
        olds, news = to_dict(request.olds), to_dict(request.news)
        with self._errors(context):
            tools = self._tools(request.urn, Stop())
            given = {**news, "liftHold": bool(os.environ.get(LIFT_HOLD))}
            found = difference(olds, given, tools, Store(tools.aws.s3, str(news.get("recordsBucket"))))
        self._said[request.urn] = found.words
        self._warnings[request.urn] = found.warning
        changes = proto.DiffResponse.DIFF_SOME if found.changed else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, hasDetailedDiff=True)

    def Create(self, request: proto.CreateRequest, context: Context) -> proto.CreateResponse:
        """Release for the first time."""
        news = to_dict(request.properties)
        if request.preview:
            self._row(request.urn).note(first(news))
            self._say_what_refuses(request.urn, news, context)
            return proto.CreateResponse(properties=request.properties)
        outcome = self._release(request.urn, news, context)
        return proto.CreateResponse(id=str(news["environment"]), properties=to_struct(outputs(news, outcome)))

    def Update(self, request: proto.UpdateRequest, context: Context) -> proto.UpdateResponse:
        """Release."""
        news = to_dict(request.news)
        if request.preview:
            warning = self._warnings.get(request.urn)
            if warning:
                self._row(request.urn).warn(warning)
            said = self._said.get(request.urn)
            if said:
                self._row(request.urn).note(said)
            return proto.UpdateResponse(properties=request.news)
        return proto.UpdateResponse(properties=to_struct(outputs(news, self._release(request.urn, news, context))))

    def Read(self, request: proto.ReadRequest, context: Context) -> proto.ReadResponse:
        """Leave the state as it is: what serves is looked at whenever there is something to decide."""
        return proto.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: proto.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """End what is in flight, so that the services can be deleted."""
        values = to_dict(request.properties)
        services = tuple(read_service(service) for service in values.get("services", []))
        with self._errors(context), self._stoppable() as stop:
            Removal(services, str(values.get("recordsBucket", "")), self._tools(request.urn, stop)).run()
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        """Tell AWS to stop, at once, and return: CI gives us seconds. It also comes when all is done."""
        with self._lock:
            running = list(self._running)
        for stop in running:
            stop.ask()
        return empty_pb2.Empty()

    def _release(self, urn: str, news: dict[str, Any], context: Context) -> Outcome:
        with self._errors(context), self._stoppable() as stop:
            wishes = {
                "reason": news.get("reason") or os.environ.get(REASON, ""),
                "downgrade": bool(os.environ.get(DOWNGRADE)),
                "liftHold": bool(os.environ.get(LIFT_HOLD)),
                "update": this(urn, os.environ),
            }
            plan = read_plan({**news, **wishes}, self._place.account)
            outcome = Release(plan, self._tools(urn, stop), os.environ).run()
        if not outcome.succeeded:
            self._keep(news, outcome, context)
        return outcome

    def _say_what_refuses(self, urn: str, news: dict[str, Any], context: Context) -> None:
        """Warn in the preview of an environment's first release of what people have decided against it."""
        if unknown(news.get("recordsBucket")) or not any((news.get("gates") or {}).values()):
            return
        with self._errors(context):
            tools = self._tools(urn, Stop())
            warning = refused(news, tools, Store(tools.aws.s3, str(news["recordsBucket"])))
        if warning:
            self._row(urn).warn(warning)

    def _keep(self, news: dict[str, Any], outcome: Outcome, context: Context) -> NoReturn:
        """Fail, and keep the resource: the state tells what happened, and the next update tries again."""
        reason = f"{outcome.record.version} {outcome.record.result}: {outcome.record.cause}"
        if outcome.fix:
            reason += f"\nFix: {outcome.fix}"
        reason += f"\nRecord: {lines.record_of(outcome.record)}"
        detail = any_pb2.Any()
        detail.Pack(
            proto.ErrorResourceInitFailed(
                id=str(news["environment"]),
                properties=to_struct(outputs(news, outcome)),
                inputs=to_struct(news),
                reasons=[reason],
            )
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, reason)

    def _attach(self, address: str) -> None:
        if address and self._engine is None:
            self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def _row(self, urn: str) -> Row:
        return Row(self._engine, urn)

    def _tools(self, urn: str, stop: Stop) -> Tools:
        clock = self._clock()
        return Tools.make(self._connect(self._place, clock), clock, self._row(urn), stop, self._web)

    @contextmanager
    def _stoppable(self) -> Iterator[Stop]:
        stop = Stop()
        with self._lock:
            self._running.add(stop)
        try:
            yield stop
        finally:
            with self._lock:
                self._running.discard(stop)

    @contextmanager
    def _errors(self, context: Context) -> Iterator[None]:
        """Turn what went wrong into one message; the engine would show a traceback as our bug."""
        try:
            yield
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(explained(error)))

    def _known_type(self, urn: str, context: Context) -> None:
        if f"::{RELEASE}::" not in urn and f"${RELEASE}::" not in urn:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{urn}: the package slipway provides {RELEASE} only")
