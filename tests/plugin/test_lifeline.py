"""Leaving when the engine is gone, and only then."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from plugin import lifeline

pytestmark = pytest.mark.process


def test_something_that_listens_answers_and_nothing_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert lifeline.answers(address)
    assert not lifeline.answers(address)


def test_it_leaves_when_the_engine_no_longer_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "_EVERY_SECONDS", 0.01)
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        watcher = lifeline.leave_with(f"127.0.0.1:{server.getsockname()[1]}", left.set)
        time.sleep(0.05)
        assert not left.is_set()
    assert left.wait(2)
    watcher.join(2)


def test_it_leaves_when_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "_EVERY_SECONDS", 0.01)
    parents = iter([100, 100, 100])
    monkeypatch.setattr("os.getppid", lambda: next(parents, 1))
    left = threading.Event()
    lifeline.leave_with("", left.set).join(2)
    assert left.is_set()
