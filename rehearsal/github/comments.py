"""Comments on issues and pull requests."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.errors import field as detail
from rehearsal.github.errors import invalid, missing, not_found
from rehearsal.github.issues import Comment, Issues, issue_of, shown
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import node_id

ROUTES = Routes("issues/comments")


def _comment(call: Call, one: Comment) -> dict[str, Any]:
    issue = call.repo.area(Issues).by_number[one.issue]
    page = "pull" if issue.pull else "issues"
    return {
        "id": one.id,
        "node_id": node_id("IC", one.id),
        "url": f"{call.repo_url}/issues/comments/{one.id}",
        "html_url": f"{call.world.base}/{call.repo.full_name}/{page}/{one.issue}#issuecomment-{one.id}",
        "issue_url": f"{call.repo_url}/issues/{one.issue}",
        "body": one.body,
        "user": views.user(call.world, one.author),
        "created_at": one.created,
        "updated_at": one.updated,
        "author_association": "MEMBER",
    }


def _comment_body(call: Call) -> str:
    text = call.text(call.json(), "body")
    if not text.strip():
        raise missing("body")
    if len(text) > 65536:
        raise invalid(detail("IssueComment", "body", "custom", "body is too long (maximum is 65536 characters)"))
    return text


@ROUTES.on("GET {r}/issues/{number}/comments", "comments:read")
def comments(call: Call) -> Answer:
    """The comments of an issue, oldest first."""
    issue = issue_of(call)
    found = [one for one in call.repo.area(Issues).comments.values() if one.issue == issue.number]
    return call.page(found, lambda one: _comment(call, one))


@ROUTES.on("POST {r}/issues/{number}/comments", "comments:write", 201)
def commented(call: Call) -> dict[str, Any]:
    """A new comment."""
    issue, text, now = issue_of(call), _comment_body(call), call.world.time()
    made = Comment(call.world.new_id(), issue.number, text, call.login, now, now)
    call.repo.area(Issues).comments[made.id] = made
    return _told(call, made, "created")


def _told(call: Call, one: Comment, action: str) -> dict[str, Any]:
    content = _comment(call, one)
    payload = {"action": action, "comment": content, "issue": shown(call, call.repo.area(Issues).by_number[one.issue])}
    call.courier.publish(call.repo, "issue_comment", payload, call.login)
    return content


def _found_comment(call: Call) -> Comment:
    if (found := call.repo.area(Issues).comments.get(call.number("comment"))) is None:
        raise not_found()
    return found


@ROUTES.on("GET {r}/issues/comments/{comment}", "comments:read")
def comment_read(call: Call) -> dict[str, Any]:
    """One comment."""
    return _comment(call, _found_comment(call))


@ROUTES.on("PATCH {r}/issues/comments/{comment}", "comments:write")
def comment_changed(call: Call) -> dict[str, Any]:
    """Another text."""
    one = _found_comment(call)
    one.body, one.updated = _comment_body(call), call.world.time()
    return _told(call, one, "edited")


@ROUTES.on("DELETE {r}/issues/comments/{comment}", "comments:write")
def comment_removed(call: Call) -> None:
    """No comment."""
    one = _found_comment(call)
    _told(call, one, "deleted")
    del call.repo.area(Issues).comments[one.id]
