"""What can be made to go wrong with calls to the emulated AWS, for as long as somebody asks for it.

A rule says which calls it meets, and what becomes of them. Calls that the emulated AWS makes itself (CodeDeploy's,
those of Application Auto Scaling) and those of whoever watches a rehearsal are never met: trouble with an API, as its
users have it, leaves AWS's own insides alone. Requests of users to a load balancer are no calls.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast, get_args
from xml.sax.saxutils import escape

#: Part of the user agent of calls that no rule meets.
INSIDE = "slipway-rehearsal"

Effect = Literal["throttle", "fail", "deny", "expire", "hang-up", "hold", "rewrite"]
Answer = tuple[int, dict[str, str], bytes]

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
#: Effect → HTTP status and code, in the words of the JSON services.
_ERRORS: Mapping[str, tuple[int, str, str]] = {
    "throttle": (400, "ThrottlingException", "Rate exceeded"),
    "fail": (500, "InternalFailure", "The request processing has failed because of an unknown error."),
    "deny": (403, "AccessDeniedException", "The identity is not authorized to perform this action."),
    "expire": (400, "ExpiredTokenException", "The security token included in the request is expired"),
}
#: What some services call it: service → code in `_ERRORS` → HTTP status and code.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_OWN_WORDS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "s3": {
        "ThrottlingException": (503, "SlowDown"),
        "InternalFailure": (500, "InternalError"),
        "AccessDeniedException": (403, "AccessDenied"),
        "ExpiredTokenException": (400, "ExpiredToken"),
    },
    "ec2": {
        "ThrottlingException": (503, "RequestLimitExceeded"),
        "InternalFailure": (500, "InternalError"),
        "AccessDeniedException": (403, "UnauthorizedOperation"),
        "ExpiredTokenException": (400, "RequestExpired"),
    },
    "lambda": {"ThrottlingException": (429, "TooManyRequestsException"), "InternalFailure": (500, "ServiceException")},
    "query": {
        "ThrottlingException": (400, "Throttling"),
        "AccessDeniedException": (403, "AccessDenied"),
        "ExpiredTokenException": (403, "ExpiredToken"),
    },
}


@dataclass(frozen=True)
class Call:
    """One call to an AWS API, or to the registry."""

    service: str
    """As signatures name it: `s3`, `ecs`, `elasticloadbalancing`, `monitoring` …; empty where nothing is signed."""
    method: str
    path: str
    agent: str
    form: str
    """How the service speaks: `json`, `query`, `cbor`, `rest`."""
    body: bytes = b""

    @classmethod
    def of(cls, method: str, path: str, headers: Mapping[bytes, bytes], body: bytes = b"") -> Call:
        """Read a request; `headers` by their names in lower case."""
        signed = _SCOPE.search(headers.get(b"authorization", b"").decode("latin-1"))
        content = headers.get(b"content-type", b"").decode("latin-1")
        form = "rest"
        if b"x-amz-target" in headers:
            form = "json"
        elif b"smithy-protocol" in headers:
            form = "cbor"
        elif content.startswith("application/x-www-form-urlencoded"):
            form = "query"
        agent = headers.get(b"user-agent", b"").decode("latin-1")
        return cls(signed[1] if signed else "", method, path, agent, form, body)


@dataclass
class Rule:
    """Which calls are met, and what becomes of them.

    name: to end it by. share: of the calls that fit, chosen with `seed`. executed: the share of those that are met
    which is carried out before the error is told, as happens with answers that get lost. services, method, path
    (a regular expression), agent, contains (in the body): what a call must have; all calls where nothing is said.
    find, put: for `rewrite`, a regular expression and what stands in its place.
    """

    name: str
    effect: Effect
    share: float = 1.0
    seed: int = 1
    executed: float = 0.0
    services: list[str] = field(default_factory=list)
    method: str = ""
    path: str = ""
    agent: str = ""
    contains: str = ""
    find: str = ""
    put: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant; prepare the dice."""
        if self.effect not in get_args(Effect):
            raise ValueError(f"effect: one of {', '.join(get_args(Effect))}, got {self.effect!r}")
        if not self.name or not 0 < self.share <= 1 or not 0 <= self.executed <= 1:
            raise ValueError("a rule has a name, and shares are from 0 to 1")
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self._ended = asyncio.Event()
        self.asked = self.met = self.waiting = 0

    def fits(self, call: Call) -> bool:
        """Whether a call is one that the rule speaks of."""
        return (
            (not self.services or call.service in self.services)
            and (not self.method or call.method == self.method)
            and (re.search(self.path, call.path) is not None if self.path else not call.path.startswith("/v2/"))
            and (not self.agent or self.agent in call.agent)
            and (not self.contains or self.contains.encode() in call.body)
        )

    def meets(self, call: Call) -> bool:
        """Whether it strikes this call; counts it."""
        if not self.fits(call):
            return False
        self.asked += 1
        strikes = self._dice.random() < self.share
        self.met += strikes
        return strikes

    def lost(self) -> bool:
        """Whether this call is carried out, and only its answer is lost."""
        return self.executed > 0 and self._dice.random() < self.executed

    def error(self, call: Call) -> Answer:
        """The error that the call gets, in the words and the form of its service."""
        status, code, message = _ERRORS[self.effect]
        words = _OWN_WORDS.get(call.service) or (_OWN_WORDS["query"] if call.form == "query" else {})
        status, code = words.get(code, (status, code))
        return told(call, status, code, message)

    def rewritten(self, body: bytes) -> bytes:
        """The body as it goes on."""
        return re.sub(self.find.encode(), self.put.encode(), body)

    async def until_ended(self, limit: float = 60.0) -> None:
        """Hold a call until the rule is ended; at most `limit` seconds."""
        self.waiting += 1
        try:
            async with asyncio.timeout(limit):
                await self._ended.wait()
        except TimeoutError:
            return
        finally:
            self.waiting -= 1

    def end(self) -> None:
        """Let go whatever is held."""
        self._ended.set()

    def shown(self) -> dict[str, Any]:
        """What it is, and what it has done."""
        return {"name": self.name, "effect": self.effect, "asked": self.asked, "met": self.met, "held": self.waiting}


class Trouble:
    """The rules in force. Used on the event loop of the gateway alone, but for looking."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    @property
    def idle(self) -> bool:
        """Whether nothing is asked for."""
        return not self._rules

    def add(self, wish: Any) -> Rule:
        """Take a rule from its JSON; raises ValueError where it is none. One of the same name is replaced."""
        known = {part.name for part in fields(Rule)}
        if not isinstance(wish, dict) or not {"name", "effect"} <= set(wish) <= known:
            raise ValueError(f"a rule is an object of name, effect and some of {', '.join(sorted(known))}")
        try:
            rule = Rule(**cast("dict[str, Any]", wish))
            re.compile(rule.path), re.compile(rule.find)
        except (TypeError, re.error) as error:
            raise ValueError(str(error)) from None
        self.end(rule.name)
        with self._lock:
            self._rules.append(rule)
        return rule

    def end(self, name: str = "") -> None:
        """End the rule of that name, or all."""
        with self._lock:
            ended = [rule for rule in self._rules if not name or rule.name == name]
            self._rules = [rule for rule in self._rules if rule not in ended]
        for rule in ended:
            rule.end()

    def meet(self, call: Call) -> list[Rule]:
        """The rules that strike a call: every `rewrite`, and the first that does something else."""
        if INSIDE in call.agent:
            return []
        struck = list[Rule]()
        for rule in list(self._rules):
            if (rule.effect == "rewrite" or all(one.effect == "rewrite" for one in struck)) and rule.meets(call):
                struck.append(rule)
        return struck

    def shown(self) -> list[dict[str, Any]]:
        """All rules in force."""
        return [rule.shown() for rule in list(self._rules)]


def told(call: Call, status: int, code: str, message: str) -> Answer:
    """An error in the form in which the call's service speaks."""
    if call.path.startswith("/v2/"):
        # https://distribution.github.io/distribution/spec/api/#errors
        body = json.dumps({"errors": [{"code": "DENIED", "message": message}]}).encode()
        return status, {"Content-Type": "application/json"}, body
    if call.service == "s3":
        return _xml(status, f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>")
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if call.service == "ec2":
        return _xml(status, f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>r</RequestID></Response>")
    if call.form == "query":
        kind = "Receiver" if status >= 500 else "Sender"
        inner = f"<Error><Type>{kind}</Type>{inner}</Error><RequestId>r</RequestId>"
        return _xml(status, f"<ErrorResponse>{inner}</ErrorResponse>")
    if call.form == "cbor":
        pairs = {"__type": code, "message": message}
        body = b"\xbf" + b"".join(_text(text) for pair in pairs.items() for text in pair) + b"\xff"
        return status, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body
    content = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, content


def _xml(status: int, content: str) -> Answer:
    return status, {"Content-Type": "text/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>\n{content}'.encode()


def _text(text: str) -> bytes:
    """A text in CBOR, shorter than 256 bytes: https://www.rfc-editor.org/rfc/rfc8949#section-3.1."""
    raw = text.encode()[:255]
    return (bytes([0x60 + len(raw)]) if len(raw) < 24 else bytes([0x78, len(raw)])) + raw
