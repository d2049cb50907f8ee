"""Words of others (answers, log lines, error messages), made fit to be shown and kept: no credentials, not too long."""

from __future__ import annotations

import re

_MASK = "***"
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/]+@", re.IGNORECASE), rf"\1:{_MASK}@"),
    # Authorization: Bearer …
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {_MASK}"),
    # password=…, "api_key": "…", SECRET_TOKEN: …
    (
        re.compile(
            r"""(?P<name>[\w.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|credential)[\w.-]*["']?\s*[=:]\s*)"""
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


def shown(text: str, longest: int = _LONGEST) -> str:
    """Return `text` without what looks like a credential, on one line, cut to `longest` characters."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
