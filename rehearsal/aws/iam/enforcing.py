"""MiniStack's services, held to all that AWS compares policies with, and refusals in AWS's words.

AWS: a refusal names who, what and on what, and why: no policy allows it, one denies it, or the resource's own policy
does not know the caller. A call on several resources must be allowed on each; roles that it passes must be allowed to
be passed. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html

MiniStack 1.5.33 compares one resource, in some services another one than AWS does (an ECS service's cluster, a role
without its path), asks nobody for `iam:PassRole`, and leaves the resource out of what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import ministack.app as app
from ministack.core import iam_actions, iam_evaluator

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.demands import Demand, demands

_call: ContextVar[Call | None] = ContextVar("slipway_iam_call", default=None)
_refused: ContextVar[Demand | None] = ContextVar("slipway_iam_refused", default=None)
_EC2 = "You are not authorized to perform this operation. "


def apply(binding: Binding) -> None:
    """Compare everything, and say what was refused."""
    extract, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce
    answer = iam_actions.access_denied_response

    def extracted(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        region: str,
        account: str,
    ) -> Any:
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query)
        _call.set(Call.read(action, region=region, account=account, body=body, parameters=query) if action else None)
        _refused.set(None)
        return extract(service, method, path, headers, body, query, region, account)

    def enforced(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> Any:
        call = _call.get()
        ours = call is not None and f"{call.service}:{call.action}" == action
        wanted = demands(call, resource_arn) if call is not None and ours else [Demand(action, resource_arn)]
        for demand in wanted:
            context = {**(service_context or {}), **demand.keys}
            refusal = enforce(access_key, demand.action, service, region, demand.resource, context)
            if refusal is not None:
                _refused.set(demand)
                return refusal
        return None

    def answered(service: str, action: str, principal: str, request_id: str, **said: Any) -> Any:
        demand = _refused.get()
        if demand is None or said.get("error_code") or said.get("message"):
            return answer(service, action, principal, request_id, **said)
        said["resource_arn"] = demand.resource
        if not (said.get("explicit_deny") and said.get("resource_policy_arn")):
            words = refusal(principal, demand, explicit=bool(said.get("explicit_deny")))
            said["message"] = _EC2 + words if service == "ec2" else words
        return answer(service, demand.action, principal, request_id, **said)

    pin = app.pin_request_origin
    # The endpoint stands for AWS's own, which answer over TLS: policies that want it are to be met here as there.
    binding.replace(app, "pin_request_origin", lambda address, _secure: pin(address, True))
    binding.replace(iam_actions, "extract_resource_arn", extracted)
    binding.replace(iam_evaluator, "enforce", enforced)
    binding.replace(iam_actions, "access_denied_response", answered)


def refusal(principal: str, demand: Demand, *, explicit: bool) -> str:
    """Return AWS's words for a call that is refused."""
    parts = demand.resource.split(":")
    owner = parts[4] if len(parts) > 4 else ""
    elsewhere = owner.isdigit() and owner not in principal.split(":")
    kind = "resource-based" if elsewhere else "identity-based"
    article = "a" if elsewhere else "an"
    why = (
        f"with an explicit deny in {'an identity-based' if explicit else article} policy"
        if explicit
        else f"because no {kind} policy allows the {demand.action} action"
    )
    return f"User: {principal} is not authorized to perform: {demand.action} on resource: {demand.resource} {why}"
