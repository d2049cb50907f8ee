from __future__ import annotations

from datetime import UTC, datetime

import pytest

from delivery.clock import Clock
from ops import reach
from ops.place import Place
from ops.reach import Clients, Terminal


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4600"])
def test_clients_are_of_the_place_and_tell_awss_time(endpoint: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Clock, Clients]] = []
    monkeypatch.setattr(reach, "assemble", lambda place, clock, clients: made.append((clock, clients)))
    place = Place(
        project="shop", stack="staging", account="111122223333", region="eu-west-3", endpoint=endpoint, builds=True
    )
    reach.reach(place)
    ((clock, clients),) = made
    found = [getattr(clients, name) for name in ("sts", "s3", "codedeploy", "autoscaling")]
    assert [client.meta.service_model.service_name for client in found] == [
        "sts",
        "s3",
        "codedeploy",
        "application-autoscaling",
    ]
    assert {client.meta.region_name for client in found} == {"eu-west-3"}
    assert endpoint is None or {client.meta.endpoint_url for client in found} == {endpoint}
    assert clients.s3 is clients.s3, "a client is made once"
    answer = {"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 02 Jan 2026 03:04:05 GMT"}}}
    clients.s3.meta.events.emit("after-call.s3.GetObject", parsed=answer)
    assert clock.now() == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_line_that_repeats_itself_is_told_once_and_not_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    for line in ("10% going back", "10% going back", "0% going back"):
        terminal.progress(line)
    terminal.warn("look")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["10% going back", "0% going back", "Warning: look"]
