"""Issues, their comments and labels; a pull request is an issue as well, and has its comments here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import views
from rehearsal.github.errors import Refused, invalid, missing, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Repository, node_id

ROUTES = Routes("issues/issues")
LABEL_ROUTES = Routes("issues/labels")
COMMENT_ROUTES = Routes("issues/comments")

USUAL_LABELS = {
    "bug": ("d73a4a", "Something isn't working"),
    "documentation": ("0075ca", "Improvements or additions to documentation"),
    "enhancement": ("a2eeef", "New feature or request"),
}


@dataclass
class Label:
    """One label."""

    id: int
    name: str
    color: str
    description: str | None


@dataclass
class Issue:
    """One issue, or the half of a pull request that is one."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    created: str
    updated: str
    state: str = "open"
    reason: str | None = None
    closed: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    pull: bool = False


@dataclass
class Comment:
    """One comment."""

    id: int
    issue: int
    body: str
    author: str
    created: str
    updated: str


@dataclass
class Issues:
    """Issues, comments and labels of one repository."""

    by_number: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)


def open_issue(call: Call, body: dict[str, Any], *, pull: bool) -> Issue:
    """A new issue, or the new half of a pull request."""
    now = call.world.time()
    issue = Issue(
        call.world.new_id(),
        call.repo.number(),
        call.text(body, "title"),
        body.get("body"),
        call.login,
        now,
        now,
        pull=pull,
    )
    issue.assignees = [str(one) for one in body.get("assignees") or []]
    call.repo.area(Issues).by_number[issue.number] = issue
    set_labels(call, issue, body.get("labels") or [])
    return issue


def set_labels(call: Call, issue: Issue, names: list[Any]) -> None:
    """Give an issue these labels; those that do not exist are made."""
    known = call.repo.area(Issues).labels
    issue.labels = []
    for one in names:
        name = str(one["name"] if isinstance(one, dict) else one)
        if name.lower() not in known:
            known[name.lower()] = Label(call.world.new_id(), name, "ededed", None)
        if known[name.lower()].name not in issue.labels:
            issue.labels.append(known[name.lower()].name)


def shown(call: Call, issue: Issue) -> dict[str, Any]:
    """An issue."""
    url = f"{call.repo_url}/issues/{issue.number}"
    page = "pull" if issue.pull else "issues"
    html = f"{call.world.base}/{call.repo.full_name}/{page}/{issue.number}"
    area = call.repo.area(Issues)
    content = {
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "state_reason": issue.reason,
        "user": views.user(call.world, issue.author),
        "labels": [label(call, area.labels[name.lower()]) for name in issue.labels if name.lower() in area.labels],
        "assignees": [views.user(call.world, login) for login in issue.assignees],
        "assignee": views.user(call.world, issue.assignees[0]) if issue.assignees else None,
        "milestone": None,
        "locked": False,
        "comments": sum(1 for one in area.comments.values() if one.issue == issue.number),
        "created_at": issue.created,
        "updated_at": issue.updated,
        "closed_at": issue.closed,
        "url": url,
        "html_url": html,
        "repository_url": call.repo_url,
        "comments_url": f"{url}/comments",
        "labels_url": f"{url}/labels{{/name}}",
        "events_url": f"{url}/events",
        "author_association": "MEMBER",
    }
    if issue.pull:
        content["pull_request"] = {"url": f"{call.repo_url}/pulls/{issue.number}", "html_url": html}
    return content


def label(call: Call, one: Label) -> dict[str, Any]:
    """A label."""
    return {
        "id": one.id,
        "node_id": node_id("LA", one.id),
        "url": f"{call.repo_url}/labels/{one.name}",
        "name": one.name,
        "color": one.color,
        "default": one.name in USUAL_LABELS,
        "description": one.description,
    }


def issue_of(call: Call) -> Issue:
    """The issue that the path names.

    Raises:
        Refused: 404.

    """
    if (found := call.repo.area(Issues).by_number.get(call.number("number"))) is None:
        raise not_found()
    return found


def set_state(call: Call, issue: Issue, state: str, reason: str | None = None) -> None:
    """Open or close."""
    if state not in ("open", "closed"):
        raise invalid(detail("Issue", "state", "invalid"))
    if state != issue.state:
        issue.state = state
        issue.closed = call.world.time() if state == "closed" else None
        issue.reason = (reason or "completed") if state == "closed" else "reopened"


@ROUTES.on("GET {r}/issues", "issues:read")
def listed(call: Call) -> Answer:
    """Issues and pull requests, newest first; open ones unless asked."""
    state = call.query.get("state", "open")
    wanted = {one for one in call.query.get("labels", "").split(",") if one}
    found = [
        one
        for one in sorted(call.repo.area(Issues).by_number.values(), key=lambda one: -one.number)
        if state in ("all", one.state)
        and wanted <= set(one.labels)
        and call.query.get("creator", one.author) == one.author
    ]
    return call.page(found, lambda one: shown(call, one))


@ROUTES.on("POST {r}/issues", "issues:write", 201)
def opened(call: Call) -> dict[str, Any]:
    """A new issue."""
    if not call.repo.settings.get("has_issues", True):
        raise Refused(410, "Issues are disabled for this repo")
    content = shown(call, open_issue(call, call.json(), pull=False))
    call.courier.publish(call.repo, "issues", {"action": "opened", "issue": content}, call.login)
    return content


@ROUTES.on("GET {r}/issues/{number}", "issues:read")
def read(call: Call) -> dict[str, Any]:
    """One issue."""
    return shown(call, issue_of(call))


@ROUTES.on("PATCH {r}/issues/{number}", "issues:write")
def changed(call: Call) -> dict[str, Any]:
    """Another title, body, state, labels."""
    body, issue = call.json(), issue_of(call)
    issue.title = call.text(body, "title", issue.title)
    issue.body = body.get("body", issue.body)
    before = issue.state
    if body.get("state"):
        set_state(call, issue, body["state"], body.get("state_reason"))
    if "labels" in body:
        set_labels(call, issue, body["labels"] or [])
    if "assignees" in body:
        issue.assignees = [str(one) for one in body["assignees"] or []]
    issue.updated = call.world.time()
    content = shown(call, issue)
    action = "edited" if issue.state == before else "closed" if issue.state == "closed" else "reopened"
    call.courier.publish(call.repo, "issues", {"action": action, "issue": content}, call.login)
    return content


@LABEL_ROUTES.on("GET {r}/issues/{number}/labels", "issues:read")
def labels_of(call: Call) -> Answer:
    """The labels of an issue."""
    area = call.repo.area(Issues)
    return call.page(issue_of(call).labels, lambda name: label(call, area.labels[name.lower()]))


@LABEL_ROUTES.on("POST {r}/issues/{number}/labels", "issues:write")
def labelled(call: Call) -> list[Any]:
    """More labels for an issue."""
    issue = issue_of(call)
    set_labels(call, issue, [*issue.labels, *call.json().get("labels", [])])
    return shown(call, issue)["labels"]  # type: ignore[no-any-return]


@LABEL_ROUTES.on("DELETE {r}/issues/{number}/labels/{name}", "issues:write")
def unlabelled(call: Call) -> list[Any]:
    """A label less."""
    issue = issue_of(call)
    if call.values["name"] not in issue.labels:
        raise Refused(404, "Label does not exist")
    issue.labels.remove(call.values["name"])
    return shown(call, issue)["labels"]  # type: ignore[no-any-return]


def _label(call: Call) -> Label:
    if (found := call.repo.area(Issues).labels.get(call.values["name"].lower())) is None:
        raise not_found()
    return found


def _color(body: dict[str, Any], default: str) -> str:
    color = str(body.get("color", default)).lower()
    if not re.fullmatch(r"[0-9a-f]{6}|[0-9a-f]{3}", color):
        raise invalid(detail("Label", "color", "invalid"))
    return color


@LABEL_ROUTES.on("GET {r}/labels", "issues:read")
def labels(call: Call) -> Answer:
    """Every label."""
    return call.page(list(call.repo.area(Issues).labels.values()), lambda one: label(call, one))


@LABEL_ROUTES.on("POST {r}/labels", "issues:write", 201)
def label_made(call: Call) -> dict[str, Any]:
    """A new label."""
    body = call.json()
    name, known = call.text(body, "name"), call.repo.area(Issues).labels
    if name.lower() in known:
        raise invalid(detail("Label", "name", "already_exists"))
    made = Label(call.world.new_id(), name, _color(body, "ededed"), body.get("description"))
    known[name.lower()] = made
    return label(call, made)


@LABEL_ROUTES.on("GET {r}/labels/{name}", "issues:read")
def label_read(call: Call) -> dict[str, Any]:
    """One label."""
    return label(call, _label(call))


@LABEL_ROUTES.on("PATCH {r}/labels/{name}", "issues:write")
def label_changed(call: Call) -> dict[str, Any]:
    """Another name or colour; issues keep it."""
    body, one, area = call.json(), _label(call), call.repo.area(Issues)
    new = call.text({"new_name": body.get("new_name", body.get("name", one.name))}, "new_name")
    if new.lower() != one.name.lower() and new.lower() in area.labels:
        raise invalid(detail("Label", "name", "already_exists"))
    del area.labels[one.name.lower()]
    for issue in area.by_number.values():
        issue.labels = [new if name == one.name else name for name in issue.labels]
    one.name, one.color, one.description = new, _color(body, one.color), body.get("description", one.description)
    area.labels[new.lower()] = one
    return label(call, one)


@LABEL_ROUTES.on("DELETE {r}/labels/{name}", "issues:write")
def label_removed(call: Call) -> None:
    """No label; no issue has it any more."""
    one, area = _label(call), call.repo.area(Issues)
    del area.labels[one.name.lower()]
    for issue in area.by_number.values():
        issue.labels = [name for name in issue.labels if name != one.name]


def usual_labels(new_id: Any, repo: Repository) -> None:
    """The labels that every new repository has."""
    for name, (color, description) in USUAL_LABELS.items():
        repo.area(Issues).labels[name] = Label(new_id(), name, color, description)


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


@COMMENT_ROUTES.on("GET {r}/issues/{number}/comments", "issues:read")
def comments(call: Call) -> Answer:
    """The comments of an issue, oldest first."""
    issue = issue_of(call)
    found = [one for one in call.repo.area(Issues).comments.values() if one.issue == issue.number]
    return call.page(found, lambda one: _comment(call, one))


@COMMENT_ROUTES.on("POST {r}/issues/{number}/comments", "issues:write", 201)
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


@COMMENT_ROUTES.on("GET {r}/issues/comments/{comment}", "issues:read")
def comment_read(call: Call) -> dict[str, Any]:
    """One comment."""
    return _comment(call, _found_comment(call))


@COMMENT_ROUTES.on("PATCH {r}/issues/comments/{comment}", "issues:write")
def comment_changed(call: Call) -> dict[str, Any]:
    """Another text."""
    one = _found_comment(call)
    one.body, one.updated = _comment_body(call), call.world.time()
    return _told(call, one, "edited")


@COMMENT_ROUTES.on("DELETE {r}/issues/comments/{comment}", "issues:write")
def comment_removed(call: Call) -> None:
    """No comment."""
    one = _found_comment(call)
    _told(call, one, "deleted")
    del call.repo.area(Issues).comments[one.id]
