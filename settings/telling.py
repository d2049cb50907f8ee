"""Reading who hears of a release that is gone back to, or promoted."""

from __future__ import annotations

import re

from delivery.notices import Tell
from settings.node import Node
from settings.place import SECRET_REFERENCE
from settings.problems import NOTHING
from settings.table import TELL, defaults

_TOPIC = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"
_REPOSITORY = r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+"


def tell(node: Node) -> Tell:
    """Read it; whatever is left out is not told."""
    fields = node.fields(defaults(TELL))
    return Tell(
        webhook=_webhook(fields["webhook"]),
        topic=_optional(
            fields["topic"],
            _TOPIC,
            "must be the ARN of an SNS topic",
            "such as arn:aws:sns:eu-central-1:111122223333:shop",
        ),
        issues=_optional(
            fields["issues"], _REPOSITORY, "must be the owner and the name of a repository", "such as acme/shop"
        ),
    )


def _webhook(node: Node) -> str:
    if node.value == "":
        return ""
    if not isinstance(node.value, str) or not re.fullmatch(SECRET_REFERENCE, node.value):
        # Whoever writes the address itself here finds it in no message.
        node.wrong(
            "must be the name or the ARN of a secret in Secrets Manager that holds the address",
            "such as shop/staging/chat",
            got="what looks like a value" if node.value else NOTHING,
        )
        return ""
    return node.value


def _optional(node: Node, pattern: str, rule: str, hint: str) -> str:
    return node.needed(pattern, rule, hint) if node.value else ""
