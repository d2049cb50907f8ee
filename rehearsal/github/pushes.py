"""Tells the webhooks of every ref that has moved, whether git moved it, a file written over REST, or a merge."""

from __future__ import annotations

from typing import Any

from rehearsal.github.changes import Change
from rehearsal.github.courier import Courier


def announce(courier: Courier, change: Change) -> None:
    """Publish `push`, and `create` or `delete` where a ref came or went."""
    git = change.repo.git
    shas = [] if change.deleted else git.log(change.new if change.created else f"{change.old}..{change.new}", limit=20)
    commits = [{"id": sha, "message": git.commit(sha).message} for sha in reversed(shas)]
    payload: dict[str, Any] = {
        "ref": change.ref,
        "before": change.old,
        "after": change.new,
        "created": change.created,
        "deleted": change.deleted,
        "forced": change.forced,
        "pusher": {"name": change.token.login},
        "commits": [] if change.created else commits,
        "head_commit": commits[-1] if commits else None,
    }
    if change.created or change.deleted:
        kind = "tag" if change.branch is None else "branch"
        event = {"ref": change.ref.split("/", 2)[2], "ref_type": kind, "master_branch": change.repo.default_branch}
        courier.publish(change.repo, "create" if change.created else "delete", event, change.token.login)
    courier.publish(change.repo, "push", payload, change.token.login)
