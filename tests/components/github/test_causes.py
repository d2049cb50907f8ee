"""GitHub's refusals and what they mean, in its own words."""

from __future__ import annotations

import pytest

from components.github.causes import CAUSES, cause, explained
from tests.components.support import ROOT

SAID = [
    ("GET https://api.github.com/user: 401 Bad credentials []", "the token is missing, misspelt, revoked or expired"),
    (
        "403 Resource protected by organization SAML enforcement. You must grant your token access to it.",
        "the organization lets in only tokens that were authorized for its single sign-on",
    ),
    ("403 You have exceeded a secondary rate limit. Please wait a few minutes", "too many calls in a short time"),
    (
        "PUT …/environments/production: 422 Failed to create the environment protection rule. "
        "Please ensure the billing plan supports the required reviewers protection rule. []",
        "the plan does not have this for private repositories",
    ),
    (
        "POST …/rulesets: 403 Upgrade to GitHub Pro or make this repository public to enable this feature. []",
        "the plan does not have this for private repositories",
    ),
    (
        "403 Resource not accessible by personal access token []",
        "the token lacks a permission, or its owner is no administrator of the repository",
    ),
    (
        "PUT https://api.github.com/repos/acme/shop/contents/.github/workflows/ci.yml: 404 Not Found []",
        "a token without the right to change workflows: GitHub hides this as 404",
    ),
    (
        "PUT …/contents/CODEOWNERS: 409 Repository rule violations found\n\nChanges must be made through a pull",
        "a rule guards this branch against everybody's commits, ours too",
    ),
    ("PUT …: 409 .github/CODEOWNERS is at 3f9c but expected 1a2b", "two commits were made on one branch at once"),
    ("POST …/rulesets: 422 Validation Failed [{Field:name Message:Name must be unique}]", "somebody made this by hand"),
    (
        "GET https://api.github.com/repos/acme/shop: 404 Not Found []",
        "there is no such thing, or the token may not see it: GitHub does not tell these apart",
    ),
]


@pytest.mark.parametrize(("said", "means"), SAID)
def test_a_refusal_is_known_by_what_github_says(said: str, means: str) -> None:
    found = cause(said)
    assert found is not None
    assert found.means == means


def test_every_cause_has_an_example() -> None:
    assert {cause(said) for said, _ in SAID} == set(CAUSES)


def test_it_is_told_with_the_way_out() -> None:
    assert explained("401 Bad credentials []") == (
        "401 Bad credentials []\n    the token is missing, misspelt, revoked or expired\n"
        "    Fix: set GITHUB_TOKEN, or `gh auth login`"
    )
    assert explained("500 Server Error") == "500 Server Error"


def test_the_page_for_owners_lists_them_all() -> None:
    page = (ROOT / "docs" / "github.md").read_text()
    assert not [one.means for one in CAUSES if one.means not in page or one.fix not in page]
