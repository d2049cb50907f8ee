"""What comes of a call in a role: refused in AWS's words, let through, or otherwise than it should."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.story.roles import calls
from rehearsal.story.roles.attempts import Attempt, outcome
from rehearsal.story.roles.taking import Taken
from rehearsal.story.roles.things import Place, Things

ROLE = Taken("arn:aws:iam::111122223333:role/ci/shop-staging-ci-deploy", "http://aws", "eu-central-1", {})
DENIAL = "User: …/shop-staging-ci-deploy/x is not authorized to perform: ecs:UpdateService on resource: …"
HERE = [Place("shop", name, "111122223333", "eu-central-1") for name in ("staging", "production")]
THINGS = Things("shop/api", "sha256:0", "state", {"staging": "vpc-1", "production": "vpc-2"})


def attempt(code: str, message: str = "", status: int = 400, denied: str = "ecs:UpdateService") -> str:
    def call(_: Taken) -> None:
        if code:
            error: Any = {
                "Error": {"Code": code, "Message": message},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }
            raise ClientError(error, "UpdateService")

    return outcome(Attempt("update a service", call, denied), ROLE)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_a_refusal_that_says_who_and_what_is_one(code: str) -> None:
    assert attempt(code, DENIAL) == ""


@pytest.mark.parametrize(
    ("code", "message", "status", "wrong"),
    [
        ("", "", 200, "it should have been refused, and went through"),
        ("ServiceNotFoundException", "gone", 400, "it should have been refused, and is answered: ServiceNot"),
        ("AccessDenied", "no", 403, "its refusal does not say shop-staging-ci-deploy and ecs:UpdateService: no"),
        ("InternalFailure", "oh", 500, "the emulator failed: InternalFailure oh"),
    ],
)
def test_anything_else_is_none(code: str, message: str, status: int, wrong: str) -> None:
    assert attempt(code, message, status).startswith(wrong)


def test_what_is_let_through_may_find_nothing_there() -> None:
    assert attempt("", denied="") == attempt("ServiceNotFoundException", denied="") == ""
    assert attempt("AccessDenied", DENIAL, denied="") == f"it should have been let through, and is refused: {DENIAL}"


def test_each_role_is_refused_more_than_it_is_told_and_let_do_its_work() -> None:
    staging, production = HERE
    tables = {
        "staging": calls.staging(staging, production, THINGS),
        "preview": calls.preview(staging, THINGS),
        "production": calls.production(production, staging, THINGS),
        "made": calls.made(staging, production, THINGS),
    }
    for name, attempts in tables.items():
        assert len([one for one in attempts if one.denied]) >= (12 if name != "made" else 9), name
        assert len([one for one in attempts if not one.denied]) >= 3, name
