"""Reading what is released and how: where it comes from, how traffic moves, what stops it."""

from __future__ import annotations

import re
from collections.abc import Collection

from delivery.strategy import Strategy, StrategyError, parse
from settings.model import BUILD, AlarmSettings, Origin
from settings.node import Node
from settings.place import REGION
from settings.problems import did_you_mean
from settings.source import Source
from settings.table import ALARMS, StackKind, defaults

TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
#: What a worker may take to become steady (`delivery.workers`), in minutes.
_WARM_FOR_WORKERS = 30
_DIGEST = r"sha256:[0-9a-f]{64}"


def origin(node: Node, source: Source) -> Origin | None:
    """Read where releases come from: None where this stack builds, else another environment, found by its file."""
    text = node.needed(r".+", "must be build, or the name of another environment's stack")
    if text == BUILD or not node.ok:
        return None
    return elsewhere(node, text, source, "must be build, or", {BUILD})


def elsewhere(node: Node, text: str, source: Source, must: str, also: Collection[str] = ()) -> Origin | None:
    """Find another environment by its file. must: how the rule begins; also: other words that would do."""
    others = {name for name in source.stacks if name != source.stack and _kind(source, name) == StackKind.ENVIRONMENT}
    if text not in others:
        rule = f"{must} the name of a stack that has a file Pulumi.{text}.yaml"
        if text == source.stack:
            rule = "must not name its own stack"
        elif text in source.stacks:
            rule = "must name a stack of kind environment"
        node.wrong(rule, did_you_mean(text, {*also, *others}))
        return None
    there = source.stacks[text]
    account, region = str(there.get("account", "")), str(there.get("aws:region", ""))
    if not re.fullmatch(r"\d{12}", account) or not re.fullmatch(REGION, region):
        node.wrong(
            "must name a stack whose account and region are known", f"set account and aws:region in Pulumi.{text}.yaml"
        )
    return Origin(stack=text, account=account, region=region)


def release(node: Node) -> str:
    """Read which release is asked for by name."""
    text = node.text()
    if text.startswith("sha256") and not re.fullmatch(_DIGEST, text):
        node.wrong("must be a digest: sha256: and 64 hex digits", "`./slipway history` shows what can be named here")
    elif text and not re.fullmatch(rf"{_DIGEST}|{TAG}", text):
        node.wrong("must be a version, a digest or a release's id", "`./slipway history` shows what can be named here")
    return text


def version(node: Node) -> str:
    """Read what the next release is called; empty to let git say."""
    return node.text(TAG, "must be what an image tag may be: letters, digits, _ . and -, at most 128", "such as 1.8.0")


def strategy(node: Node) -> Strategy:
    """Read how traffic moves."""
    try:
        return parse(node.text())
    except StrategyError as error:
        node.wrong(error.message, _near(error.word) or error.fix, at=(error.position, len(error.word)))
        return Strategy(kind="all_at_once")


def alarms(node: Node) -> AlarmSettings:
    """Read when a release is going wrong."""
    fields = node.fields(defaults(ALARMS))
    period = fields["period"].integer(60, 900)
    if fields["period"].ok and period % 60:
        fields["period"].wrong("must be a multiple of 60", "a load balancer's metrics come once a minute")
    return AlarmSettings(
        period=period,
        datapoints=fields["datapoints"].integer(1, 10),
        error_percent=fields["error_percent"].number(0, 100),
        latency_seconds=fields["latency_seconds"].number(0, 300),
        min_requests=fields["min_requests"].integer(1, 1_000_000),
    )


def waive(node: Node) -> dict[str, str]:
    """Read which alarms are left out, and why."""
    rule = "must say why nobody looks at this alarm"
    return {name: item.needed(r".*\S.*", rule) for name, item in node.object().items()}


def bakes_long_enough(node: Node, how: Strategy, when: AlarmSettings) -> None:
    """Refuse a bake that is over before an alarm could ring: it would prove nothing."""
    needed = -(-when.detection_seconds // 60)
    if node.ok and how.bake_minutes < needed:
        node.wrong(
            f"must bake as long as alarms need to ring, {needed}m ({when.datapoints} x {when.period} s)",
            f"write `bake {needed}m`",
        )


def keeps_warm_long_enough(node: Node, how: Strategy) -> None:
    """Refuse old tasks that may be gone while workers still roll: one that fails takes the traffic back to them."""
    if node.ok and how.warm_minutes < _WARM_FOR_WORKERS:
        node.wrong(
            f"must keep the old tasks warm while workers roll, {_WARM_FOR_WORKERS}m: one that fails takes traffic back",
            f"write `warm {_WARM_FOR_WORKERS}m`, or set together to false",
        )


def _near(word: str) -> str:
    """Return the word that a misspelt one was meant to be."""
    known = ("all", "at", "bake", "canary", "every", "linear", "once", "warm")
    nearest = did_you_mean(word, known)
    return nearest if word.isalpha() and word not in known and nearest.startswith("did") else ""


def _kind(source: Source, stack: str) -> str:
    """Return what another stack is, by its file."""
    return str(source.stacks[stack].get("kind", source.defaults.get("kind", "")))
