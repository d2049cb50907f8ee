"""What holds for everything that exists: names, parents, providers, and URNs that only change on purpose.

The snapshots show every resource that `__main__` makes of a small and of a large environment, and of the shared stack
without and with a repository. After a change that is meant: `python -m tests.components.test_contract`, and for a name
or a place that changed, an alias in the same commit.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from components.ignored import IGNORED
from delivery.plan import Migration
from delivery.strategy import parse
from settings import Database, OwnNetwork, Scale, Secret, Webhook
from tests.components.support import (
    ROOT,
    Built,
    app,
    environment,
    place,
    program,
    repository,
    shared,
    worker,
)

SNAPSHOTS = ROOT / "tests" / "snapshots"
#: How the service of `large` migrates its database.
MIGRATION = Migration(command=("migrate", "up"), downgrade=("migrate", "down"), timeout_minutes=30, ahead="refuse")


def small() -> Built:
    """Build what ships as staging."""
    return program(environment())


def large() -> Built:
    """Build everything that there is a setting for."""
    env = environment(
        services=(
            app(scale=Scale(low=2, high=6), policies=("arn:aws:iam::aws:policy/Read",), migration=MIGRATION),
            worker(),
        ),
        network=OwnNetwork(
            cidr="10.20.0.0/16",
            public=("10.20.0.0/20", "10.20.16.0/20"),
            private=("10.20.128.0/20", "10.20.144.0/20"),
            nat="per_zone",
        ),
        strategy=parse("linear 25% every 2m, bake 5m"),
        certificate_arn="arn:aws:acm:eu-central-1:111122223333:certificate/abc",
        domain="shop.dev",
        secrets=(Secret(variable="DATABASE_URL", name="shop/db", arn=None, key=""),),
        database=Database(security_group="sg-0a1b2c3d", port=5432),
        protect=True,
    )
    return program(env)


def common() -> Built:
    """Build the shared stack."""
    return program(shared())


def delivering() -> Built:
    """Build the shared stack with a repository and everything that there is a setting for."""
    wanted = repository(
        places=(place("production", guarded=True, origin="staging"), place("staging")),
        secrets={"SLACK": "shop/{environment}/slack"},
        webhooks={"hooks": Webhook(url="https://hooks.shop.dev", events=("push",), secret="shop/webhook")},
        state="state",
    )
    return program(shared(github=wanted))


ALL = {"small": small, "large": large, "shared": common, "delivering": delivering}


@pytest.fixture(scope="module", params=ALL)
def built(request: pytest.FixtureRequest) -> Built:
    made: Built = ALL[request.param]()
    return made


def test_every_resource_has_a_parent_but_components_that_main_declares(built: Built) -> None:
    top = [one for one in built.resources if not one.parent or one.parent.endswith("::shop-staging")]
    assert all(not one.custom or one.type.startswith("pulumi:providers:") for one in top)


def test_every_child_begins_with_the_name_of_its_parent(built: Built) -> None:
    for one in built.resources:
        parent = one.parent.split("::")[-1]
        if one.parent and parent != "shop-staging":
            assert one.name.startswith(f"{parent}-"), one.urn


def test_every_resource_is_on_the_programs_own_provider(built: Built) -> None:
    for one in built.resources:
        if one.custom and not one.type.startswith("pulumi:providers:"):
            package = one.type.split(":")[0]
            assert f"::pulumi:providers:{package}::{package}::" in one.provider, one.urn


def test_every_look_up_is_on_the_programs_own_provider(built: Built) -> None:
    for token, _, provider in built.calls:
        package = token.split(":")[0]
        assert f"::pulumi:providers:{package}::{package}::" in provider, token


def test_nothing_is_left_alone_without_a_reason(built: Built) -> None:
    reasons = {name for properties in IGNORED.values() for name in properties}
    for one in built.resources:
        assert set(one.ignored) <= reasons, one.urn


def test_no_resource_is_asked_to_be_in_a_region_of_its_own(built: Built) -> None:
    """The region is the provider's."""
    for one in built.resources:
        assert one.type.startswith("pulumi:providers:") or "region" not in one.inputs, one.urn


def test_no_two_things_have_one_name(built: Built) -> None:
    urns = [one.urn for one in built.resources]
    assert len(urns) == len(set(urns))


def listed(built: Built) -> str:
    """Return the URNs, one in a line, without the stack."""
    return "".join(f"{urn}\n" for urn in sorted(one.urn.split("::", 2)[2] for one in built.resources))


@pytest.mark.parametrize("name", ALL)
def test_urns_change_on_purpose_only(name: str) -> None:
    assert listed(ALL[name]()) == (SNAPSHOTS / f"urns.{name}.txt").read_text()


def main() -> None:
    """Write the snapshots."""
    SNAPSHOTS.mkdir(exist_ok=True)
    for name, make in ALL.items():
        Path(SNAPSHOTS / f"urns.{name}.txt").write_text(listed(make()))


if __name__ == "__main__":
    main()
