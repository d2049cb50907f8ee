"""Where a guest finds room at its host's load balancer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.errors import DeliveryError
from delivery.guests import FIRST_PORT, MOST_LISTENERS, room, taken
from tests.delivery.fake_account import Calls
from tests.delivery.fake_clients import AwsError


@given(st.sets(st.integers(FIRST_PORT - 5, FIRST_PORT + 60), max_size=40), st.integers(1, 10))
def test_it_gets_ports_in_a_row_that_nobody_has(ports: set[int], wanted: int) -> None:
    first = room(ports, wanted)
    assert first >= FIRST_PORT
    assert first % 2 == 0
    assert not ports & set(range(first, first + wanted))


@given(st.sets(st.integers(FIRST_PORT, FIRST_PORT + 60), max_size=40), st.integers(1, 4))
def test_and_none_before_would_do(ports: set[int], wanted: int) -> None:
    for earlier in range(FIRST_PORT, room(ports, 2 * wanted), 2):
        assert ports & set(range(earlier, earlier + 2 * wanted))


def test_aws_takes_fifty_listeners() -> None:
    assert room(range(MOST_LISTENERS - 2), 2) == FIRST_PORT
    with pytest.raises(DeliveryError, match="49 listeners; 2 more would be above AWS's 50"):
        room(range(MOST_LISTENERS - 1), 2)


def test_the_ports_of_its_host() -> None:
    client = Calls(
        describe_load_balancers={"LoadBalancers": [{"LoadBalancerArn": "arn:door"}]},
        describe_listeners={"Listeners": [{"Port": 80}, {"Port": 8080}]},
    )
    assert taken(client, "shop-staging-door") == {80, 8080}  # type: ignore[arg-type]
    assert client.asked("describe_load_balancers") == [{"Names": ["shop-staging-door"]}]


def test_a_host_that_does_not_stand() -> None:
    client = Calls(describe_load_balancers=AwsError("LoadBalancerNotFound"))
    with pytest.raises(DeliveryError, match="there is no load balancer shop-staging-door") as told:
        taken(client, "shop-staging-door")  # type: ignore[arg-type]
    assert "run its update first" in told.value.fix
