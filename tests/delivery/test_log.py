"""Reading what a container writes, while it writes."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.log import Stream, Tail
from tests.delivery.fake_clients import AwsError

OPTIONS = {"awslogs-group": "/shop/api", "awslogs-stream-prefix": "api"}


class Logs:
    """A stream in pages of two, of which the first may be empty, as CloudWatch's may."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.error = ""

    def get_log_events(self, nextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.error:
            raise AwsError(self.error)
        at = int(nextToken)
        page = self.pages[at] if at < len(self.pages) else []
        after = str(min(at + 1, len(self.pages)))
        return {"events": [{"message": line} for line in page], "nextForwardToken": after}


def tail(logs: Any) -> Tail:
    return Tail(logs, Stream("/shop/api", "api/api/1"))


def test_the_stream_is_named_by_prefix_container_and_task() -> None:
    container = {"name": "api", "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}
    assert Stream.find(container, "1") == Stream("/shop/api", "api/api/1")


@pytest.mark.parametrize("left_out", OPTIONS)
def test_without_group_or_prefix_there_is_no_stream(left_out: str) -> None:
    options = {key: value for key, value in OPTIONS.items() if key != left_out}
    assert Stream.find({"name": "api", "logConfiguration": {"options": options}}, "1") is None
    assert Stream.find({"name": "api"}, "1") is None


def test_each_look_gives_what_is_new() -> None:
    logs = Logs()
    following = tail(logs)
    logs.pages = [[], ["a", "b"], ["c\rd\n"]]
    assert list(following.new()) == ["a", "b", "c", "d"]
    assert list(following.new()) == []
    logs.pages.append(["e"])
    assert list(following.new()) == ["e"]


def test_a_stream_that_does_not_exist_yet_says_nothing() -> None:
    logs = Logs()
    logs.error = "ResourceNotFoundException"
    assert list(tail(logs).new()) == []
    assert list(Tail(logs, None).new()) == []  # type: ignore[arg-type]


def test_a_log_that_must_not_be_read_is_an_error() -> None:
    logs = Logs()
    logs.error = "AccessDeniedException"
    with pytest.raises(AwsError):
        list(tail(logs).new())
