"""Roles of the environment's own things."""

from __future__ import annotations

from components.role import Role, RoleArgs
from settings import Environment
from tests.components.support import Built, build, environment


def made(env: Environment) -> Built:
    what = RoleArgs(stack=env, what="api-task", description="d", service="ecs-tasks.amazonaws.com")
    return build(lambda on: Role("api", what, on), env)


def test_every_role_stays_within_the_boundary_of_its_environment() -> None:
    boundary = "arn:aws:iam::111122223333:policy/ci/shop-staging-boundary"
    assert made(environment(boundary=boundary)).one("Role").inputs["permissionsBoundary"] == boundary


def test_without_one_there_is_none() -> None:
    assert "permissionsBoundary" not in made(environment()).one("Role").inputs
