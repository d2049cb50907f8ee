"""What the plan or the token does not allow, told before anything is touched.

https://docs.github.com/en/get-started/learning-about-github/githubs-plans
https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
"""

from __future__ import annotations

import pulumi

from components.github.facts import Facts, RefusedError
from components.github.owners import HEADER, PATH
from settings import GitHub
from workflows.writing import ours

#: Plans whose private repositories have neither reviewers nor timers.
_NO_REVIEWERS = frozenset({"free", "pro", "team"})


def whole(wanted: GitHub, facts: Facts) -> bool:
    """Return whether everything of environments is to be had; of an unknown plan that is believed."""
    return not facts.private or bool(wanted.endpoint) or facts.plan not in _NO_REVIEWERS


def check(wanted: GitHub, facts: Facts) -> None:
    """Refuse what GitHub would refuse half way. Raises `RefusedError` with all of it; warns of what cannot be known."""
    found = refusals(wanted, facts)
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise RefusedError(
            f"The repository {wanted.full_name} cannot be set up as asked; nothing was touched.\n{lines}\n"
            "Fix:   docs/github.md has the table of plans and the permissions of tokens."
        )
    if facts.private and facts.plan is None and not wanted.endpoint and _guards(wanted):
        pulumi.log.warn(
            f"{wanted.full_name} is private and its plan cannot be seen: reviewers and timers need GitHub Enterprise. "
            "If GitHub refuses them, set workflows.approval to pull_request and github.wait_minutes to 0."
        )
    if facts.unguarded:
        # The provider keeps the reviewers that it knows of where GitHub names none: no refresh would show it.
        pulumi.log.warn(
            f"{', '.join(facts.unguarded)}: there are no reviewers on GitHub. If this update does not show that it "
            "adds them, somebody took them away: give each any reviewer there; `pulumi up --refresh` puts yours back."
        )


def refusals(wanted: GitHub, facts: Facts) -> list[str]:
    """Return what is not possible, each with what to do."""
    found = []
    if facts.administered is None:
        found.append("GitHub was asked without a token; set GITHUB_TOKEN, or `gh auth login`")
    elif not facts.administered and facts.scopes is not None:
        # Only a classic token is a person's for sure: an app administers nothing, and may all the same.
        found.append("the token's owner does not administer it; use the token of somebody who does, or of an app")
    if facts.scopes is not None and not facts.scopes & ({"repo"} if facts.private else {"repo", "public_repo"}):
        found.append(f"the token lacks the scope repo (it has {', '.join(sorted(facts.scopes)) or 'none'}); add it")
    if facts.plan == "free":
        found.append(
            "GitHub Free has no environments, secrets of environments or rules for private repositories; "
            "take GitHub Team, or make the repository public"
        )
    elif facts.plan in _NO_REVIEWERS and _guards(wanted):
        found.append(
            f"GitHub {facts.plan.title()} has neither reviewers nor timers for private repositories, Enterprise has; "
            "set workflows.approval to pull_request and wait_minutes to 0"
        )
    found += [f"reviewers: GitHub knows nobody called {name}" for name, it in facts.people.items() if it is None]
    found += [
        f"reviewers: there is no team {name} with access to the repository; let it read the repository"
        for name, number in facts.teams.items()
        if number is None
    ]
    if facts.code_owners is not None and not facts.code_owners.startswith(HEADER):
        found.append(f"{PATH} is not ours; take its lines into the setting code_owners and delete it")
    if wanted.workflow_files and facts.scopes is not None and "workflow" not in facts.scopes:
        found.append("the token lacks the scope workflow; add it, or set workflow_files to false")
    found += [
        f"{path} is not ours; move it away, or leave it out of the setting workflows.files"
        for path, text in facts.files.items()
        if not ours(text)
    ]
    return found


def _guards(wanted: GitHub) -> bool:
    """Return whether any environment has reviewers or a timer."""
    asked = wanted.approval == "reviewers" or wanted.wait_minutes > 0
    return asked and any(place.guarded for place in wanted.places)
