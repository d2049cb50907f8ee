"""Every area of the REST API; a new one is added here."""

from __future__ import annotations

from rehearsal.github import (
    approvals,
    branches,
    checks,
    collaborators,
    comments,
    contents,
    deployments,
    dispatches,
    environments,
    forks,
    gitdata,
    hooks,
    issues,
    labels,
    merging,
    oidc,
    people,
    policies,
    protection,
    repositories,
    reviews,
    rules,
    runs,
    secrets,
    settings,
    statuses,
)
from rehearsal.github.routes import Routes

_MODULES = (
    approvals,
    branches,
    checks,
    collaborators,
    comments,
    contents,
    deployments,
    dispatches,
    environments,
    forks,
    gitdata,
    hooks,
    issues,
    labels,
    merging,
    oidc,
    people,
    policies,
    protection,
    repositories,
    reviews,
    rules,
    runs,
    secrets,
    settings,
    statuses,
)

ROUTES: list[Routes] = [
    one
    for module in _MODULES
    for name, one in vars(module).items()
    if isinstance(one, Routes) and not name.startswith("_")
]
"""All of them, in no order that matters."""
