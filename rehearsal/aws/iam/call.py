"""One request to AWS, as policies see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Call:
    """Who is asked for what: `service` is the prefix of the action, such as `ecs` of `ecs:UpdateService`."""

    service: str
    action: str
    region: str
    account: str
    """Of the caller."""
    fields: Mapping[str, Any]
    """What the request says: the members of its JSON, or its parameters as `Name` and `Names.member.1`."""

    @classmethod
    def read(
        cls, action: str, *, region: str, account: str, body: bytes, parameters: Mapping[str, Any] | None = None
    ) -> Call:
        """Read a request of either protocol; `action` with its service, as policies write it."""
        service, _, name = action.partition(":")
        fields = {key: value[0] if isinstance(value, list) else value for key, value in (parameters or {}).items()}
        if body[:1] == b"{":
            try:
                fields = json.loads(body)
            except ValueError:
                fields = {}
        return cls(service=service, action=name, region=region, account=account, fields=fields)

    def text(self, *names: str) -> str:
        """Return the first of these fields that says something; empty where none does."""
        return next((found for name in names if isinstance(found := self.fields.get(name), str) and found), "")

    def texts(self, name: str) -> list[str]:
        """Return a field that holds several, in either protocol."""
        found = self.fields.get(name)
        if isinstance(found, list):
            return [str(one) for one in found]
        begins = (f"{name}.member.", f"{name}.")
        return [str(value) for key, value in self.fields.items() if key.startswith(begins) and key[-1].isdigit()]

    def arn(self, resource: str, *, service: str = "", account: str = "") -> str:
        """Return an ARN in the caller's region and account, unless another is named."""
        return f"arn:aws:{service or self.service}:{self.region}:{account or self.account}:{resource}"
