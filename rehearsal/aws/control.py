"""What a rehearsal may ask of the emulated AWS beyond what AWS has: `/_rehearsal/…`, JSON.

`GET clock`: the speed and both times. `GET drops`: how many requests were dropped, and are still to be. `POST drop
{"count": N}`: close the next N production connections without an answer, to prove that whoever counts failures sees
them. `GET metrics`: what the load balancers carried. `GET trouble`: the rules of `rehearsal.aws.trouble` in force, and
what each has met. `POST trouble {rule}`: one more. `POST calm {"name": …}`: end that rule; all where none is named.
`GET issuers`: where issuers of web identities are on this machine. `POST issuers {"https://issuer": URL}`: one more.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import Any

from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.iam.tokens import Issuers
from rehearsal.aws.trouble import Trouble
from rehearsal.aws.world import World

Answer = tuple[int, dict[str, str], bytes]


class Control:
    """The control paths and the counter of drops."""

    def __init__(self, world: World, traffic: TrafficMetrics, issuers: Issuers | None = None) -> None:
        self._world = world
        self._traffic = traffic
        self._issuers = issuers or Issuers()
        self.trouble = Trouble()
        self._lock = threading.Lock()
        self._to_drop = 0
        self._dropped = 0

    def take_drop(self) -> bool:
        """Whether this production request is to be dropped; counts it."""
        with self._lock:
            if self._to_drop == 0:
                return False
            self._to_drop -= 1
            self._dropped += 1
            return True

    def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one control request."""
        what = path.removeprefix("/_rehearsal/")
        if (method, what) == ("GET", "clock"):
            clock = self._world.clock
            return _json({"speed": clock.speed, "now": clock.now(), "wall": time.time()})
        if (method, what) == ("GET", "drops"):
            return _json(self._drops())
        if (method, what) == ("POST", "drop"):
            return self._drop(body)
        if (method, what) == ("GET", "metrics"):
            return _json(self._metrics())
        if what in ("trouble", "calm"):
            return self._trouble(method, what, body)
        if what == "issuers":
            return self._issuer(method, body)
        known = "GET clock, drops, metrics, trouble, issuers, or POST drop, trouble, calm, issuers"
        return _json({"error": f"{method} {path}: no such control. Fix: {known}"}, 404)

    def _trouble(self, method: str, what: str, body: bytes) -> Answer:
        try:
            wish = json.loads(body or b"{}")
            if (method, what) == ("POST", "trouble"):
                self.trouble.add(wish)
            elif (method, what) == ("POST", "calm"):
                self.trouble.end(str(wish.get("name", "")))
        except (ValueError, AttributeError) as error:
            return _json({"error": f'{what}: {error}. Fix: POST {{"name": "slow", "effect": "throttle"}}'}, 400)
        return _json(self.trouble.shown())

    def _issuer(self, method: str, body: bytes) -> Answer:
        try:
            for issuer, address in (json.loads(body or b"{}") if method == "POST" else {}).items():
                self._issuers.add(str(issuer), str(address))
        except (ValueError, AttributeError):
            return _json({"error": 'issuers: URLs by issuer. Fix: POST {"https://issuer": "http://127.0.0.1:1"}'}, 400)
        return _json(self._issuers.shown())

    def _drop(self, body: bytes) -> Answer:
        try:
            count = json.loads(body or b"{}").get("count", 1)
        except (ValueError, AttributeError):
            count = None
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            return _json({"error": 'drop: count is a whole number. Fix: POST {"count": 1}'}, 400)
        with self._lock:
            self._to_drop += count
        return _json(self._drops())

    def _drops(self) -> dict[str, int]:
        with self._lock:
            return {"to_drop": self._to_drop, "dropped": self._dropped}

    def _metrics(self) -> dict[str, Any]:
        by_target: Counter[str] = Counter()
        by_load_balancer: Counter[str] = Counter()
        groups: dict[str, Counter[str]] = {}
        for (_, group, status), count in dict(self._traffic.totals).items():
            kind = f"{status // 100}xx"
            if group:
                by_target[kind] += count
                groups.setdefault(group, Counter())[kind] += count
            else:
                by_load_balancer[kind] += count
        return {"targets": by_target, "load_balancers": by_load_balancer, "groups": groups}


def _json(content: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
