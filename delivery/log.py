"""What a task's container writes, read while it writes: the stream that the `awslogs` driver keeps for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.aws import error_code

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

#: Pages of up to 10 000 lines in one look: a container that writes without end must not hold whoever reads.
_PAGES = 20


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a container's lines go."""

    group: str
    name: str

    @classmethod
    def find(cls, container: Mapping[str, Any], task: str) -> Stream | None:
        """The stream of a container (as its definition says) of a task (its id); None where the definition names none.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
        """
        options: Mapping[str, str] = (container.get("logConfiguration") or {}).get("options") or {}
        group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
        return cls(group, f"{prefix}/{container.get('name', '')}/{task}") if group and prefix else None


class Tail:
    """Reads a stream from its beginning; each look gives what is new."""

    def __init__(self, logs: CloudWatchLogsClient, stream: Stream | None) -> None:
        self.stream = stream
        self._logs = logs
        self._token = ""

    def new(self) -> Iterator[str]:
        """The lines since the last look, as they were written; none where the stream does not exist (yet)."""
        if self.stream is None:
            return
        wish: GetLogEventsRequestTypeDef = {
            "logGroupName": self.stream.group,
            "logStreamName": self.stream.name,
            "startFromHead": True,
        }
        for _ in range(_PAGES):
            if self._token:
                wish["nextToken"] = self._token
            try:
                found = self._logs.get_log_events(**wish)
            except Exception as error:
                if error_code(error) == "ResourceNotFoundException":
                    return
                raise
            for event in found.get("events", []):
                yield from event.get("message", "").splitlines()
            # At its end, a stream answers with the token that it was asked with.
            token, self._token = self._token, found.get("nextForwardToken", self._token)
            if token == self._token:
                return
