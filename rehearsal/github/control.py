"""What a rehearsal may ask of the emulated GitHub beyond what GitHub has: `/_rehearsal/…`, JSON.

`POST accounts {login, kind, plan, members}`: a person or an organization; with another `plan` the limits of that plan
hold at once. `POST teams {organization, slug, members}`. `POST tokens {token, login, kind, scopes, permissions, app}`:
a token, or other scopes for one that is there. `POST repositories {owner, name, private, init, created, immutable}`.
`POST limit {token, remaining, reset_in}`: how much is left of a token's hour. `POST trouble {name, method, path,
status, message, times, retry_after}`: refuse such requests (429 and 403 with `Retry-After`); `GET trouble`: what each
has met; `POST calm {name}`: end that one, or all. `GET secrets?repo=o/r`: every secret, opened. `GET subject?repo=o/r
&environment=…&ref=…`: the claims that a job's OIDC token would have; `GET token?…`, with the same: that token. `POST
runs {repo, workflow, event, ref, actor, inputs}`: start a run, as GitHub does when something happens; `POST finish
{repo, run, job, conclusion}`: end a job of a run (all that could run, where none is named), with the `outputs` that
others read. `POST begin {repo, run, job}`: a
machine takes a job; the answer is all that it is given: token, rights, secrets, variables, identity, named values.
`GET run?repo=o/r&run=…`: how far each job of a run is, those of a matrix also cell by cell. A job is meant by its key,
one cell by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from rehearsal.github import oidc, repositories, runner, runs, workflows
from rehearsal.github.courier import Courier
from rehearsal.github.environments import Environments
from rehearsal.github.errors import Refused
from rehearsal.github.limits import Limits, Trouble
from rehearsal.github.stores import Stores
from rehearsal.github.tokens import Issuer
from rehearsal.github.world import PLANS, TOKEN_KINDS, Repository, Token, World

Answer = tuple[int, dict[str, str], bytes]
Wish = dict[str, Any]


class Control:
    """The control paths."""

    def __init__(self, world: World, limits: Limits, courier: Courier) -> None:
        self._world = world
        self._limits = limits
        self._courier = courier
        self.issuer = Issuer()
        self._paths: dict[tuple[str, str], Callable[[Wish], Any]] = {
            ("POST", "accounts"): self._account,
            ("POST", "teams"): self._team,
            ("POST", "tokens"): self._token,
            ("POST", "repositories"): self._repository,
            ("POST", "limit"): self._limit,
            ("POST", "trouble"): self._trouble,
            ("GET", "trouble"): lambda _: self._troubles(),
            ("POST", "calm"): self._calm,
            ("GET", "secrets"): self._secrets,
            ("GET", "subject"): self._subject,
            ("GET", "token"): lambda wish: {"value": self.issuer.token(self._subject(wish))},
            ("POST", "runs"): self._run,
            ("GET", "run"): lambda wish: _run(self._running(wish)[1]),
            ("POST", "begin"): self._begin,
            ("POST", "finish"): self._finish,
        }

    def handle(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer one control request."""
        what = path.removeprefix("/_rehearsal/")
        if (found := self._paths.get((method, what))) is None:
            known = ", ".join(f"{verb} {name}" for verb, name in self._paths)
            return _json({"error": f"{method} {path}: no such control. Fix: {known}"}, 404)
        try:
            wish = dict(parse_qsl(query)) if method == "GET" else json.loads(body or b"{}")
            if not isinstance(wish, dict):
                raise ValueError("the body is a JSON object")
            return _json(found(wish))
        except KeyError as error:
            return _json({"error": f"{what}: {error.args[0]} is missing. Fix: see rehearsal/github/control.py"}, 400)
        except (ValueError, TypeError) as error:
            return _json({"error": f"{what}: {error}. Fix: see rehearsal/github/control.py"}, 400)
        except Refused as refused:
            return _json({"error": f"{what}: {refused.message}. Fix: make what it names first"}, 400)

    def _account(self, wish: Wish) -> Wish:
        plan, kind = wish.get("plan", "free"), wish.get("kind", "User")
        if plan not in PLANS:
            raise ValueError(f"plan is one of {', '.join(PLANS)}, got {plan!r}")
        if kind not in ("User", "Organization"):
            raise ValueError(f"kind is User or Organization, got {kind!r}")
        made = self._world.add_account(str(wish["login"]), kind, plan)
        for login, role in wish.get("members", {}).items():
            self._world.add_account(login)
            made.members[login] = role
        return {"id": made.id, "login": made.login, "plan": made.plan, "members": made.members}

    def _team(self, wish: Wish) -> Wish:
        team = self._world.add_team(str(wish["organization"]), str(wish["slug"]), set(wish.get("members", [])))
        return {"id": team.id, "slug": team.slug, "members": sorted(team.members)}

    def _token(self, wish: Wish) -> Wish:
        kind = wish.get("kind", "classic")
        if kind not in TOKEN_KINDS:
            raise ValueError(f"kind is one of {', '.join(TOKEN_KINDS)}, got {kind!r}")
        if kind in ("app", "actions") and not isinstance(wish.get("app"), int):
            raise ValueError(f"app is the id of the app behind a token of the kind {kind}")
        login = str(wish["login"])
        self._world.add_account(
            login, plan=self._world.accounts[login.lower()].plan if login.lower() in self._world.accounts else "free"
        )
        made = Token(
            str(wish["token"]),
            login,
            kind,
            frozenset(wish.get("scopes", [])),
            dict(wish.get("permissions", {})),
            wish.get("app"),
        )
        self._world.tokens[made.text] = made
        return {"login": login, "kind": kind, "scopes": sorted(made.scopes), "permissions": made.permissions}

    def _repository(self, wish: Wish) -> Wish:
        owner, name = str(wish["owner"]), str(wish["name"])
        repo = self._world.repositories.get(f"{owner}/{name}".lower())
        if repo is None:
            repo = repositories.create(self._world, owner, name, private=bool(wish.get("private")))
            if wish.get("init", True):
                repositories.start(self._world, repo, str(wish.get("by", owner)))
        repo.private = bool(wish.get("private", repo.private))
        repo.created = float(wish.get("created", repo.created))
        if "immutable" in wish:
            repo.area(oidc.Subject).immutable = wish["immutable"]
        return {"id": repo.id, "full_name": repo.full_name, "git": str(repo.git.path)}

    def _limit(self, wish: Wish) -> Wish:
        token = self._world.tokens.get(str(wish.get("token", "")))
        self._limits.leave(token, int(wish["remaining"]), float(wish.get("reset_in", 3600)))
        return self._limits.shown(token)

    def _trouble(self, wish: Wish) -> list[Wish]:
        self._limits.troubles.append(Trouble.of(wish))
        return self._troubles()

    def _troubles(self) -> list[Wish]:
        return [{"name": one.name, "met": one.met, "left": one.times} for one in self._limits.troubles]

    def _calm(self, wish: Wish) -> list[Wish]:
        name = wish.get("name")
        self._limits.troubles = [one for one in self._limits.troubles if name is not None and one.name != name]
        return self._troubles()

    def _repo(self, wish: Wish) -> Repository:
        owner, _, name = str(wish["repo"]).partition("/")
        return self._world.repository(owner, name)

    def _secrets(self, wish: Wish) -> Wish:
        repo = self._repo(wish)
        names = {one.id: one.name for one in repo.area(Environments).by_name.values()}
        return {
            f"environment:{names[place]}" if isinstance(place, int) else place: {
                name: one.value for name, one in store.secrets.items()
            }
            for place, store in repo.area(Stores).by_place.items()
        }

    def _subject(self, wish: Wish) -> dict[str, str]:
        return oidc.claims(self._world, self._repo(wish), {key: value for key, value in wish.items() if key != "repo"})

    def _run(self, wish: Wish) -> Wish:
        repo = self._repo(wish)
        ref = str(wish.get("ref", f"refs/heads/{repo.default_branch}"))
        sha = repo.git.commit_at(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
        found = None if sha is None else workflows.read(repo, sha, f"{workflows.FOLDER}/{wish['workflow']}")
        if found is None or sha is None:
            raise ValueError(f"there is no workflow {wish['workflow']} at {ref}")
        event, actor = str(wish.get("event", "push")), str(wish.get("actor", repo.owner))
        run = runs.start(self._world, repo, found, event, ref, sha, actor, dict(wish.get("inputs", {})))
        return _run(run)

    def _running(self, wish: Wish, *states: str) -> tuple[Repository, runs.Run, list[runs.Job]]:
        """The run that is meant, and those of its jobs that are in one of these states."""
        repo = self._repo(wish)
        run = repo.area(runs.Runs).by_id.get(int(wish["run"]))
        if run is None:
            raise ValueError(f"there is no run {wish['run']}")
        runs.advance(self._world, repo, run)
        ready = [job for job in run.jobs if job.status in states]
        chosen = [job for job in ready if wish.get("job") in (None, job.plan.key, job.plan.name)]
        if states and not chosen:
            raise ValueError(
                f"no job of that name could run: {', '.join(f'{one.plan.key} is {one.status}' for one in run.jobs)}"
            )
        return repo, run, chosen

    def _begin(self, wish: Wish) -> Wish:
        repo, run, chosen = self._running({**wish, "job": str(wish["job"])}, "queued")
        runs.begin(self._world, repo, run, chosen[0])
        return runner.given(self._world, repo, run, chosen[0])

    def _finish(self, wish: Wish) -> Wish:
        repo, run, chosen = self._running(wish, "queued", "in_progress")
        for job in chosen:
            if job.status == "completed":  # a cell that failed has ended the others
                continue
            job.outputs = {str(name): str(value) for name, value in wish.get("outputs", {}).items()}
            runs.finish(self._world, repo, run, job, str(wish.get("conclusion", "success")))
        return _run(run)


def _run(run: runs.Run) -> Wish:
    jobs: dict[str, Wish] = {}
    for job in run.jobs:
        shown = {
            "status": job.status,
            "conclusion": job.conclusion,
            "words": job.words,
            "environment": job.plan.environment,
            "group": job.group,
        }
        if job.cell is None:
            jobs[job.plan.key] = shown
        else:
            jobs.setdefault(job.plan.key, {"cells": {}})["cells"][job.plan.name] = shown
    for key, one in jobs.items():
        if cells := one.get("cells"):
            members = [job for job in run.jobs if job.plan.key == key]
            left = next((job for job in members if job.status != "completed"), members[0])
            together = {"conclusion": runs.together(members), "words": None}
            jobs[key] = {**cells[left.plan.name], **together, "cells": cells}
    return {"id": run.id, "status": run.status, "conclusion": run.conclusion, "jobs": jobs}


def _json(content: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
