"""Every area of the REST API; a new one is added here."""

from __future__ import annotations

from rehearsal.github import (
    branches,
    checks,
    contents,
    deployments,
    environments,
    gitdata,
    hooks,
    issues,
    merging,
    oidc,
    protection,
    repositories,
    reviews,
    rules,
    runs,
    secrets,
    settings,
)
from rehearsal.github.routes import Routes

_MODULES = (
    branches,
    checks,
    contents,
    deployments,
    environments,
    gitdata,
    hooks,
    issues,
    merging,
    oidc,
    protection,
    repositories,
    reviews,
    rules,
    runs,
    secrets,
    settings,
)

ROUTES: list[Routes] = [one for module in _MODULES for one in vars(module).values() if isinstance(one, Routes)]
"""All of them, in no order that matters."""
