"""What environments share: repositories."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from components import Shared, SharedArgs
from settings import Registry
from settings import Shared as SharedStack
from tests.components.support import ACCOUNT, Built, app, build, shared, worker


def common(**changes: Any) -> Built:
    return made(shared(**changes)) if changes else plain()


@cache
def plain() -> Built:
    """Build it as it ships; tests only read it."""
    return made(shared())


def made(stack: SharedStack) -> Built:
    return build(lambda on: Shared("shared", SharedArgs(stack=stack), on), stack)


def test_each_service_has_a_repository_with_immutable_tags() -> None:
    built = common(services=(app(), worker()))
    repositories = built.of("Repository")
    assert set(repositories) == {f"shared-{name}-repository" for name in ("api", "worker", "cache")}
    assert repositories["shared-api-repository"].inputs == {
        "name": "shop/api",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfigurations": [{"encryptionType": "AES256"}],
        "forceDelete": True,
    }


def test_the_cache_may_be_overwritten_and_goes_after_a_month() -> None:
    built = common()
    assert built.of("Repository")["shared-cache-repository"].inputs["imageTagMutability"] == "MUTABLE"
    (rule,) = json.loads(built.of("LifecyclePolicy")["shared-cache-expiry"].inputs["policy"])["rules"]
    assert rule["selection"] == {
        "tagStatus": "any",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 30,
    }


def test_of_images_only_those_that_no_release_named_ever_go() -> None:
    (rule,) = json.loads(common().of("LifecyclePolicy")["shared-api-expiry"].inputs["policy"])["rules"]
    assert rule == {
        "rulePriority": 1,
        "description": "images that no release named, after 14 days",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": 14,
        },
        "action": {"type": "expire"},
    }


def test_repositories_of_releases_are_guarded() -> None:
    repositories = common(protect=True).of("Repository")
    guarded = {name: (one.protect, one.inputs["forceDelete"]) for name, one in repositories.items()}
    assert guarded == {"shared-api-repository": (True, False), "shared-cache-repository": (False, True)}


def test_an_account_that_runs_its_images_may_pull_them_and_no_more() -> None:
    built = common(pullers=("444455556666",))
    (policy,) = built.of("RepositoryPolicy").values()
    assert (policy.name, policy.inputs["repository"]) == ("shared-api-pull", "shop/api")
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Allow", {"AWS": ["arn:aws:iam::444455556666:root"]})
    assert "ecr:BatchGetImage" in statement["Action"]
    assert not [action for action in statement["Action"] if not action.startswith(_READS)]
    assert common().of("RepositoryPolicy") == {}


_READS = tuple(f"ecr:{word}" for word in ("BatchCheck", "BatchGet", "Describe", "Get", "List"))


def test_it_tells_where_images_go() -> None:
    outputs = common().outputs["shared"]
    repositories = {"api": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/api"}
    assert outputs == {"repositories": repositories, "roles": {}, "proposal": ""}


def test_a_registry_that_exists_is_left_alone() -> None:
    built = common(registry=Registry(account=ACCOUNT, prefix="acme", owned=False))
    assert built.names() == []
    assert built.outputs["shared"]["repositories"] == {}
