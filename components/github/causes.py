"""What GitHub's refusals usually mean: its own words seldom say what to do.

The provider hands them through the engine unchanged, and nothing of ours stands between: docs/github.md lists them for
whoever meets one there. Where we ask GitHub ourselves (`facts`), the cause is told with the refusal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind of refusal."""

    pattern: str
    """What GitHub says, as an expression that ignores case."""
    means: str
    fix: str


#: The first that matches is told, so the more particular come first.
CAUSES = (
    Cause(
        r"401 (Bad credentials|Requires authentication)",
        "the token is missing, misspelt, revoked or expired",
        "set GITHUB_TOKEN, or `gh auth login`",
    ),
    Cause(
        r"SAML (enforcement|SSO)|organization SAML",
        "the organization lets in only tokens that were authorized for its single sign-on",
        "GitHub → Settings → Developer settings → the token → Configure SSO → Authorize",
    ),
    Cause(
        r"rate limit",
        "too many calls in a short time",
        "wait for the time that GitHub names, then run the update again: it goes on where it stopped",
    ),
    Cause(
        r"billing plan|upgrade to github|make this repository public",
        "the plan does not have this for private repositories",
        "see the table of plans in docs/github.md: another `approval`, another plan, or a public repository",
    ),
    Cause(
        r"resource not accessible by|must have admin rights|403 forbidden",
        "the token lacks a permission, or its owner is no administrator of the repository",
        "docs/github.md lists the permissions; a classic token needs the scope `repo`",
    ),
    Cause(
        r"contents/\.github/workflows/\S*: 404|refusing to allow .* workflow",
        "a token without the right to change workflows: GitHub hides this as 404",
        "give a classic token the scope `workflow`, another one the permission Workflows: write",
    ),
    Cause(
        r"409.*(rule violations|pull request|protected branch)|repository rule violations",
        "a rule guards this branch against everybody's commits, ours too",
        "propose files on another branch: `files_branch`",
    ),
    Cause(
        r"409.*(but expected|is at)",
        "two commits were made on one branch at once",
        "run the update again: it goes on where it stopped",
    ),
    Cause(
        r"name already (protected|exists|taken)|already_exists|name must be unique",
        "somebody made this by hand",
        "adopt it with `pulumi import`, or remove it on GitHub",
    ),
    Cause(
        r"404 not found",
        "there is no such thing, or the token may not see it: GitHub does not tell these apart",
        "check the spelling; a fine-grained token must name the repository",
    ),
)


def cause(said: str) -> Cause | None:
    """Return what a refusal usually means; None for one that speaks for itself."""
    return next((one for one in CAUSES if re.search(one.pattern, said, re.IGNORECASE)), None)


def explained(said: str) -> str:
    """Return a refusal with its cause and what to do."""
    found = cause(said)
    return f"{said}\n    {found.means}\n    Fix: {found.fix}" if found else said
