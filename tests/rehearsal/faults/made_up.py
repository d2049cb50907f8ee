"""Observations that nobody made, for tests of what becomes of them."""

from __future__ import annotations

from typing import Any

from rehearsal.faults.seen import Deployment, Ended, Seen, Serving

NEW, OLD = "kill-update-at-shift.1", "faults"


def serving(version: str = NEW, share: int = 100, running: int = 2) -> Serving:
    return Serving(version=version, share=share, running=running, desired=2)


def record(result: str = "succeeded", cause: str = "", release: str = "0a1b2c3d") -> dict[str, Any]:
    return {"id": release, "version": NEW, "result": result, "cause": cause, "deployments": {}, "overrides": []}


def deployment(release: str = "0a1b2c3d", creator: str = "user", identifier: str = "d-1") -> Deployment:
    return Deployment(id=identifier, creator=creator, release=release, status="Succeeded")


def delivered(**other: Any) -> Seen:
    """A cell in which nothing happened to the release."""
    usual: dict[str, Any] = {
        "version": NEW,
        "before": OLD,
        "reached": True,
        "first": Ended(code=0, seconds=20.0),
        "serving": serving(),
        "next": Ended(code=0, seconds=9.0),
        "after": serving(),
        "records": [record()],
        "pointer": NEW,
        "deployments": [deployment()],
        "requests": 900,
    }
    return Seen(**{**usual, **other})


def taken_back(**other: Any) -> Seen:
    """A cell whose release was taken back, and delivered by the next update."""
    usual: dict[str, Any] = {
        "first": Ended(code=255, seconds=20.0, told=["refused: an alarm rang"]),
        "serving": serving(OLD),
        "records": [record("failed", "api: alarm errors rang: rung", "aaaaaaaa"), record(release="bbbbbbbb")],
        "deployments": [
            deployment("aaaaaaaa"),
            deployment("", "codeDeployRollback", "d-2"),
            deployment("bbbbbbbb", identifier="d-3"),
        ],
    }
    return delivered(**{**usual, **other})


def interrupted(**other: Any) -> Seen:
    """A cell whose update was killed, and taken up by the next."""
    usual: dict[str, Any] = {
        "first": Ended(code=-9, seconds=20.0),
        "serving": serving(OLD, share=90),
        "interrupted": "0a1b2c3d",
    }
    return delivered(**{**usual, **other})
