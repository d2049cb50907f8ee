"""Words of others (answers, log lines, error messages), made fit to be shown and kept: no credentials, not too long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MASK = "***"
_PATTERNS = (
    # scheme://user:password@host. None looks at what stands before: texts may be long, and one word.
    (re.compile(r"(://[^\s:/@]*):[^\s/]+@"), rf"\1:{_MASK}@"),
    # Authorization: Bearer …
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {_MASK}"),
    # password=…, "api_key": "…", SECRET_TOKEN: …
    (
        re.compile(
            r"""(?P<name>(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|credential)[\w.-]{0,60}["']?\s*[=:]\s*)"""
            r"""(?:"[^"]*"|'[^']*'|[^\s,;&}]+)""",
            re.IGNORECASE,
        ),
        rf"\g<name>{_MASK}",
    ),
    # Access keys of AWS, and keys in PEM.
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), _MASK),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), _MASK),
)
_LONGEST = 300
#: Names of variables whose values are credentials.
_CREDENTIAL = re.compile(
    r".*(passw(or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|credential).*", re.IGNORECASE
)


def shown(text: str, longest: int = _LONGEST) -> str:
    """Return `text` without what looks like a credential, on one line, cut to `longest` characters."""
    text = " ".join(masked(text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def masked(text: str) -> str:
    """Return `text` without what looks like a credential, else as it is."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def credential(name: str) -> bool:
    """Tell whether what is called so is a credential."""
    return _CREDENTIAL.fullmatch(name) is not None


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings fit to be written down: a value whose name or form says that it is a credential is masked.

    What `secrets` holds are names in Secrets Manager, and stays. Somebody may have put a credential where none belongs.
    """
    return {name: value if name == "secrets" else _plain(name, value) for name, value in settings.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _plain(inner, found) for inner, found in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, found) for found in value]
    if isinstance(value, str) and value:
        return _MASK if credential(name) else masked(value)
    return value
