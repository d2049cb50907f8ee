"""Requests and answers checked against AWS's own description of the service, as botocore ships it.

A request that botocore's model does not allow is refused with ValidationException before any of our code sees it; an
answer that it does not allow is a fault of ours and said so, rather than a surprise in some other client.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

if TYPE_CHECKING:
    from rehearsal.aws.iam.call import Call
    from rehearsal.aws.iam.guard import Owned

Handler = Callable[[dict[str, Any]], dict[str, Any]]
Answer = tuple[int, dict[str, str], bytes]

log = logging.getLogger("slipway.service")


class ServiceError(Exception):
    """An error as the service words it: AWS's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ModelledService:
    """An AWS JSON 1.1 service made of one handler per action."""

    def __init__(self, name: str, handlers: Mapping[str, Handler], *, validation_error: str) -> None:
        self._model = _model(name)
        self._validator = ParamValidator()
        self._handlers = handlers
        self.iam_prefix = name
        self._validation_error = validation_error
        self.target_prefix = str(self._model.metadata["targetPrefix"])
        unknown = set(handlers) - set(self._model.operation_names)
        if unknown:
            raise ValueError(f"{name}: no such actions in AWS's model: {sorted(unknown)}")

    def resources(self, call: Call) -> Owned:
        """Return what a call is made on (ARNs), each with its tags; nothing where AWS knows nothing narrower."""
        return []

    def handle(self, action: str, body: bytes) -> Answer:
        """Answer one call."""
        try:
            return _answer(200, self._call(action, body))
        except ServiceError as error:
            return _answer(400, {"__type": error.code, "message": error.message}, error.code)
        except Exception:
            log.exception("%s: failed", action)
            message = "An internal error of the emulator; its log says more."
            return _answer(500, {"__type": "InternalFailure", "message": message}, "InternalFailure")

    def _call(self, action: str, body: bytes) -> dict[str, Any]:
        handler = self._handlers.get(action)
        if handler is None:
            raise ServiceError("UnknownOperationException", f"{action} is not emulated.")
        operation = self._model.operation_model(action)
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            raise ServiceError("SerializationException", "The request is not JSON.") from None
        if operation.input_shape is not None:
            report = self._validator.validate(request, operation.input_shape)
            if report.has_errors():
                raise ServiceError(self._validation_error, report.generate_report())
        answer = handler(request) or {}
        if operation.output_shape is not None:
            report = self._validator.validate(answer, operation.output_shape)
            if report.has_errors():
                raise RuntimeError(f"{action}: the answer does not fit AWS's model: {report.generate_report()}")
        return answer


@cache
def _model(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def _answer(status: int, content: dict[str, Any], code: str | None = None) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    if code:
        headers["x-amzn-ErrorType"] = code
    return status, headers, json.dumps(content).encode()
