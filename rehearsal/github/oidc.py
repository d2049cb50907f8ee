"""The subject that GitHub's OIDC provider gives a job: what an AWS role's trust policy has to fit.

Repositories made, renamed or transferred from 2026-07-15 on have immutable subjects, with the ids of owner and
repository beside their names; older ones have them only where they say so.
https://docs.github.com/actions/reference/security/oidc
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.github.errors import Refused, missing
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.tokens import ISSUER
from rehearsal.github.world import Repository, World

ROUTES = Routes("actions/oidc")
IMMUTABLE_FROM = datetime(2026, 7, 15, tzinfo=UTC).timestamp()
CLAIMS = frozenset(
    [
        "actor",
        "actor_id",
        "base_ref",
        "context",
        "environment",
        "event_name",
        "head_ref",
        "job_workflow_ref",
        "ref",
        "ref_type",
        "repo",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "repository_visibility",
        "runner_environment",
        "sha",
        "workflow",
        "workflow_ref",
    ]
)


@dataclass
class Subject:
    """How the subject of one repository is put together."""

    use_default: bool = True
    claims: list[str] = field(default_factory=list)
    immutable: bool | None = None


def immutable(repo: Repository) -> bool:
    """Whether a repository's subjects have ids in them."""
    chosen = repo.area(Subject).immutable
    return repo.created >= IMMUTABLE_FROM if chosen is None else chosen


def claims(world: World, repo: Repository, job: dict[str, str]) -> dict[str, str]:
    """The claims of a job's token; `job` has ref, event_name, workflow, actor, sha, environment."""
    owner = world.account(repo.owner)
    actor = job.get("actor", repo.owner)
    ref = job.get("ref", f"refs/heads/{repo.default_branch}")
    path = f"{repo.full_name}/.github/workflows/{job.get('workflow', 'deploy.yml')}@{ref}"
    found = {
        "iss": ISSUER,
        "aud": "sts.amazonaws.com",
        "repository": repo.full_name,
        "repository_id": str(repo.id),
        "repository_owner": repo.owner,
        "repository_owner_id": str(owner.id),
        "repository_visibility": "private" if repo.private else "public",
        "actor": actor,
        "actor_id": str(world.account(actor).id),
        "ref": ref,
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "event_name": job.get("event_name", "push"),
        "sha": job.get("sha", ""),
        "workflow": job.get("workflow", "deploy.yml"),
        "workflow_ref": path,
        "job_workflow_ref": path,
        "runner_environment": "github-hosted",
    }
    if environment := job.get("environment"):
        found["environment"] = environment
    found["sub"] = _subject(repo, owner.id, found)
    return found


def _subject(repo: Repository, owner: int, found: dict[str, str]) -> str:
    name = f"{repo.owner}@{owner}/{repo.name}@{repo.id}" if immutable(repo) else repo.full_name
    if "environment" in found:
        context = f"environment:{found['environment']}"
    elif found["event_name"] == "pull_request":
        context = "pull_request"
    else:
        context = f"ref:{found['ref']}"
    chosen = repo.area(Subject)
    if chosen.use_default or not chosen.claims:
        return f"repo:{name}:{context}"
    parts = []
    for claim in chosen.claims:
        if claim == "repo":
            parts.append(f"repo:{name}")
        elif claim == "context":
            parts.append(context)
        else:
            parts.append(f"{claim}:{found.get(claim, '').replace(':', '%3A')}")
    return ":".join(parts)


@ROUTES.on("GET {r}/actions/oidc/customization/sub", "actions:read")
def read(call: Call) -> dict[str, Any]:
    """How the subject is put together."""
    chosen = call.repo.area(Subject)
    shown: dict[str, Any] = {"use_default": chosen.use_default}
    if chosen.claims:
        shown["include_claim_keys"] = chosen.claims
    return {**shown, "use_immutable_subject": immutable(call.repo)}


@ROUTES.on("PUT {r}/actions/oidc/customization/sub", "actions:write", 201)
def put(call: Call) -> Answer:
    """Put it together another way."""
    body, chosen = call.json(), call.repo.area(Subject)
    if not isinstance(body.get("use_default"), bool):
        raise missing("use_default")
    keys = [str(one) for one in body.get("include_claim_keys") or []]
    if unknown := [one for one in keys if one not in CLAIMS]:
        raise Refused(422, f"Invalid claim keys: {', '.join(unknown)}")
    chosen.use_default, chosen.claims = body["use_default"], [] if body["use_default"] else keys
    if isinstance(body.get("use_immutable_subject"), bool):
        chosen.immutable = body["use_immutable_subject"]
    return Answer(201, {})
