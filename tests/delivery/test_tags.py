"""Tags of images: which versions bind, and that setting one twice changes nothing."""

from __future__ import annotations

from typing import Any, cast

import pytest

from delivery.tags import Image, Tags, binding, usable
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import FakeAws, image


@pytest.mark.parametrize(
    ("version", "is_usable", "binds"),
    [
        ("1.8.0", True, True),
        ("1.8.0-rc.1", True, True),
        ("2026.01", True, True),
        ("1.8.0-3-g3f9c1e2", True, False),
        ("1.8.0-3-g3f9c1e2-0a1b2c3d", True, False),
        ("1.8.0-dirty", True, False),
        ("0.0.0-1a2b3c4d", True, False),
        ("0.0.0-g3f9c1e2", True, False),
        ("1.8.0+build", False, False),
        ("", False, False),
        ("-1", False, False),
        ("x" * 129, False, False),
    ],
)
def test_which_versions_are_tags_and_which_promise_one_content(version: str, is_usable: bool, binds: bool) -> None:
    assert (usable(version), binding(version)) == (is_usable, binds)


def test_an_image_of_ecr_is_read_and_any_other_is_not() -> None:
    assert Image.read(image("a")) == Image("111122223333", "shop/api", "sha256:" + "a" * 64)
    assert Image.read("ghcr.io/shop/api@sha256:" + "a" * 64) is None
    assert Image.read("111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/api:1.0") is None


def registry() -> tuple[FakeAws, Tags, Image, Image]:
    aws = FakeAws()
    for digit in "ab":
        aws.define(1, image(digit))
    one, two = Image.read(image("a")), Image.read(image("b"))
    assert one is not None
    assert two is not None
    return aws, Tags(cast(Any, FakeClients(aws)).ecr), one, two


def test_a_tag_is_set_once_and_again_without_harm() -> None:
    _, tags, one, _ = registry()
    assert tags.digest(one, "1.8.0") is None
    assert tags.put(one, "1.8.0")
    assert tags.put(one, "1.8.0")
    assert tags.digest(one, "1.8.0") == one.digest


def test_a_tag_that_names_it_already_is_not_set_again() -> None:
    """Who takes an image may not write to the registry it is in."""
    aws, tags, one, _ = registry()
    tags.put(one, "1.8.0")
    aws.calls.clear()
    assert tags.put(one, "1.8.0")
    assert "put_image" not in aws.calls


def test_a_tag_of_another_image_stays_there() -> None:
    _, tags, one, two = registry()
    tags.put(one, "1.8.0")
    assert not tags.put(two, "1.8.0")
    assert tags.digest(two, "1.8.0") == one.digest


def test_an_image_that_is_gone_gets_no_tag() -> None:
    aws, tags, one, _ = registry()
    aws.images.clear()
    assert not tags.exists(one)
    assert not tags.put(one, "1.8.0")
