"""Previews as the engine writes them with `--json`: as much of one as a plan is read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
DIGEST = f"sha256:{'b' * 64}"
IMAGE = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/api@{DIGEST}"
RELEASE = "slipway:index:Release"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def urn(kind: str, name: str, parent: str = "slipway:aws:Service") -> str:
    return f"urn:pulumi:production::shop::{parent}${kind}::{name}"


def step(
    op: str,
    kind: str,
    name: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    *,
    outputs: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    detailed: Mapping[str, Any] | None = None,
    reasons: list[str] | None = None,
    forced: list[str] | None = None,
) -> dict[str, Any]:
    """One step. old, new: inputs; outputs, after: outputs then and as they are foreseen."""
    found: dict[str, Any] = {"op": op, "urn": urn(kind, name), "provider": "p"}
    if old is not None:
        found["oldState"] = {"urn": found["urn"], "type": kind, "inputs": dict(old), "outputs": dict(outputs or old)}
        found["oldState"] |= {"created": "2026-01-02T03:04:05Z", "modified": "2026-01-02T03:04:05Z"}
    if new is not None:
        found["newState"] = {"urn": found["urn"], "type": kind, "inputs": dict(new), "outputs": dict(after or {})}
    if detailed is not None:
        found["detailedDiff"] = dict(detailed)
    if reasons is not None:
        found["diffReasons"] = reasons
    if forced is not None:
        found["replaceReasons"] = forced
    return found


def release(version: str = "1.8.0", image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """The release's step: its provider names no properties."""
    old = {"version": "1.7.4", "services": [{"name": "api", "image": IMAGE.replace("b" * 64, "a" * 64)}]}
    new = {"version": version, "services": [{"name": "api", "image": image, "taskDefinition": UNKNOWN}]}
    found = step("update", RELEASE, "shop-release", old, {**new, **changes}, detailed={})
    found["urn"] = found["urn"].replace("slipway:aws:Service", "slipway:aws:Release")
    return found


def task(old: str = "512", new: str = "1024") -> list[dict[str, Any]]:
    """A task definition that is replaced: three steps."""
    before = {"family": "shop-api", "memory": old, "containerDefinitions": '[{"name":"api","image":"x@sha256:aa"}]'}
    after = {**before, "memory": new}
    told: dict[str, Any] = {"detailed": {"memory": {"kind": "update-replace", "inputDiff": True}}, "forced": ["memory"]}
    return [
        step("create-replacement", TASK, "api", before, after, **told),
        step("replace", TASK, "api", before, after, **told),
        step("delete-replaced", TASK, "api", before),
    ]


def preview(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """All of a preview; the stack itself stays as it is and is listed all the same."""
    stack = {"op": "same", "urn": "urn:pulumi:production::shop::pulumi:pulumi:Stack::shop-production"}
    return {"steps": [stack, *steps], "duration": 1234567, "changeSummary": {"same": 1}, "diagnostics": [], **more}
