"""What IAM's simulator says about who asks. `tests/components/access` holds it against the roles of CI."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.examining import Finding, Level
from delivery.examining.rights import of_release, rights
from tests.delivery.fake_account import ACCOUNT, ROLE, Calls
from tests.delivery.fakes import BUCKET, image, service_plan

PATHED = f"arn:aws:iam::{ACCOUNT}:role/ci/admin"
SERVICES = (service_plan("td", image("a")), service_plan("td", image("a"), name="mailer", deployment_group=None))
WANTED = of_release(SERVICES, BUCKET, partition="aws", region="eu-central-1", account=ACCOUNT)


def simulated(denied: dict[str, dict[str, Any]], arn: str = ROLE) -> tuple[list[Finding], Calls]:
    """What is found where some actions are denied, with what IAM adds to that."""

    def answer(ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        said = {name: {"EvalDecision": "allowed"} | denied.get(name, {}) for name in ActionNames}
        return {"EvaluationResults": [{"EvalActionName": name, **one} for name, one in said.items()]}

    iam = Calls(simulate_principal_policy=answer, get_role={"Role": {"Arn": PATHED}})
    return list(rights(iam, arn, WANTED)), iam


def test_a_role_is_simulated_under_its_own_arn() -> None:
    (found,), iam = simulated({})
    assert found.level == Level.OK
    assert found.what.startswith(f"{PATHED} may do what a release does (")
    assert {call["PolicySourceArn"] for call in iam.asked("simulate_principal_policy")} == {PATHED}
    assert iam.asked("get_role") == [{"RoleName": "admin"}]


def test_a_user_is_simulated_and_root_is_not() -> None:
    user = f"arn:aws:iam::{ACCOUNT}:user/team/ada"
    (found,), iam = simulated({}, user)
    assert found.what.startswith(user)
    assert iam.asked("get_role") == []
    (root,), iam = simulated({}, f"arn:aws:iam::{ACCOUNT}:root")
    assert root.level == Level.WARNING
    assert iam.called == []


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ({"EvalDecision": "implicitDeny"}, "no policy of it allows that"),
        ({"EvalDecision": "explicitDeny"}, "a policy denies it"),
        (
            {"EvalDecision": "implicitDeny", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "a policy of the organization denies it",
        ),
        (
            {
                "EvalDecision": "implicitDeny",
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False},
            },
            "its permissions boundary denies it",
        ),
    ],
)
def test_what_is_denied_is_named_and_why(detail: dict[str, Any], why: str) -> None:
    (found,), _ = simulated({"codedeploy:CreateDeployment": detail})
    assert found.level == Level.PROBLEM
    assert found.what == f"{PATHED} may not do what a release does: codedeploy:CreateDeployment"
    assert found.fix.startswith(f"{why}; ")


def test_what_hangs_on_the_moment_is_only_a_warning() -> None:
    (found,), _ = simulated({"ecs:UpdateService": {"EvalDecision": "implicitDeny", "MissingContextValues": ["x"]}})
    assert found.level == Level.WARNING
    assert "ecs:UpdateService" in found.what


def test_groups_services_and_the_bucket_are_named() -> None:
    named = {resource for right in WANTED for resource in right.resources}
    place = f"eu-central-1:{ACCOUNT}"
    assert f"arn:aws:codedeploy:{place}:deploymentgroup:api/api" in named
    assert f"arn:aws:ecs:{place}:service/shop-staging/mailer" in named
    assert f"arn:aws:s3:::{BUCKET}/journal.json" in named
    before_the_first = of_release((), BUCKET, partition="aws", region="eu-central-1", account=ACCOUNT)
    assert not [one for one in before_the_first if "codedeploy:CreateDeployment" in one.actions]
