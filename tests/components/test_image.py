"""Images: built and pushed by digest, or taken."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components import Image, ImageArgs
from settings import Build, Environment, Registry
from tests.components.support import ACCOUNT, Built, app, build, environment

HOST = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
TAKEN = f"{HOST}/shop/api@sha256:" + "a" * 64


def image(taken: str | None = None, **changes: Any) -> Built:
    return made(environment(**changes), taken) if changes or taken else plain()


@cache
def plain() -> Built:
    """Build it as it ships; tests only read it."""
    return made(environment())


def made(env: Environment, taken: str | None = None) -> Built:
    return build(lambda on: Image("api", ImageArgs(env=env, app=env.services[0], taken=taken), on), env)


def test_it_is_pushed_by_content_and_stays_when_the_resource_goes() -> None:
    made = image().one("docker-build:index:Image")
    inputs = dict(made.inputs)
    (login,) = inputs.pop("registries")
    assert inputs == {
        "context": {"location": "example/backend"},
        "dockerfile": {"location": "example/backend/Dockerfile"},
        "buildArgs": {"SOURCE_DATE_EPOCH": "0"},
        "platforms": ["linux/amd64"],
        "exports": [{"raw": f"type=registry,name={HOST}/shop/api,push-by-digest=true,rewrite-timestamp=true"}],
        "cacheFrom": [{"registry": {"ref": f"{HOST}/shop/cache:api"}}],
        "cacheTo": [
            {
                "registry": {
                    "ref": f"{HOST}/shop/cache:api",
                    "mode": "max",
                    "imageManifest": True,
                    "ociMediaTypes": True,
                    "ignoreError": True,
                    "compression": "gzip",
                    "compressionLevel": 0,
                    "forceCompression": False,
                }
            }
        ],
        "push": False,
        "network": "default",
        "buildOnPreview": True,
    }
    assert (login["address"], login["username"]) == (HOST, "AWS")
    assert made.kept


def test_it_is_run_by_digest() -> None:
    built = image()
    assert built.outputs["api"]["ref"] == f"{HOST}/shop/api@sha256:{'b' * 64}"
    assert "tags" not in built.one("docker-build:index:Image").inputs


@pytest.mark.parametrize(("architecture", "platform"), [("x86_64", "linux/amd64"), ("arm64", "linux/arm64")])
def test_it_is_built_for_the_processors_that_run_it(architecture: str, platform: str) -> None:
    assert image(architecture=architecture).one("docker-build:index:Image").inputs["platforms"] == [platform]


def test_build_arguments_reach_the_recipe() -> None:
    service = app(build=Build(context="web", dockerfile="web/Dockerfile", args={"BASE_IMAGE": "python:3.11"}))
    made = image(services=(service,)).one("docker-build:index:Image")
    assert made.inputs["buildArgs"] == {"BASE_IMAGE": "python:3.11", "SOURCE_DATE_EPOCH": "0"}


def test_an_image_that_is_taken_is_not_built() -> None:
    built = image(taken=TAKEN)
    assert built.names() == []
    assert built.outputs["api"]["ref"] == TAKEN
    assert [token for token, _, _ in built.calls] == ["aws:ecr/getRepository:getRepository"]


def test_a_registry_that_exists_is_looked_up_where_it_is() -> None:
    there = Registry(account="444455556666", prefix="acme", owned=False)
    built = image(registry=there)
    assert [(token.split(":")[-1], asked) for token, asked, _ in built.calls] == [
        ("getRepository", {"name": "acme/api", "registryId": "444455556666"}),
        ("getAuthorizationToken", {"registryId": "444455556666"}),
    ]
    assert not {"cacheFrom", "cacheTo"} & built.one("docker-build:index:Image").inputs.keys()


def test_the_registrys_password_is_kept_encrypted() -> None:
    assert image().one("docker-build:index:Image").secret == {"registries"}
