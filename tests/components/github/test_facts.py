"""What GitHub is asked before anything is declared, and what it does not allow."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pulumi
import pytest

from components.github.facts import Answer, Facts, RefusedError, ask, look_up
from components.github.limits import check, refusals, whole
from components.github.owners import HEADER
from settings import GitHub
from tests.components.support import GITHUB, answer, place, repository

OPTS = pulumi.InvokeOptions()


class Result:
    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.code, self.headers, self.body = fields["code"], fields["headers"], fields["body"]


def looked_up(world: Mapping[str, Any], wanted: GitHub | None = None, *files: str, **headers: str) -> Facts:
    def rest(endpoint: str, opts: object) -> Result:
        return Result(answer(world.get(endpoint), **headers))

    with patch("pulumi_github.get_rest_api", rest):
        return look_up(wanted or repository(), OPTS, files)


def known(**changes: Any) -> dict[str, Any]:
    """What GitHub says, some of the repository's fields changed."""
    return GITHUB | {"repos/acme/shop": GITHUB["repos/acme/shop"] | changes}


def test_names_become_numbers() -> None:
    found = looked_up(known(), X_OAuth_Scopes="repo, workflow")
    assert (found.identity.owner_id, found.identity.repository_id) == (77, 4242)
    assert (found.people, found.teams) == ({"alice": 7}, {"acme/platform": 3})
    assert (found.private, found.administered) == (False, True)
    assert found.scopes == frozenset({"repo", "workflow"})
    assert (found.plan, found.code_owners) == (None, None)


def test_names_are_spelt_as_tokens_spell_them() -> None:
    found = looked_up(
        {"repos/ACME/Shop": GITHUB["repos/acme/shop"]}, repository(owner="ACME", name="Shop", reviewers=())
    )
    assert found.identity.subjects("staging")[0] == "repo:acme/shop:environment:staging"


def test_a_private_repositorys_plan_is_asked_for() -> None:
    assert looked_up(known(private=True) | {"orgs/acme": {"plan": {"name": "team"}}}).plan == "team"
    assert looked_up(known(private=True) | {"orgs/acme": {"login": "acme"}}).plan is None
    assert looked_up(known(private=True, owner={"login": "acme", "id": 77, "type": "User"})).plan is None


def test_a_team_without_access_counts_as_unknown() -> None:
    world = {path: body for path, body in GITHUB.items() if not path.endswith("platform/repos/acme/shop")}
    assert looked_up(world).teams == {"acme/platform": None}


def test_a_repository_that_there_is_not_is_told() -> None:
    with pytest.raises(RefusedError, match="does not know the repository acme/shop: 404 Not Found\n    there is"):
        looked_up({})


def test_a_refusal_is_told_with_its_cause() -> None:
    said = "invoke failed: returned an error: GET https://api.github.com/x: 401 Bad credentials []"
    with (
        patch("pulumi_github.get_rest_api", side_effect=Exception(said)),
        pytest.raises(RefusedError) as told,
    ):
        ask("repos/acme/shop", OPTS)
    said = "GitHub cannot be asked for repos/acme/shop: GET https://api.github.com/x: 401 Bad credentials []\n"
    assert str(told.value).startswith(f"{said}    the token is missing")


def test_what_is_no_json_is_an_answer_all_the_same() -> None:
    with patch("pulumi_github.get_rest_api", lambda **_: Result({"code": 204, "headers": "", "body": ""})):
        assert ask("x", OPTS) == Answer(code=204, headers={}, body=None)


OURS = {"content": "IyBXcml0dGVuIGJ5IFNsaXB3YXkgZnJvbSB0aGUgc2V0dGluZyBgZ2l0aHViYDogY2hhbmdlIHRoYXQsIG5vdCB0aGlzLgo="}
OWNERS = "repos/acme/shop/contents/.github/CODEOWNERS?ref=main"
PRIVATE = known(private=True)
DELIVER = ".github/workflows/deliver.yml"


@pytest.mark.parametrize(
    ("world", "headers", "changes", "told"),
    [
        (known(), {}, {}, []),
        (
            known(permissions={"admin": False}),
            {"X_OAuth_Scopes": "repo"},
            {},
            ["the token's owner does not administer it; use the token of somebody who does, or of an app"],
        ),
        # An app administers nothing; its permissions say what it may.
        (known(permissions={"admin": False}), {}, {}, []),
        (known(permissions=None), {}, {}, ["GitHub was asked without a token; set GITHUB_TOKEN, or `gh auth login`"]),
        (known(), {"X_OAuth_Scopes": "gist"}, {}, ["the token lacks the scope repo (it has gist); add it"]),
        (known(), {"X_OAuth_Scopes": "public_repo"}, {}, []),
        (PRIVATE, {"X_OAuth_Scopes": ""}, {}, ["the token lacks the scope repo (it has none); add it"]),
        (
            PRIVATE | {"orgs/acme": {"plan": {"name": "free"}}},
            {},
            {},
            [
                "GitHub Free has no environments, secrets of environments or rules for private repositories; "
                "take GitHub Team, or make the repository public"
            ],
        ),
        (
            PRIVATE | {"orgs/acme": {"plan": {"name": "team"}}},
            {},
            {},
            [
                "GitHub Team has neither reviewers nor timers for private repositories, Enterprise has; "
                "set workflows.approval to pull_request and wait_minutes to 0"
            ],
        ),
        (PRIVATE | {"orgs/acme": {"plan": {"name": "team"}}}, {}, {"approval": "pull_request"}, []),
        (PRIVATE | {"orgs/acme": {"plan": {"name": "team"}}}, {}, {"places": (place("staging"),)}, []),
        (PRIVATE | {"orgs/acme": {"plan": {"name": "enterprise"}}}, {}, {}, []),
        (known(), {}, {"reviewers": ("bob", "alice")}, ["reviewers: GitHub knows nobody called bob"]),
        (
            known(),
            {},
            {"reviewers": ("acme/none",)},
            ["reviewers: there is no team acme/none with access to the repository; let it read the repository"],
        ),
        (known() | {OWNERS: OURS}, {}, {}, []),
        (
            known() | {OWNERS: {"content": "KiBAYm9iCg=="}},
            {},
            {},
            [".github/CODEOWNERS is not ours; take its lines into the setting code_owners and delete it"],
        ),
    ],
)
def test_what_github_would_refuse_half_way_is_told_before(
    world: Mapping[str, Any], headers: Mapping[str, str], changes: Mapping[str, Any], told: list[str]
) -> None:
    wanted = repository(**changes)
    found = looked_up(world, wanted, **headers)
    assert refusals(wanted, found) == told
    assert found.code_owners in (None, "* @bob\n", f"{HEADER}\n")


@pytest.mark.parametrize(
    ("scopes", "text", "told"),
    [
        ("repo, workflow", None, []),
        ("repo, workflow", "# Written by `./slipway render` from x\n", []),
        ("repo", None, ["the token lacks the scope workflow; add it, or set workflow_files to false"]),
        (
            "repo, workflow",
            "name: Mine\n",
            [f"{DELIVER} is not ours; move it away, or leave it out of the setting workflows.files"],
        ),
    ],
)
def test_workflow_files_take_a_scope_and_the_place_of_no_other(scopes: str, text: str | None, told: list[str]) -> None:
    wanted = repository(workflow_files=True)
    there = {} if text is None else {"content": base64.b64encode(text.encode()).decode()}
    world = known() | ({f"repos/acme/shop/contents/{DELIVER}?ref=main": there} if there else {})
    found = looked_up(world, wanted, DELIVER, X_OAuth_Scopes=scopes)
    assert found.files == ({} if text is None else {DELIVER: text})
    assert refusals(wanted, found) == told


def test_all_of_it_is_told_at_once() -> None:
    wanted = repository(reviewers=("bob",))
    with pytest.raises(RefusedError) as told:
        check(wanted, looked_up(known(permissions={"admin": False}), wanted, X_OAuth_Scopes="repo"))
    assert str(told.value) == (
        "The repository acme/shop cannot be set up as asked; nothing was touched.\n"
        "  the token's owner does not administer it; use the token of somebody who does, or of an app\n"
        "  reviewers: GitHub knows nobody called bob\n"
        "Fix:   docs/github.md has the table of plans and the permissions of tokens."
    )


def test_of_a_plan_that_cannot_be_seen_people_are_warned() -> None:
    with patch.object(pulumi.log, "warn") as warned:
        check(repository(), looked_up(PRIVATE))
        check(repository(approval="none"), looked_up(PRIVATE))
        check(repository(), looked_up(known()))
    (text,) = warned.call_args.args
    assert warned.call_count == 1
    assert text.startswith("acme/shop is private and its plan cannot be seen")


REVIEWED = {"protection_rules": [{"type": "branch_policy"}, {"type": "required_reviewers", "reviewers": []}]}
ALONE = {"protection_rules": [{"type": "branch_policy"}]}


@pytest.mark.parametrize(
    ("there", "changes", "told"),
    [
        ({}, {}, ()),
        ({"production-approval": REVIEWED, "production-rollback": ALONE}, {}, ("production-rollback",)),
        (
            {"production-approval": {"protection_rules": []}, "production-rollback": REVIEWED},
            {},
            ("production-approval",),
        ),
        # A release was approved before it comes here: nobody is asked again.
        ({"production": ALONE, "production-approval": REVIEWED}, {}, ()),
        ({"production-approval": ALONE, "production-rollback": ALONE}, {"approval": "none"}, ()),
        ({"production-approval": ALONE}, {"roles_only": True}, ()),
        ({"staging-approval": ALONE}, {"places": (place("staging"),)}, ()),
    ],
)
def test_environments_whose_reviewers_were_taken_away_are_told(
    there: Mapping[str, Any], changes: Mapping[str, Any], told: tuple[str, ...]
) -> None:
    wanted = repository(**{"places": (place("production", guarded=True, origin="staging"),), **changes})
    found = looked_up(known() | {f"repos/acme/shop/environments/{name}": body for name, body in there.items()}, wanted)
    assert found.unguarded == told
    with patch.object(pulumi.log, "warn") as warned:
        check(wanted, found)
    said = [call.args[0] for call in warned.call_args_list]
    assert [text.partition(":")[0] for text in said] == ([", ".join(told)] if told else [])


def test_rules_hold_for_administrators_where_the_plan_has_it() -> None:
    team = looked_up(PRIVATE | {"orgs/acme": {"plan": {"name": "team"}}})
    assert not whole(repository(), team)
    assert whole(repository(endpoint="https://github.acme.dev/"), team)
    assert whole(repository(), looked_up(PRIVATE))
    assert whole(repository(), looked_up(known()))
