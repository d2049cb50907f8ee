"""`git clone`, `fetch` and `push` over HTTP: git's own `http-backend`, and the decision about each ref of a push."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass

from rehearsal.github import access
from rehearsal.github.access import Grant
from rehearsal.github.changes import Change, moved, workflow_refused
from rehearsal.github.enforcement import Verdict, judge
from rehearsal.github.errors import Refused
from rehearsal.github.git import Git
from rehearsal.github.world import Repository, Token, World

Reply = tuple[int, dict[str, str], bytes]
_SERVICES = ("git-upload-pack", "git-receive-pack")
_WORDS = {"classic": "a Personal Access Token", "fine-grained": "a Personal Access Token"}


@dataclass
class Push:
    """A push that is under way: whose, and what it was allowed."""

    repo: Repository
    token: Token
    allowed: list[Change]


class SmartHttp:
    """Git over HTTP. A push asks `decide` through the hook of its repository, with the ticket it was given."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pushes: dict[str, Push] = {}

    def serve(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer one request of a git client; anything else is not found."""
        parts = path.strip("/").split("/")
        service = parts[-1] if parts[-1] in _SERVICES else query.removeprefix("service=")
        if len(parts) < 3 or service not in _SERVICES or not (parts[-1] in _SERVICES or parts[2:] == ["info", "refs"]):
            return 404, {"Content-Type": "text/plain"}, b"Not Found"
        token: Token | None = None
        try:
            with self._world.lock:
                token = access.identify(self._world, headers)
                repo = self._repository(token, parts[0], parts[1].removesuffix(".git"), service)
        except Refused as refused:
            return _refusal(refused, known=token is not None)
        ticket = uuid.uuid4().hex
        if parts[-1] == "git-receive-pack" and token is not None:
            self._pushes[ticket] = Push(repo, token, [])
        try:
            return _backend(self._world, repo.git, ticket, method, "/" + "/".join(parts[2:]), query, headers, body)
        finally:
            if (push := self._pushes.pop(ticket, None)) is not None:
                with self._world.lock:
                    self._pushed(push)

    def _repository(self, token: Token | None, owner: str, name: str, service: str) -> Repository:
        repo = self._world.repository(owner, name)
        writes = service == "git-receive-pack"
        if writes:
            access.require_login(token)
        access.require(self._world, token, repo, Grant("contents", "write" if writes else "read"))
        if writes and repo.settings.get("archived"):
            raise Refused(403, "This repository was archived so it is read-only.")
        return repo

    def decide(self, body: bytes) -> Reply:
        """What the hook asks: which refs of a push may move, and what the person is told."""
        asked = json.loads(body)
        push = self._pushes.get(asked["ticket"])
        if push is None:
            return 404, {}, b"{}"
        words, refs = "", []
        with self._world.lock:
            for old, new, ref in asked["commands"]:
                change = Change(push.repo, push.token, ref, old, new, "push")
                told, reason = self._judged(change)
                words += told
                refs.append((ref, reason))
                if reason is None:
                    push.allowed.append(change)
        return 200, {"Content-Type": "application/json"}, json.dumps({"words": words, "refs": refs}).encode()

    def _judged(self, change: Change) -> tuple[str, str | None]:
        if not change.ref.startswith(("refs/heads/", "refs/tags/")):
            return "", "deny updating a hidden ref"
        if change.deleted and change.branch == change.repo.default_branch:
            return "", "refusing to delete the current branch: " + change.ref
        if (path := workflow_refused(change)) is not None:
            who = _WORDS.get(change.token.kind, "a GitHub App")
            what = "`workflow` scope" if change.token.kind in _WORDS else "`workflows` permission"
            return "", f"refusing to allow {who} to create or update workflow `{path}` without {what}"
        verdict = judge(self._world, change)
        if verdict.rules:
            return _rule_words(self._world, change, verdict), "push declined due to repository rule violations"
        if verdict.protection:
            head = f"error: GH006: Protected branch update failed for {change.ref}.\n"
            return head + "".join(
                f"error: {reason}\n" for reason in verdict.protection
            ), "protected branch hook declined"
        return "", None

    def _pushed(self, push: Push) -> None:
        for change in push.allowed:
            now = push.repo.git.ref(change.ref)
            if now != (None if change.deleted else change.new):
                continue  # git itself refused it after all
            moved(self._world, change)


def _rule_words(world: World, change: Change, verdict: Verdict) -> str:
    at = change.ref.replace("/", "%2F")
    lines = [
        f"error: GH013: Repository rule violations found for {change.ref}.",
        f"Review all repository rules at {world.base}/{change.repo.full_name}/rules?ref={at}",
        "",
    ]
    for reason in verdict.rules:
        lines += [f"- {reason}", ""]
    return "\n".join(lines) + "\n"


def _refusal(refused: Refused, *, known: bool) -> Reply:
    """Git's clients ask for a password at 401, so a stranger gets 401 where a repository is not there for him."""
    plain = {"Content-Type": "text/plain"}
    if refused.status == 401 or not known:
        words = "Invalid username or token." if refused.message == "Bad credentials" else "Authentication required."
        return 401, {**plain, "WWW-Authenticate": 'Basic realm="GitHub"'}, words.encode()
    if refused.status == 404:
        return 404, plain, b"Repository not found."
    return 403, plain, f"{refused.message}\n".encode()


def _backend(
    world: World, git: Git, ticket: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> Reply:
    environment = {
        **git.environment(),
        "GIT_PROJECT_ROOT": str(git.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "REMOTE_USER": "rehearsal",
        "REMOTE_ADDR": "127.0.0.1",
        "REHEARSAL_PUSH": f"{world.base}/_rehearsal/push",
        "REHEARSAL_TICKET": ticket,
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
    status = int(fields.pop("Status", "200" if done.stdout else "500").split(" ")[0])
    return status, fields, content
