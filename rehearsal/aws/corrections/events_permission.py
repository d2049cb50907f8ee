"""EventBridge calls a function only where the function lets it.

AWS: the function's policy must allow `lambda:InvokeFunction` to events.amazonaws.com, for the rule's ARN where it names
one; otherwise the invocation fails, and nobody hears of it but a metric.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-lambda-permissions

MiniStack 1.5.33 asks no policy, so that a program without the permission would work here and not on AWS.
"""

from __future__ import annotations

import logging
from fnmatch import fnmatchcase
from typing import Any

from ministack.services import eventbridge, lambda_svc

from rehearsal.aws.corrections.binding import Binding

_SERVICE = "events.amazonaws.com"
_ACTIONS = ("lambda:InvokeFunction", "lambda:*", "*")
log = logging.getLogger("slipway.events")


def apply(binding: Binding) -> None:
    """Ask the function's policy before each call."""
    invoke = eventbridge._invoke_target

    def invoke_allowed(target: dict[str, Any], event: Any, rule: dict[str, Any], *more: Any) -> None:
        arn = str(target.get("Arn", ""))
        if ":lambda:" in arn and not _allowed(arn, rule["Arn"]):
            log.warning("rule %s may not call %s: its policy does not allow it", rule["Name"], arn)
            return
        invoke(target, event, rule, *more)

    binding.replace(eventbridge, "_invoke_target", invoke_allowed)


def _allowed(function: str, rule: str) -> bool:
    found = lambda_svc.function_policy_for_arn(function)
    return found is not None and any(_allows(statement, rule) for statement in found[0]["Statement"])


def _allows(statement: dict[str, Any], rule: str) -> bool:
    principal, action = statement.get("Principal"), statement.get("Action")
    conditions = (statement.get("Condition") or {}).get("ArnLike", {})
    sources = [str(value) for key, value in conditions.items() if key.lower() == "aws:sourcearn"]
    return (
        statement.get("Effect") == "Allow"
        and (principal == "*" or (isinstance(principal, dict) and principal.get("Service") == _SERVICE))
        and action in _ACTIONS
        and all(fnmatchcase(rule, source) for source in sources)
    )
