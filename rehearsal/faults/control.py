"""The emulated AWS's controls: rules that make calls go wrong, and its clock."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Control:
    """Talks to `/_rehearsal/…` of the emulated AWS."""

    endpoint: str

    def trouble(self, name: str, effect: str, **more: Any) -> None:
        """Ask for trouble; `rehearsal.aws.trouble.Rule` says what there is."""
        self._ask("trouble", {"name": name, "effect": effect, **more})

    def calm(self, name: str = "") -> None:
        """End the trouble of that name, or all."""
        self._ask("calm", {"name": name})

    def met(self, name: str) -> dict[str, int]:
        """How many calls a rule was asked about (`asked`), has met (`met`) and holds now (`held`)."""
        rules: list[dict[str, Any]] = self._ask("trouble")
        return next((rule for rule in rules if rule["name"] == name), {"asked": 0, "met": 0, "held": 0})

    def now(self) -> float:
        """Emulated seconds since the epoch."""
        return float(self._ask("clock")["now"])

    def _ask(self, what: str, wish: dict[str, Any] | None = None) -> Any:
        body = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(f"{self.endpoint}/_rehearsal/{what}", body)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)
