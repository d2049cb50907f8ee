"""Rules that do not exist, and rules that still have targets.

AWS: EnableRule, DisableRule, ListTargetsByRule and RemoveTargets of a rule that does not exist are answered
with ResourceNotFoundException; DeleteRule of a rule with targets is refused.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteRule.html

MiniStack 1.5.33 answers with success, so that who switches off a rule by a wrong name hears nothing, and deletes
targets along with their rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import eventbridge

from rehearsal.aws.corrections.binding import Binding

Document = dict[str, Any]
_NAMED = {
    "_enable_rule": "Name",
    "_disable_rule": "Name",
    "_list_targets_by_rule": "Rule",
    "_remove_targets": "Rule",
}


def apply(binding: Binding) -> None:
    """Refuse what AWS refuses."""
    for name, field in _NAMED.items():
        binding.replace(eventbridge, name, _existing(getattr(eventbridge, name), field))
    delete = eventbridge._delete_rule

    def delete_empty(data: Document) -> Any:
        if eventbridge._targets.get(_key(data, "Name")):
            return error_response_json("ValidationException", "Rule can't be deleted since it has targets.", 400)
        return delete(data)

    binding.replace(eventbridge, "_delete_rule", delete_empty)


def _existing(handler: Callable[[Document], Any], field: str) -> Callable[[Document], Any]:
    def answer(data: Document) -> Any:
        if _key(data, field) not in eventbridge._rules:
            said = f"Rule {data.get(field)} does not exist on EventBus {data.get('EventBusName', 'default')}."
            return error_response_json("ResourceNotFoundException", said, 400)
        return handler(data)

    return answer


def _key(data: Document, field: str) -> str:
    return str(eventbridge._rule_key(data.get(field), data.get("EventBusName", "default")))
