"""Short-lived environments: made as guests of one that stays, listed, removed when their time is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from delivery.errors import DeliveryError, Refused
from ops import branches, engine, guests, place
from ops.env import env
from settings import guest as setting
from tests.delivery.fake_account import Calls

PROJECT = """name: shop
config:
  services: {default: {api: {port: 8000}, desk: {port: 8001}, ticker: {}}}
"""
STAGING = """secretsprovider: awskms://alias/shop
config:
  aws:region: eu-central-1
  shop:account: "111122223333"
  shop:nat: none
  shop:scale: {api: 3}
  shop:env: {LOG_LEVEL: debug}
  shop:rollout: all at once, bake 2m
  shop:password: {secure: AAAA}
"""
Invoke = Callable[..., Result]


class Pulumi:
    """Pulumi, as far as stacks come and go: it keeps the settings of each one's last update."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.kept: dict[str, str] = {"staging": STAGING}
        self.fails = ""
        self.balancer = Calls()

    def run(self, words: list[str], environment: Any = None, *, check: bool = True, quiet: bool = False) -> int:
        self.called.append(" ".join(words))
        stack = words[2] if words[:2] in (["stack", "init"], ["stack", "rm"]) else words[words.index("-s") + 1]
        file = Path(f"Pulumi.{stack}.yaml")
        if words[0] == self.fails:
            raise DeliveryError(f"`pulumi {words[0]}` failed (exit code 255)")
        if words[0] == "up":
            self.kept[stack] = file.read_text()
        elif words[:2] == ["stack", "init"]:
            self.kept[stack] = ""
            file.write_text(file.read_text() + "encryptedkey: KEY\n")
        elif words[:2] == ["stack", "rm"]:
            del self.kept[stack]
            file.unlink()
        elif words[:2] == ["config", "refresh"] and self.kept[stack]:
            file.write_text(self.kept[stack])
        return 0

    def ask(self, words: list[str]) -> str:
        if words[:2] == ["stack", "ls"]:
            return json.dumps([{"name": name} for name in self.kept])
        return json.dumps({"api": "http://door:9000", "desk": "http://door:9002", "ticker": ""})


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pulumi:
    made = Pulumi()
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.yaml").write_text(PROJECT)
    Path("Pulumi.staging.yaml").write_text(STAGING)
    made.balancer = Calls(
        describe_load_balancers={"LoadBalancers": [{"LoadBalancerArn": "arn:door"}]},
        describe_listeners={"Listeners": [{"Port": 80}, {"Port": 9000}, {"Port": 9001}]},
    )
    monkeypatch.setattr(place.Place, "client", lambda _, name: {"elbv2": made.balancer}[name])
    monkeypatch.setattr(branches, "_git", lambda folder, *words: None)
    monkeypatch.setattr(engine, "run", made.run)
    monkeypatch.setattr(engine, "ask", made.ask)
    return made


def written(stack: str = "pr-1") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(f"Pulumi.{stack}.yaml").read_text())
    return found


def over(stack: str) -> None:
    """Let a guest's time be over."""
    file = Path(f"Pulumi.{stack}.yaml")
    past = datetime.now(UTC) - timedelta(minutes=5)
    found = written(stack)
    found["config"]["shop:guest"]["until"] = f"{past:{guests.UNTIL}}"
    file.write_text(yaml.safe_dump(found))


def test_a_guest_has_its_host_s_settings_but_for_what_is_its_own(pulumi: Pulumi, invoke: Invoke) -> None:
    shown = invoke(env, "up", "pr-1", "--yes")
    assert shown.exit_code == 0, shown.exception
    config = written()["config"]
    until = config["shop:guest"].pop("until")
    assert config == {
        "aws:region": "eu-central-1",
        "shop:account": "111122223333",
        "shop:env": {"LOG_LEVEL": "debug"},
        "shop:rollout": "all at once, bake 2m",
        "shop:source": "build",
        "shop:protect": False,
        "shop:guest": {"of": "staging", "port": 9002, "ports": {"api": 9002, "desk": 9004}},
    }
    left = datetime.strptime(until, guests.UNTIL).replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert pulumi.called == [
        "stack init pr-1 --no-select --secrets-provider awskms://alias/shop",
        "up -s pr-1 --yes",
    ]
    assert "shop:password: encrypted for staging, not taken along" in shown.output
    assert "AAAA" not in shown.output + Path("Pulumi.pr-1.yaml").read_text()
    assert "api: http://door:9000" in shown.output
    assert "Remove it: ./slipway env down pr-1" in shown.output


def test_the_same_again_brings_it_here_and_prolongs_it(pulumi: Pulumi, invoke: Invoke) -> None:
    invoke(env, "up", "pr-1", "--for", "1h", "--yes")
    first = written()
    shown = invoke(env, "up", "pr-1", "--for", "2d", "--yes")
    second = written()
    assert first["config"]["shop:guest"].pop("until") < second["config"]["shop:guest"].pop("until")
    assert first == second
    assert second["encryptedkey"] == "KEY"
    assert pulumi.called[2:] == ["up -s pr-1 --yes"]
    assert "it is there, and is prolonged" in shown.output


def test_one_more_service_gets_ports_of_its_own_and_the_others_keep_theirs(pulumi: Pulumi, invoke: Invoke) -> None:
    invoke(env, "up", "pr-1", "--yes")
    ports = [80, 9000, 9001, 9002, 9003, 9004, 9005, 9006, 9007]  # the last two are a neighbour's
    pulumi.balancer.answers["describe_listeners"] = {"Listeners": [{"Port": port} for port in ports]}
    Path("Pulumi.yaml").write_text(PROJECT.replace("ticker: {}", "ticker: {}, cart: {port: 8002}"))
    assert invoke(env, "up", "pr-1", "--yes").exit_code == 0
    said = written()["config"]["shop:guest"]
    assert (said["port"], said["ports"]) == (9002, {"api": 9002, "cart": 9008, "desk": 9004})


def test_one_less_gives_its_ports_back(pulumi: Pulumi, invoke: Invoke) -> None:
    invoke(env, "up", "pr-1", "--yes")
    Path("Pulumi.yaml").write_text(PROJECT.replace("api: {port: 8000}, ", ""))
    assert invoke(env, "up", "pr-1", "--yes").exit_code == 0
    said = written()["config"]["shop:guest"]
    assert (said["port"], said["ports"]) == (9004, {"desk": 9004})


def test_ports_that_an_update_never_came_to_open_are_kept_free(pulumi: Pulumi, invoke: Invoke) -> None:
    pulumi.fails = "up"
    invoke(env, "up", "pr-1", "--yes")
    Path("Pulumi.yaml").write_text(PROJECT.replace("ticker: {}", "cart: {port: 8002}"))
    pulumi.fails = ""
    assert invoke(env, "up", "pr-1", "--yes").exit_code == 0
    assert written()["config"]["shop:guest"]["ports"] == {"api": 9002, "cart": 9006, "desk": 9004}


def test_nothing_is_made_before_somebody_says_so(pulumi: Pulumi, invoke: Invoke) -> None:
    assert invoke(env, "up", "pr-1", "--dry-run").exit_code == 0
    assert invoke(env, "up", "pr-1", typed="n\n").exit_code == 1
    assert (pulumi.called, Path("Pulumi.pr-1.yaml").exists()) == ([], False)


def test_an_update_that_fails_says_how_to_go_on(pulumi: Pulumi, invoke: Invoke) -> None:
    pulumi.fails = "up"
    error = invoke(env, "up", "pr-1", "--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.fix == "mend it and type the same again; or `./slipway env down pr-1`"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("up", "PR 1"), "'PR 1' can be no environment's name"),
        (("up", "pr-1", "--for", "soon"), "--for: 'soon' is no length of time"),
        (("up", "staging"), "staging is no guest: Pulumi.staging.yaml has no setting `guest`"),
        (("up", "pr-1", "--of", "nowhere"), "there is no Pulumi.nowhere.yaml in"),
        (("down", "staging"), "staging is no guest: Pulumi.staging.yaml has no setting `guest`"),
        (("down", "pr-9"), "there is no environment pr-9"),
    ],
)
def test_what_makes_no_sense_is_refused(pulumi: Pulumi, invoke: Invoke, words: tuple[str, ...], wrong: str) -> None:
    error = invoke(env, *words, "--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.message.startswith(wrong)
    assert pulumi.called == []


def test_a_guest_of_another_stays_where_it_is(pulumi: Pulumi, invoke: Invoke) -> None:
    invoke(env, "up", "pr-1", "--yes")
    Path("Pulumi.demo.yaml").write_text(STAGING)
    error = invoke(env, "up", "pr-1", "--of", "demo", "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "pr-1 is a guest of staging"


def test_it_goes_with_all_that_is_its(pulumi: Pulumi, invoke: Invoke) -> None:
    invoke(env, "up", "pr-1", "--yes")
    assert invoke(env, "down", "pr-1", typed="n\n").exit_code == 1
    shown = invoke(env, "down", "pr-1", "--yes", "--json")
    assert json.loads(shown.stdout) == {"removed": ["pr-1"]}
    assert pulumi.called[2:] == ["destroy -s pr-1 --yes", "stack rm pr-1 --yes"]
    assert (list(pulumi.kept), Path("Pulumi.pr-1.yaml").exists()) == (["staging"], False)


def test_it_goes_from_a_checkout_that_does_not_know_it(pulumi: Pulumi, invoke: Invoke) -> None:
    """As a runner does when the branch is gone: the settings are those of the last update."""
    invoke(env, "up", "pr-1", "--yes")
    Path("Pulumi.pr-1.yaml").unlink()
    assert invoke(env, "down", "pr-1", "--yes").exit_code == 0
    assert list(pulumi.kept) == ["staging"]


def test_one_that_was_never_updated_is_not_guessed_at(pulumi: Pulumi, invoke: Invoke) -> None:
    pulumi.kept["pr-1"] = ""
    error = invoke(env, "down", "pr-1", "--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.fix == "`pulumi stack rm pr-1` forgets it"


def test_they_are_listed_wherever_their_files_are(pulumi: Pulumi, invoke: Invoke) -> None:
    assert "There is none." in invoke(env, "list").output
    invoke(env, "up", "pr-2", "--for", "2d", "--yes")
    invoke(env, "up", "pr-1", "--for", "1d", "--yes")
    Path("Pulumi.pr-2.yaml").unlink()
    assert [line.split(":")[0] for line in invoke(env, "list").output.splitlines()] == ["pr-1", "pr-2"]
    assert [one["stack"] for one in json.loads(invoke(env, "list", "--json").stdout)] == ["pr-1", "pr-2"]
    assert not Path("Pulumi.pr-2.yaml").exists()


def test_those_whose_time_is_over_are_removed_and_no_others(pulumi: Pulumi, invoke: Invoke) -> None:
    for name in ("pr-1", "pr-2"):
        invoke(env, "up", name, "--yes")
    assert "The time of none is over, and the branch of none is gone." in invoke(env, "prune", "--yes").output
    over("pr-1")
    assert "Nothing was changed" in invoke(env, "prune", "--dry-run").output
    assert len(pulumi.kept) == 3
    told = json.loads(invoke(env, "prune", "--yes", "--json").stdout)
    assert ([one["stack"] for one in told["over"]], told["removed"]) == (["pr-1"], ["pr-1"])
    assert list(pulumi.kept) == ["staging", "pr-2"]


def test_one_goes_with_its_branch(pulumi: Pulumi, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[frozenset[str] | None] = [frozenset({"main", "warmer"})]
    monkeypatch.setattr(branches, "remote", lambda folder: there[0])
    monkeypatch.setattr(branches, "_git", lambda folder, *words: "warmer")
    assert "or until the branch warmer is gone" in invoke(env, "up", "pr-1", "--yes").output
    assert written("pr-1")["config"]["shop:guest"]["branch"] == "warmer"
    monkeypatch.setattr(branches, "_git", lambda folder, *words: "not-pushed")
    assert "branch" not in invoke(env, "up", "pr-2", "--yes").output
    assert "branch" not in written("pr-2")["config"]["shop:guest"]
    for remote in (there[0], None):  # it is there; nobody can say
        there[0] = remote
        assert json.loads(invoke(env, "prune", "--yes", "--json").stdout)["removed"] == []
    there[0] = frozenset({"main"})
    assert "pr-1: a guest of staging" in (listed := invoke(env, "list").output)
    assert "branch warmer is gone" in listed
    assert json.loads(invoke(env, "prune", "--yes", "--json").stdout)["removed"] == ["pr-1"]
    assert list(pulumi.kept) == ["staging", "pr-2"]


def test_a_host_without_an_entrance_has_no_guests(pulumi: Pulumi, invoke: Invoke) -> None:
    Path("Pulumi.yaml").write_text("name: shop\nconfig:\n  services: {default: {ticker: {}}}\n")
    error = invoke(env, "up", "pr-1", "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "no service of staging has a port"


def test_times_are_written_as_the_setting_wants_them() -> None:
    assert guests.UNTIL == setting.UNTIL
