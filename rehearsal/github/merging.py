"""Opening, changing and merging pull requests; merging is real, in the bare repository, and refused as GitHub does."""

from __future__ import annotations

from typing import Any

from rehearsal.github import checks, triggers, views
from rehearsal.github.access import require_login
from rehearsal.github.changes import Change, moved
from rehearsal.github.enforcement import judge
from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.git import Conflict
from rehearsal.github.issues import open_issue, set_state
from rehearsal.github.pulls import Pull, Pulls, issue, open_on, show, shown
from rehearsal.github.reviews import METHODS, pull_of
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Repository

ROUTES = Routes("pulls/pulls")
_SETTINGS = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}


def _whole(call: Call, pull: Pull) -> dict[str, Any]:
    """A pull request with what has to be worked out."""
    repo, head = call.repo, pull.head_sha(call.repo)
    base = repo.git.ref(f"refs/heads/{pull.base}")
    content = {**shown(call, pull), "merged": pull.merged is not None}
    content["merged_by"] = views.user(call.world, pull.merged_by) if pull.merged_by else None
    mergeable, state = (None, "unknown")
    if issue(repo, pull).state == "open" and head and base:
        mergeable, state = _mergeable(call, pull, head, base)
    part = repo.git.merge_base(pull.base_sha or base or "", head) if head and (pull.base_sha or base) else None
    files = repo.git.changes(part, head) if part and head else []
    return {
        **content,
        "mergeable": mergeable,
        "mergeable_state": state,
        "rebaseable": mergeable,
        "commits": len(repo.git.log(f"{part}..{head}")) if part else 0,
        "additions": sum(one.additions for one in files),
        "deletions": sum(one.deletions for one in files),
        "changed_files": len(files),
        "comments": 0,
        "review_comments": 0,
    }


def _mergeable(call: Call, pull: Pull, head: str, base: str) -> tuple[bool, str]:
    try:
        call.repo.git.merged_tree(base, head)
    except Conflict:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    if call.token is not None:
        verdict = judge(call.world, _merge(call, pull, base, head, _usual(call)))
        if verdict.refused:
            return True, "blocked"
    runs = [one for one in checks.latest_runs(call.repo, head) if one.conclusion not in checks.PASSING]
    statuses = [one for one in checks.latest_statuses(call.repo, head) if one.state != "success"]
    return True, "unstable" if runs or statuses else "clean"


def _usual(call: Call) -> str:
    return next((name for name, key in _SETTINGS.items() if call.repo.settings.get(key, True)), "merge")


def _merge(call: Call, pull: Pull, base: str, new: str, method: str) -> Change:
    token = require_login(call.token)
    return Change(call.repo, token, f"refs/heads/{pull.base}", base, new, "merge", pull.number, method)


@ROUTES.on("GET {r}/pulls", "pull_requests:read")
def listed(call: Call) -> Answer:
    """Pull requests, newest first; open ones unless asked."""
    state, repo = call.query.get("state", "open"), call.repo
    head = call.query.get("head", "").rpartition(":")[2]
    found = [
        one
        for one in sorted(repo.area(Pulls).by_number.values(), key=lambda one: -one.number)
        if state in ("all", issue(repo, one).state)
        and head in ("", one.head)
        and call.query.get("base", one.base) == one.base
    ]
    return call.page(found, lambda one: shown(call, one))


@ROUTES.on("POST {r}/pulls", "proposals:write", 201)
def opened(call: Call) -> dict[str, Any]:
    """A new pull request."""
    body, repo = call.json(), call.repo
    (owner, _, head), base = call.text(body, "head").rpartition(":"), call.text(body, "base")
    source = _fork(call, owner) if owner.lower() not in ("", repo.owner.lower()) else None
    if (
        call.token is not None
        and call.token.kind == "actions"
        and not repo.settings.get("can_approve_pull_request_reviews")
    ):
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    tips = {}
    for name, branch in (("head", head), ("base", base)):
        where = source if source is not None and name == "head" else repo
        if (sha := where.git.ref(f"refs/heads/{branch}")) is None:
            raise invalid(detail("PullRequest", name, "invalid"))
        tips[name] = sha
    if any(one.base == base for one in open_on(repo, head, source)):
        words = f"A pull request already exists for {(source or repo).owner}:{head}."
        raise invalid({"resource": "PullRequest", "code": "custom", "message": words})
    if source is not None:
        repo.git.run("fetch", "--quiet", "--no-tags", str(source.git.path), f"refs/heads/{head}")
    if repo.git.is_ancestor(tips["head"], tips["base"]):
        words = f"No commits between {base} and {head}"
        raise invalid({"resource": "PullRequest", "code": "custom", "message": words})
    one = open_issue(call, body, pull=True)
    pull = Pull(call.world.new_id(), one.number, head, base, bool(body.get("draft")), call.login, source=source)
    repo.area(Pulls).by_number[pull.number] = pull
    show(repo, pull)
    content = _told(call, pull, "opened")
    if call.token is None or call.token.kind != "actions":
        triggers.pull_request(call.world, repo, pull, "opened", call.login)
    return content


def _fork(call: Call, owner: str) -> Repository:
    """Somebody's fork of the repository.

    Raises:
        Refused: 422.

    """
    for one in call.world.repositories.values():
        if one.owner.lower() == owner.lower() and one.parent is call.repo:
            return one
    raise invalid(detail("PullRequest", "head", "invalid"))


def _told(call: Call, pull: Pull, action: str) -> dict[str, Any]:
    content = _whole(call, pull)
    payload = {"action": action, "number": pull.number, "pull_request": content}
    call.courier.publish(call.repo, "pull_request", payload, call.login)
    return content


@ROUTES.on("GET {r}/pulls/{number}", "pull_requests:read")
def read(call: Call) -> dict[str, Any]:
    """One pull request."""
    return _whole(call, pull_of(call))


@ROUTES.on("PATCH {r}/pulls/{number}", "pull_requests:write")
def changed(call: Call) -> dict[str, Any]:
    """Another title, body, base or state."""
    pull, body = pull_of(call), call.json()
    one = issue(call.repo, pull)
    one.title, one.body = call.text(body, "title", one.title), body.get("body", one.body)
    if (base := body.get("base")) is not None:
        if call.repo.git.ref(f"refs/heads/{base}") is None:
            raise invalid(detail("PullRequest", "base", "invalid"))
        pull.base = base
    before = one.state
    if (state := body.get("state")) is not None:
        if state == "open" and (pull.merged or (pull.source or call.repo).git.ref(f"refs/heads/{pull.head}") is None):
            raise invalid(
                detail(
                    "PullRequest",
                    "state",
                    "custom",
                    f"state cannot be changed. The {pull.head} branch has been deleted.",
                )
            )
        set_state(call, one, state)
        pull.final = pull.head_sha(call.repo) if state == "closed" else None
        pull.base_sha = call.repo.git.ref(f"refs/heads/{pull.base}") if state == "closed" else None
    one.updated = call.world.time()
    action = "edited" if one.state == before else "closed" if one.state == "closed" else "reopened"
    return _told(call, pull, action)


def _range(call: Call, pull: Pull) -> tuple[str, str]:
    head, base = pull.head_sha(call.repo), pull.base_sha or call.repo.git.ref(f"refs/heads/{pull.base}")
    part = call.repo.git.merge_base(base, head) if head and base else None
    return (part or head or "", head or "")


@ROUTES.on("GET {r}/pulls/{number}/commits", "pull_requests:read")
def commits(call: Call) -> Answer:
    """The commits, oldest first."""
    part, head = _range(call, pull_of(call))
    found = list(reversed(call.repo.git.log(f"{part}..{head}")))
    return call.page(found, lambda sha: views.commit(call.world, call.repo, call.repo.git.commit(sha)))


@ROUTES.on("GET {r}/pulls/{number}/files", "pull_requests:read")
def files(call: Call) -> Answer:
    """The files that differ."""
    from rehearsal.github.contents import file_change

    part, head = _range(call, pull_of(call))
    return call.page(call.repo.git.changes(part, head), lambda one: file_change(call, part, head, one))


@ROUTES.on("GET {r}/pulls/{number}/merge", "contents:read")
def is_merged(call: Call) -> Answer:
    """204 where it is merged, 404 where not."""
    return Answer(204 if pull_of(call).merged else 404)


@ROUTES.on("PUT {r}/pulls/{number}/merge", "contents:write")
def merged(call: Call) -> dict[str, Any]:
    """Merge, squash or rebase."""
    pull, body, repo = pull_of(call), call.json(), call.repo
    method = call.text(body, "merge_method", "merge")
    head, base = pull.head_sha(repo), repo.git.ref(f"refs/heads/{pull.base}")
    if issue(repo, pull).state != "open" or head is None or base is None:
        raise Refused(405, "Pull Request is not mergeable")
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    if body.get("sha") not in (None, head):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    if method not in _SETTINGS:
        raise invalid(detail("PullRequest", "merge_method", "invalid"))
    if not repo.settings.get(_SETTINGS[method], True):
        raise Refused(405, f"{METHODS[method]} are not allowed on this repository.")
    try:
        new = _merged_commit(call, pull, method, head, base, body)
    except Conflict as conflict:
        raise Refused(
            405, "Pull Request has merge conflicts" if method != "rebase" else "This branch can't be rebased"
        ) from conflict
    change = _merge(call, pull, base, new, method)
    if (verdict := judge(call.world, change)).refused:
        raise Refused(405, verdict.message)
    repo.git.set_ref(change.ref, new, base)
    pull.final, pull.base_sha, pull.merged = head, base, new
    pull.merged_at, pull.merged_by = call.world.time(), call.login
    set_state(call, issue(repo, pull), "closed")
    moved(call.world, change)
    _told(call, pull, "closed")
    if pull.source is None and repo.settings.get("delete_branch_on_merge") and repo.git.ref(f"refs/heads/{pull.head}"):
        gone = Change(repo, change.token, f"refs/heads/{pull.head}", head, "0" * 40, "refs")
        if not judge(call.world, gone).refused:
            repo.git.delete_ref(gone.ref)
            moved(call.world, gone)
    return {"sha": new, "merged": True, "message": "Pull Request successfully merged"}


def _merged_commit(call: Call, pull: Pull, method: str, head: str, base: str, body: dict[str, Any]) -> str:
    repo, one = call.repo, issue(call.repo, pull)
    author, committer = views.noreply(call.world, call.login), views.web_flow(call.world)
    if method == "rebase":
        part = repo.git.merge_base(base, head)
        return repo.git.replayed(reversed(repo.git.log(f"{part}..{head}")), base, committer)
    tree = repo.git.merged_tree(base, head)
    if method == "squash":
        title, text = body.get("commit_title") or f"{one.title} (#{pull.number})", body.get("commit_message") or ""
        parents, author = [base], views.noreply(call.world, one.author)
    else:
        whose = (pull.source or repo).owner
        title = body.get("commit_title") or f"Merge pull request #{pull.number} from {whose}/{pull.head}"
        text, parents = body.get("commit_message") or one.title, [base, head]
    return repo.git.write_commit(tree, parents, f"{title}\n\n{text}".strip(), author, committer)


@ROUTES.on("PUT {r}/pulls/{number}/update-branch", "pull_requests:write")
def updated(call: Call) -> Answer:
    """Merge the base into the head."""
    pull, repo = pull_of(call), call.repo
    if pull.source is not None:
        raise not_found()
    head, base = pull.head_sha(repo), repo.git.ref(f"refs/heads/{pull.base}")
    if not head or not base or repo.git.is_ancestor(base, head):
        raise Refused(422, "There are no new commits on the base branch.")
    expected = call.json().get("expected_head_sha")
    if expected not in (None, head):
        raise Refused(422, "expected head sha didn't match current head ref.")
    try:
        tree = repo.git.merged_tree(head, base)
    except Conflict as conflict:
        raise Refused(422, "merge conflict between base and head") from conflict
    author = views.noreply(call.world, call.login)
    words = f"Merge branch '{pull.base}' into {pull.head}"
    new = repo.git.write_commit(tree, [head, base], words, author, views.web_flow(call.world))
    change = Change(repo, require_login(call.token), f"refs/heads/{pull.head}", head, new, "refs")
    if (verdict := judge(call.world, change)).refused:
        raise Refused(422, verdict.message)
    repo.git.set_ref(change.ref, new, head)
    moved(call.world, change)
    return Answer(202, {"message": "Updating pull request branch.", "url": f"{call.repo_url}/pulls/{pull.number}"})
