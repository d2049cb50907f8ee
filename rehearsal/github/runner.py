"""What the machine that runs a job is given: a token that lasts as long as the job, secrets, variables, an identity.

A run of a fork's pull request gets no secret and no identity, and its token may only read.
https://docs.github.com/actions/reference/security/secure-use#considerations-for-cross-repository-access
https://docs.github.com/actions/concepts/security/github_token
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from rehearsal.github import environments, oidc
from rehearsal.github.runs import Job, Run, context_of
from rehearsal.github.settings import Settings
from rehearsal.github.stores import Store, Stores
from rehearsal.github.triggers import DEPENDABOT
from rehearsal.github.world import ACTIONS_APP, Repository, Token, World

LOGIN = "github-actions[bot]"
IDENTITY = "id-token"
NAMES = (
    *("actions", "attestations", "checks", "contents", "deployments", "discussions", IDENTITY, "issues", "packages"),
    *("pages", "pull-requests", "security-events", "statuses"),
)
"""What `permissions:` may name. None of them reaches environments, secrets or settings."""
_RESTRICTED = {"contents": "read", "packages": "read"}


def rights(repo: Repository, run: Run, job: Job) -> dict[str, str]:
    """Return what the job's token may do, by the names of `permissions:`."""
    said = job.plan.content.get("permissions", run.content.get("permissions"))
    if said is None:
        generous = repo.area(Settings).workflow == "write"
        found = dict.fromkeys((one for one in NAMES if one != IDENTITY), "write") if generous else dict(_RESTRICTED)
    elif isinstance(said, str):
        found = dict.fromkeys(NAMES, "write" if said == "write-all" else "read")
    else:
        found = {str(name): str(level) for name, level in said.items() if level != "none"}
    if run.stranger:
        found = {name: "read" for name in found if name != IDENTITY}
    return found


def given(world: World, repo: Repository, run: Run, job: Job) -> dict[str, Any]:
    """Return everything that the job's machine is given; the token is good until the job has ended."""
    may = rights(repo, run, job)
    world.add_account(LOGIN)
    job.token = f"ghs_{secrets.token_hex(18)}"
    permissions = {name.replace("-", "_"): level for name, level in may.items() if name != IDENTITY}
    world.tokens[job.token] = Token(
        job.token,
        LOGIN,
        "actions",
        permissions={**permissions, "metadata": "read"},
        app=ACTIONS_APP,
        repository=repo.id,
    )
    place = None if job.plan.environment is None else environments.ensure(world, repo, job.plan.environment)
    stores = repo.area(Stores)
    common: str = "dependabot" if run.actor == DEPENDABOT else "actions"
    found = [stores.at(common), *([] if place is None else [stores.at(place.id)])]
    return {
        "token": job.token,
        "permissions": may,
        "secrets": {} if run.stranger and common != "dependabot" else _values(found, "secrets"),
        "variables": _values(found, "variables"),
        "identity": _identity(world, repo, run, job) if may.get(IDENTITY) == "write" else None,
        "context": context_of(repo, run, job),
    }


def _values(found: list[Store], what: str) -> dict[str, str]:
    every: dict[str, str] = {}
    for store in found:
        held: Mapping[str, Any] = getattr(store, what)
        every |= {name: one.value for name, one in held.items()}
    return every


def _identity(world: World, repo: Repository, run: Run, job: Job) -> dict[str, str]:
    told = {
        "actor": run.actor,
        "event_name": run.event,
        "ref": run.ref,
        "sha": run.sha,
        "workflow": run.path.rsplit("/", 1)[1],
    }
    return oidc.claims(world, repo, told | ({"environment": job.plan.environment} if job.plan.environment else {}))
