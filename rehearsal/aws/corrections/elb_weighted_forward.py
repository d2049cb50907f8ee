"""Forward actions with weights.

AWS: a forward action may name up to five target groups with weights; requests are spread accordingly, a group of
weight 0 gets none, and Describe answers with `ForwardConfig` for every forward action, `TargetGroupArn` only where
there is one group.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html#forward-actions

MiniStack 1.5.33 drops `ForwardConfig` when it reads a request, so a weighted action answers every client with 502. It
also counts a group as used by a load balancer only when a new listener names it, never after a change.
"""

from __future__ import annotations

import random
from typing import Any

from ministack.services import alb

from rehearsal.aws.corrections.binding import Binding

Action = dict[str, Any]


def weights(action: Action) -> list[tuple[str, int]]:
    """The target groups of a forward action with their weights, in order."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not groups and action.get("TargetGroupArn"):
        return [(action["TargetGroupArn"], 1)]
    return [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]


def choose(action: Action) -> str | None:
    """The target group that one request goes to, or None where no group has any weight."""
    candidates = [(arn, weight) for arn, weight in weights(action) if weight > 0]
    if not candidates:
        return None
    arns, shares = zip(*candidates, strict=True)
    return str(random.choices(arns, shares)[0])  # noqa: S311 - a spread of traffic, not a secret


def apply(binding: Binding) -> None:
    """Read, keep, answer and follow `ForwardConfig`."""
    parse_actions = alb._parse_actions
    action_xml = alb._action_xml
    target_group_xml = alb._tg_xml
    execute_action = alb._execute_action

    def parse(params: dict[str, Any], prefix: str = "DefaultActions") -> list[Action]:
        actions: list[Action] = parse_actions(params, prefix)
        for number, action in enumerate(actions, 1):
            if action["Type"] == "forward":
                _complete(action, params, f"{prefix}.member.{number}.ForwardConfig")
        return actions

    def as_xml(action: Action) -> str:
        xml = str(action_xml(action))
        config = action.get("ForwardConfig")
        return xml if not config else xml.removesuffix("</member>") + _config_xml(config) + "</member>"

    def group_as_xml(group: dict[str, Any]) -> str:
        return str(target_group_xml({**group, "LoadBalancerArns": load_balancers(group["TargetGroupArn"])}))

    async def execute(action: Action, *args: Any, **kwargs: Any) -> Any:
        if action.get("Type") == "forward":
            action = {**action, "TargetGroupArn": choose(action) or ""}
        return await execute_action(action, *args, **kwargs)

    binding.replace(alb, "_parse_actions", parse)
    binding.replace(alb, "_action_xml", as_xml)
    binding.replace(alb, "_tg_xml", group_as_xml)
    binding.replace(alb, "_execute_action", execute)


def load_balancers(group: str) -> list[str]:
    """The load balancers whose listeners or rules name the target group, whatever its weight."""
    users = {
        listener["LoadBalancerArn"]
        for listener in alb._listeners.values()
        if any(group == arn for action in listener["DefaultActions"] for arn, _ in weights(action))
    }
    for rule in alb._rules.values():
        if any(group == arn for action in rule["Actions"] for arn, _ in weights(action)):
            listener = alb._listeners.get(rule["ListenerArn"])
            if listener:
                users.add(listener["LoadBalancerArn"])
    return sorted(users)


def _complete(action: Action, params: dict[str, Any], prefix: str) -> None:
    groups: list[dict[str, Any]] = []
    while arn := alb._p(params, f"{prefix}.TargetGroups.member.{len(groups) + 1}.TargetGroupArn"):
        weight = alb._p(params, f"{prefix}.TargetGroups.member.{len(groups) + 1}.Weight")
        groups.append({"TargetGroupArn": arn, "Weight": int(weight) if weight else 1})
    if not groups and action.get("TargetGroupArn"):
        groups = [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}]
    sticky = alb._p(params, f"{prefix}.TargetGroupStickinessConfig.Enabled") == "true"
    duration = alb._p(params, f"{prefix}.TargetGroupStickinessConfig.DurationSeconds")
    stickiness: dict[str, Any] = {"Enabled": sticky}
    if duration:
        stickiness["DurationSeconds"] = int(duration)
    action["ForwardConfig"] = {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}
    if len(groups) == 1:
        action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    else:
        action.pop("TargetGroupArn", None)


def _config_xml(config: dict[str, Any]) -> str:
    groups = "".join(
        f"<member><TargetGroupArn>{group['TargetGroupArn']}</TargetGroupArn><Weight>{group['Weight']}</Weight></member>"
        for group in config["TargetGroups"]
    )
    sticky = config["TargetGroupStickinessConfig"]
    duration = f"<DurationSeconds>{sticky['DurationSeconds']}</DurationSeconds>" if "DurationSeconds" in sticky else ""
    enabled = str(sticky["Enabled"]).lower()
    return (
        f"<ForwardConfig><TargetGroups>{groups}</TargetGroups><TargetGroupStickinessConfig>"
        f"<Enabled>{enabled}</Enabled>{duration}</TargetGroupStickinessConfig></ForwardConfig>"
    )
