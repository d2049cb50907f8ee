"""Secrets that a rehearsal plants where real ones are, so that it can be searched for where none may appear."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
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
    database_password: str = ""
    """Postgres's, in the secret that holds its URL; empty where there is no Postgres."""
    redis_password: str = ""
    """Redis's, in the same way."""
    github_token: str = ""
    """Whoever sets the repository on GitHub up; empty where there is no GitHub, as the next."""
    pipeline_secret: str = ""
    """What workflows of staging get, from Secrets Manager."""
    rotated_secret: str = ""
    """What they get later."""
    production_secret: str = ""
    """What those of production get."""
    webhook_secret: str = ""
    """What GitHub signs its messages with."""

    @classmethod
    def make(cls, *, stores: bool = False, github: bool = False) -> Self:
        """Make values that occur nowhere by chance; those of stores and of GitHub only where there are some."""
        made = cls(*(_value(name) for name in ("pass", "aws", "sign", "set", "term")))
        if github:
            names = ("github_token", "pipeline_secret", "rotated_secret", "production_secret", "webhook_secret")
            made = replace(made, **{name: _value(name.partition("_")[0]) for name in names})
        return replace(made, database_password=_value("pg"), redis_password=_value("redis")) if stores else made

    def named(self) -> Mapping[str, str]:
        """Return every planted value under its name."""
        return {name: value for name, value in asdict(self).items() if value}


def _value(name: str) -> str:
    return f"{name}-{secrets.token_hex(16)}"
