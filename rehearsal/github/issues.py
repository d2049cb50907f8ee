"""Issues; a pull request is one as well. Their labels and comments are kept here and served in modules of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import views
from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Repository, node_id

ROUTES = Routes("issues/issues")

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


def usual_labels(new_id: Any, repo: Repository) -> None:
    """The labels that every new repository has."""
    for name, (color, description) in USUAL_LABELS.items():
        repo.area(Issues).labels[name] = Label(new_id(), name, color, description)
