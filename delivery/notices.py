"""Telling people that an environment was taken back, or got another release: a chat, a topic, an issue on GitHub.

What cannot be told is no reason to fail what was done: `Notices.tell` returns in words what went wrong. The address of
a chat is a credential and stands in Secrets Manager; no message shows it.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from delivery.aws import explained
from delivery.errors import DeliveryError
from delivery.redact import masked, shown

#: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: a subject has less than 100 characters, in one line.
_SUBJECT = 99
_PATIENCE_SECONDS = 10.0
_GITHUB = "https://api.github.com"
LABEL = "incident"

Act = Literal["rollback", "promote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Who hears of it; whatever is empty is not told.

    webhook: name or ARN of a secret that holds a chat's address, which takes `{"text": …}`: Slack, Mattermost, Google
    Chat. topic: ARN of an SNS topic. issues: the repository (`acme/shop`) in which going back opens an issue.
    """

    webhook: str = ""
    topic: str = ""
    issues: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What was done. version: what was to serve; before: what served, empty where nothing did.

    release: the id of its record; empty where it has none. cause: why it failed; empty where it did not.
    health: in words, what is not well afterwards.
    """

    act: Act
    environment: str
    version: str
    before: str
    who: str
    why: str
    release: str = ""
    cause: str = ""
    health: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """One line."""
        if self.act == "rollback":
            done, failed = "was taken back to", "could not be taken back to"
        else:
            done, failed = "got", "did not get"
        instead = f" (before: {self.before})" if self.before and self.before != self.version else ""
        return shown(f"{self.environment} {failed if self.cause else done} {self.version}{instead}", _SUBJECT)

    @property
    def text(self) -> str:
        """All of it."""
        lines = [
            self.subject,
            f"Who: {self.who}",
            *([f"Why: {masked(self.why)}"] if self.why else []),
            *([f"Failed: {masked(self.cause)}"] if self.cause else []),
            *([f"Not well: {masked('; '.join(self.health))}"] if self.health else []),
            f"What serves: ./slipway status -s {self.environment}",
            *([f"Record: ./slipway history -s {self.environment} --of {self.release}"] if self.release else []),
        ]
        return "\n".join(lines)


@dataclass(slots=True)
class Told:
    """where: who heard of it, in words; an issue by its address. problems: who did not, and why, in words."""

    where: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Post:
    """Sends JSON to an address, once. In tests a function stands in for it."""

    def __call__(self, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> tuple[int, bytes]:
        """Return the answer's status and body, whatever the status. Raises `OSError` and `ValueError`."""
        sent = {"Content-Type": "application/json", "User-Agent": "slipway", **headers}
        wish = urllib.request.Request(url, json.dumps(body).encode(), sent, method="POST")  # noqa: S310 - checked below
        if wish.type not in ("http", "https"):
            raise ValueError("no address of the web")
        try:
            with urllib.request.urlopen(wish, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - checked above
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read()


class Notices:
    """Tells those whom the settings name.

    client: gives a client of one of AWS's services, by AWS's name of it. environ: has `GITHUB_TOKEN` or `GH_TOKEN` for
    issues, and `GITHUB_API_URL` where GitHub is elsewhere.
    """

    def __init__(
        self,
        tell: Tell,
        client: Callable[[str], Any],
        environ: Mapping[str, str],
        post: Callable[[str, Mapping[str, str], Mapping[str, Any]], tuple[int, bytes]] | None = None,
    ) -> None:
        self._tell = tell
        self._client = client
        self._environ = environ
        self._post = post or Post()

    @property
    def _token(self) -> str:
        return self._environ.get("GITHUB_TOKEN") or self._environ.get("GH_TOKEN") or ""

    def tell(self, notice: Notice) -> Told:
        """Tell everybody, whoever of them cannot be told."""
        told = Told()
        if self._tell.webhook:
            self._try(told, "the chat", notice, self._chat)
        if self._tell.topic:
            self._try(told, f"topic {self._tell.topic}", notice, self._publish)
        # There Operate opens it, in a job of its own: credentials of AWS meet no right to write on GitHub.
        elsewhere = self._environ.get("GITHUB_ACTIONS") == "true" and not self._token
        if self._tell.issues and notice.act == "rollback" and not elsewhere:
            self._try(told, f"issues of {self._tell.issues}", notice, self._issue)
        return told

    def _try(self, told: Told, whom: str, notice: Notice, act: Callable[[Notice], str]) -> None:
        try:
            told.where.append(act(notice) or whom)
        except Exception as error:
            told.problems.append(f"{whom}: {explained(error).message}")

    def _chat(self, notice: Notice) -> str:
        address = self._client("secretsmanager").get_secret_value(SecretId=self._tell.webhook)["SecretString"].strip()
        try:
            status, _ = self._post(address, {}, {"text": notice.text})
        except Exception as error:
            # Its words may show the address, which lets everybody in who reads them.
            raise DeliveryError(f"the address in secret {self._tell.webhook}: {type(error).__name__}", "") from None
        if status >= 300:
            raise DeliveryError(f"the address in secret {self._tell.webhook} answered {status}", "")
        return ""

    def _publish(self, notice: Notice) -> str:
        self._client("sns").publish(TopicArn=self._tell.topic, Subject=notice.subject, Message=notice.text)
        return ""

    def _issue(self, notice: Notice) -> str:
        if not self._token:
            raise DeliveryError("there is no GITHUB_TOKEN to open one with", "")
        url = f"{self._environ.get('GITHUB_API_URL') or _GITHUB}/repos/{self._tell.issues}/issues"
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/vnd.github+json"}
        body = {"title": notice.subject, "body": notice.text, "labels": [LABEL]}
        try:
            status, answer = self._post(url, headers, body)
        except Exception as error:
            raise DeliveryError(f"GitHub could not be reached: {type(error).__name__}", "") from None
        said = _json(answer)
        if status != 201:
            raise DeliveryError(f"GitHub answered {status}: {shown(str(said.get('message', '')))}", "")
        return str(said.get("html_url", ""))


def _json(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
