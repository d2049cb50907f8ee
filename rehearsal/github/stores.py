"""Where secrets and variables are kept: of a repository, of Dependabot, of each environment; and the key of each."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from nacl.public import PrivateKey

from rehearsal.github.world import Repository


@dataclass
class Value:
    """A secret (opened) or a variable."""

    name: str
    value: str
    created: str
    updated: str


@dataclass
class Store:
    """One place that has secrets and variables: names are upper case."""

    key: PrivateKey = field(default_factory=PrivateKey.generate)
    secrets: dict[str, Value] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)

    @property
    def public(self) -> str:
        """The public key, base64."""
        return base64.b64encode(bytes(self.key.public_key)).decode()

    @property
    def key_id(self) -> str:
        """The name of the key: eighteen digits, as GitHub's are."""
        return str(int(hashlib.sha256(bytes(self.key.public_key)).hexdigest()[:16], 16)).rjust(20, "0")[-18:]


@dataclass
class Stores:
    """The places of one repository: `actions`, `dependabot`, and each environment by its id."""

    by_place: dict[str | int, Store] = field(default_factory=dict)

    def at(self, place: str | int) -> Store:
        """One place, made when first asked for."""
        return self.by_place.setdefault(place, Store())


def forget(repo: Repository, environment: int) -> None:
    """An environment is gone."""
    repo.area(Stores).by_place.pop(environment, None)
