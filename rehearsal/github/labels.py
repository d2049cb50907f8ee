"""Labels: of a repository, and on its issues and pull requests."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.issues import Issues, Label, issue_of, label, set_labels, shown
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("issues/labels")


@ROUTES.on("GET {r}/issues/{number}/labels", "issues:read")
def labels_of(call: Call) -> Answer:
    """The labels of an issue."""
    area = call.repo.area(Issues)
    return call.page(issue_of(call).labels, lambda name: label(call, area.labels[name.lower()]))


@ROUTES.on("POST {r}/issues/{number}/labels", "issues:write")
def labelled(call: Call) -> list[Any]:
    """More labels for an issue."""
    issue = issue_of(call)
    set_labels(call, issue, [*issue.labels, *call.json().get("labels", [])])
    return shown(call, issue)["labels"]  # type: ignore[no-any-return]


@ROUTES.on("DELETE {r}/issues/{number}/labels/{name}", "issues:write")
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


@ROUTES.on("GET {r}/labels", "issues:read")
def labels(call: Call) -> Answer:
    """Every label."""
    return call.page(list(call.repo.area(Issues).labels.values()), lambda one: label(call, one))


@ROUTES.on("POST {r}/labels", "issues:write", 201)
def label_made(call: Call) -> dict[str, Any]:
    """A new label."""
    body = call.json()
    name, known = call.text(body, "name"), call.repo.area(Issues).labels
    if name.lower() in known:
        raise invalid(detail("Label", "name", "already_exists"))
    made = Label(call.world.new_id(), name, _color(body, "ededed"), body.get("description"))
    known[name.lower()] = made
    return label(call, made)


@ROUTES.on("GET {r}/labels/{name}", "issues:read")
def label_read(call: Call) -> dict[str, Any]:
    """One label."""
    return label(call, _label(call))


@ROUTES.on("PATCH {r}/labels/{name}", "issues:write")
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


@ROUTES.on("DELETE {r}/labels/{name}", "issues:write")
def label_removed(call: Call) -> None:
    """No label; no issue has it any more."""
    one, area = _label(call), call.repo.area(Issues)
    del area.labels[one.name.lower()]
    for issue in area.by_number.values():
        issue.labels = [name for name in issue.labels if name != one.name]
