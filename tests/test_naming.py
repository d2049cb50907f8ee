"""Names stay readable, within AWS's limits, and apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from naming import Kind, Names, fit, partition

NAMES = Names(project="shop", stack="staging")


def test_a_name_says_project_stack_and_what() -> None:
    assert NAMES.of(Kind.SERVICE, "api") == "shop-staging-api"
    assert NAMES.log_group("api") == "/shop/staging/api"


def test_a_repository_belongs_to_no_stack() -> None:
    assert NAMES.repository("api") == Names(project="shop", stack="production").repository("api") == "shop/api"


def test_a_long_name_is_cut_to_the_limit_of_its_kind_and_keeps_its_beginning() -> None:
    name = NAMES.of(Kind.TARGET_GROUP, "recommendations-green")
    assert name == "shop-staging-recommendati-c7aae6"
    assert len(name) == Kind.TARGET_GROUP.limit == 32


def test_a_cut_never_leaves_two_hyphens() -> None:
    assert fit("aaaaaaaaa-bbbbbbbbbbbb", 17) == "aaaaaaaaa-" + fit("aaaaaaaaa-bbbbbbbbbbbb", 17)[-6:]


@given(st.text("abc-", min_size=1, max_size=80), st.integers(10, 64))
def test_a_name_never_exceeds_its_limit(name: str, limit: int) -> None:
    assert len(fit(name, limit)) <= limit


@given(st.lists(st.text("abc", min_size=1, max_size=60), min_size=2, max_size=2, unique=True))
def test_two_names_stay_two(names: list[str]) -> None:
    assert fit(names[0], 32) != fit(names[1], 32)


@pytest.mark.parametrize(
    ("region", "expected"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_partition_follows_the_region(region: str, expected: str) -> None:
    assert partition(region) == expected
