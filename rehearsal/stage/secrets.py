"""Secrets that a rehearsal plants where real ones are, so that it can be searched for where none may appear."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Planted:
    """Values made for one rehearsal; what each stands for is its name."""

    passphrase: str
    """Encrypts the secrets in Pulumi's state."""
    aws_secret_key: str
    """What AWS requests are signed with."""
    signing_key: str
    """The application's own, in Secrets Manager."""
    setting: str
    """A setting that was set with `--secret`."""
    terminal: str
    """A token in the environment of whoever runs Pulumi, as a person or CI has them."""
    registry_token: str = ""
    """The password of the registry; AWS gives it."""

    @classmethod
    def make(cls) -> Self:
        """Make values that occur nowhere by chance."""
        return cls(*(f"{name}-{secrets.token_hex(16)}" for name in ("pass", "aws", "sign", "set", "term")))

    def named(self) -> Mapping[str, str]:
        """Return every planted value under its name."""
        return {name: value for name, value in asdict(self).items() if value}
