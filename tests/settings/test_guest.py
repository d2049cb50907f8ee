"""Reading whose guest a short-lived environment is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from naming import Names
from settings import Environment, Guest, HostNetwork, SettingsError
from settings.reading import read
from tests.settings.support import STAGING, source

WEB = {"build": "example/backend", "port": 8000}
GUEST = {"aws:region": "eu-central-1", "shop:account": "111122223333", "shop:protect": False, "shop:session": "2h"}
SAID = {"of": "staging", "port": 9010, "until": "2026-12-01T00:00Z"}


def guest(root: Path, said: Any = SAID, services: Any = None, **more: Any) -> Environment:
    given = {**GUEST, "shop:guest": said, **{f"shop:{key}": value for key, value in more.items()}}
    found = read(source(root, given, stack="pr-1", services=services))
    assert isinstance(found, Environment)
    return found


def problems(root: Path, said: Any = SAID, **more: Any) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        guest(root, said, **more)
    return [str(problem) for problem in raised.value.problems]


def test_it_stands_where_its_host_stands(tmp_path: Path) -> None:
    found = guest(tmp_path)
    assert found.guest == Guest(host=Names(project="shop", stack="staging"), port=9010, until="2026-12-01T00:00Z")
    assert found.network == HostNetwork(load_balancer="shop-staging-door")


def test_each_service_with_a_port_gets_two_of_the_load_balancer_s(tmp_path: Path) -> None:
    ticker = {"build": "example/backend"}
    api = WEB | {"listener": 81, "test_listener": 8081}
    found = guest(tmp_path, services={"web": WEB, "ticker": ticker, "api": api})
    doors = {app.name: app.door for app in found.services}
    assert doors["ticker"] is None
    assert [(door.listener, door.test_listener) for _, door in sorted(doors.items()) if door] == [
        (9010, 9011),
        (9012, 9013),
    ]
    (web,) = (app for app in found.services if app.name == "web")
    assert found.url(web, "door.aws") == "http://door.aws:9012"


def three() -> dict[str, Any]:
    """Services with ports of their own, as their host needs them."""
    return {
        name: {**WEB, "listener": 81 + place, "test_listener": 8081 + place}
        for place, name in enumerate(("web", "api", "zoo"))
    }


def test_a_service_keeps_the_port_that_it_was_given(tmp_path: Path) -> None:
    said = {**SAID, "ports": {"web": 9010, "api": 9020}}
    found = guest(tmp_path, said, services=three())
    doors = {app.name: (app.door.listener, app.door.test_listener) for app in found.services if app.door}
    assert doors == {"api": (9020, 9021), "web": (9010, 9011), "zoo": (9014, 9015)}


def test_two_services_cannot_have_one_port(tmp_path: Path) -> None:
    said = {**SAID, "ports": {"web": 9010, "api": 9011}}
    with pytest.raises(SettingsError) as raised:
        guest(tmp_path, said, services=three())
    (found,) = raised.value.problems
    assert "guest: must have each port once, got 9011; `./slipway env up` chooses them" in str(found)


def test_no_environment_is_one_unasked(tmp_path: Path) -> None:
    found = read(source(tmp_path, STAGING))
    assert isinstance(found, Environment)
    assert found.guest is None


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (
            {**SAID, "of": "nowhere"},
            "guest.of: must be the name of a stack that has a file Pulumi.nowhere.yaml, got nowhere",
        ),
        ({**SAID, "of": "pr-1"}, "guest.of: must not name its own stack, got pr-1"),
        ({**SAID, "of": "shared"}, "guest.of: must name a stack of kind environment, got shared"),
        (
            {**SAID, "of": "production"},
            "guest.of: must name a stack in this account and region, got production; "
            "production is in 444455556666, eu-central-1",
        ),
        ({**SAID, "port": 80}, "guest.port: must be a whole number from 1024 to 65000, got 80"),
        (
            {**SAID, "ports": {"api": "many"}},
            "guest.ports.api: must be a whole number from 1024 to 65000, got many",
        ),
        (
            {**SAID, "until": "tomorrow"},
            "guest.until: must be a time in UTC, got tomorrow; such as 2026-12-01T00:00Z",
        ),
        (
            {"of": "staging"},
            "guest.until: must be a time in UTC, got nothing; such as 2026-12-01T00:00Z",
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, said: Any, wrong: str) -> None:
    (found,) = problems(tmp_path, said)
    assert wrong in found


def test_it_has_no_network_and_nothing_to_keep(tmp_path: Path) -> None:
    found = " ".join(problems(tmp_path, nat="none", protect=True, domain="pr.shop.dev"))
    assert "nat: has no effect where guest is set; remove it" in found
    assert "domain: has no effect where guest is set; remove it" in found
    assert "protect: must be false where guest is set, got true; a guest goes, with all that it holds" in found
