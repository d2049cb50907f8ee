"""CodeDeploy and Application Auto Scaling, which are ours and not MiniStack's, held to the same policies."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import request_scope
from ministack.core.router import extract_access_key_id

from rehearsal.aws.accounts import Caller
from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.demands import Demand, passes
from rehearsal.aws.iam.enforcing import refusal

Answer = tuple[int, dict[str, str], bytes]
Owned = list[tuple[str, Mapping[str, str]]]


class Guarded(Protocol):
    """A service that can say what a call is made on."""

    iam_prefix: str

    def resources(self, call: Call) -> Owned:
        """Return the resources of a call (ARNs), each with its tags."""
        ...


def refused(
    service: Guarded, action: str, scope: MutableMapping[str, Any], body: bytes, caller: Caller
) -> Answer | None:
    """Return the answer to a call that its caller may not make; None where it may."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    key = extract_access_key_id(headers, query)
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    call = Call.read(f"{service.iam_prefix}:{action}", region=caller.region, account=caller.account, body=body)
    with request_scope(caller.account, caller.region):
        iam_evaluator.pin_signed_request(scope["method"], path, query, scope["headers"])
        iam_evaluator.pin_signed_body(body)
        for demand in _demands(service, call):
            denied = iam_evaluator.enforce(
                key, demand.action, service.iam_prefix, caller.region, demand.resource, dict(demand.keys)
            )
            if denied is not None:
                return _answer(service.iam_prefix, demand, denied, headers)
    return None


def _demands(service: Guarded, call: Call) -> list[Demand]:
    action = f"{call.service}:{call.action}"
    found = [
        Demand(action, arn, {f"aws:ResourceTag/{name}": value for name, value in tags.items()})
        for arn, tags in service.resources(call)
    ]
    return [*(found or [Demand(action, "*")]), *passes(call)]


def _answer(prefix: str, demand: Demand, denied: Any, headers: dict[str, str]) -> Answer:
    if isinstance(denied, iam_evaluator.AuthError):
        said: Answer = iam_actions.access_denied_response(
            prefix, demand.action, "", "", error_code=denied.code, message=denied.message, headers=headers
        )
        return said
    words = refusal(denied.principal_arn, demand, explicit=denied.decision == "Deny")
    content = json.dumps({"__type": "AccessDeniedException", "message": words}).encode()
    told = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": "AccessDeniedException"}
    return 400, told, content
