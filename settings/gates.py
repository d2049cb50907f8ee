"""Reading what people have decided about releases: what must be proved elsewhere, when nothing is released."""

from __future__ import annotations

from delivery import freeze
from delivery.plan import Gates
from delivery.policy import NAMES
from delivery.records import bucket_name
from settings.model import Origin
from settings.node import Fields, Node
from settings.problems import did_you_mean
from settings.rollout import elsewhere
from settings.source import Source
from settings.table import GATES, defaults


def gates(node: Node, source: Source, account: str, region: str) -> Gates:
    """Read the gates of an environment in an account and a region."""
    fields = node.fields(defaults(GATES))
    first = _after(fields["after"], source)
    return Gates(
        after=first.stack if first else "",
        after_bucket=bucket_name(source.project, first.stack, first.account) if first else "",
        after_near=first is not None and (first.account, first.region) == (account, region),
        tagged=fields["tagged"].flag(),
        freeze=_freeze(fields["freeze"]),
        override=_override(fields),
    )


def _after(node: Node, source: Source) -> Origin | None:
    text = node.text()
    return elsewhere(node, text, source, "must be") if text else None


def _freeze(node: Node) -> tuple[str, ...]:
    for item in (items := node.items()):
        text = item.text()
        try:
            if item.ok:
                freeze.parse(text)
        except freeze.FreezeError as error:
            at = (error.position, len(error.word))
            item.wrong(error.message, error.fix, at=at)
    return tuple(str(item.value) for item in items if item.ok)


def _override(fields: Fields) -> dict[str, str]:
    found = {}
    for name, item in fields["override"].object().items():
        if name not in NAMES:
            item.wrong("unknown", did_you_mean(name, NAMES), got="")
        else:
            found[name] = item.needed(r".*\S.*", "must say why this gate only warns")
    return found
