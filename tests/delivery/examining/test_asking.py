"""Each question is asked for itself: whatever goes wrong in asking is a finding, and never a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from delivery.errors import DeliveryError, Refused
from delivery.examining import Finding, Level, ask, ok
from tests.delivery.fake_clients import AwsError


@pytest.mark.parametrize(
    ("error", "level", "what", "fix"),
    [
        (Refused("a key goes\naway", "cancel\nthat"), Level.PROBLEM, "a key goes away", "cancel that"),
        (DeliveryError("no state", "log in"), Level.WARNING, "could not be asked: no state", "log in"),
        (
            AwsError("AccessDeniedException", "not you", "GetServiceQuota"),
            Level.WARNING,
            "could not be asked: GetServiceQuota: AccessDeniedException: not you",
            "ask with an identity that may look, such as an administrator's, or leave it",
        ),
        (
            KeyError("Quota"),
            Level.WARNING,
            "could not be asked: KeyError: 'Quota'",
            "ask again; see whether AWS can be reached",
        ),
    ],
)
def test_what_cannot_be_asked_is_a_finding(error: Exception, level: Level, what: str, fix: str) -> None:
    def question() -> Iterator[Finding]:
        yield ok("quotas", "first")
        raise error

    assert ask("quotas", question) == [ok("quotas", "first"), Finding(level, "quotas", what, fix)]


def test_a_question_that_fails_before_it_begins() -> None:
    def question() -> list[Finding]:
        raise AwsError("Boom")

    (found,) = ask("roles", question)
    assert found.level == Level.WARNING
