"""The program: a list of what exists, for whatever a stack is."""

from __future__ import annotations

import ast

from settings import Cargo
from tests.components.support import ACCOUNT, ROOT, environment, program, shared

TEXT = (ROOT / "__main__.py").read_text()


def test_it_fits_on_a_screen() -> None:
    assert len(TEXT.splitlines()) <= 60


def test_no_stack_is_known_by_name() -> None:
    texts = {
        node.value
        for node in ast.walk(ast.parse(TEXT))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not {"staging", "production"} & texts
    assert "get_stack" not in TEXT


def test_an_environment_tells_what_serves_and_where() -> None:
    built = program(environment())
    assert built.outputs["stack"] == {
        "version": "1.8.0",
        "release": "3f9c1e20",
        "serving": {"api": "arn:api"},
        "urls": {"api": "http://shop-staging-door.elb.amazonaws.com"},
        "records": f"shop-staging-releases-{ACCOUNT}",
    }


def test_the_shared_stack_tells_where_images_go() -> None:
    built = program(shared())
    host = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
    assert built.outputs["stack"] == {"repositories": {"api": f"{host}/shop/api"}, "roles": {}, "proposal": ""}


def test_what_is_taken_is_released_and_not_built() -> None:
    image = "repository@sha256:" + "c" * 64
    built = program(environment(), Cargo(version="1.7.4", commit="abc", source="staging", images={"api": image}))
    assert not built.of("Image")
    release = built.one("Release").inputs
    assert (release["version"], release["source"], release["services"][0]["image"]) == ("1.7.4", "staging", image)
