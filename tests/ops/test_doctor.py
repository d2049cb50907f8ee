"""`./slipway doctor`: every question is asked for itself, told in a line, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from delivery.founding.bucket import StateBucket
from delivery.founding.linked import LINKED
from delivery.locks import folder_of
from ops import backend, doctor, machine
from ops.sizes import Values, size
from tests.delivery.fake_account import ACCOUNT, Account, Calls
from tests.delivery.fake_clients import AwsError, FakeClients
from tests.delivery.scene import deployed_past_us, run
from tests.ops.environment import Environment

REGION = f"account {ACCOUNT} in eu-central-1"
SERVICES = "  services: {default: {api: {port: 8000, cpu: 1024}}}\n  rollout: {default: all at once}\n"


class Hospital:
    """An environment in an account in which all is well."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.account = Account()
        aws = FakeClients(environment.aws)
        clients = self.account.clients
        clients |= {name: getattr(aws, name) for name in ("cloudwatch", "codedeploy", "ecr", "ecs")}
        listeners = getattr(aws, "elbv2").describe_listeners  # noqa: B009
        clients["elbv2"] = Calls(describe_load_balancers=self._door, describe_listeners=listeners)
        clients["ec2"] = Calls(describe_security_groups=self._groups)
        # The records are those of the environment; the bucket of the state is the account's.
        self.state, clients["s3"] = clients["s3"], getattr(aws, "s3")  # noqa: B009
        clients["cloudwatch"] = Beside(clients["cloudwatch"], Calls(get_metric_statistics={"Datapoints": []}))
        clients["service-quotas"] = Calls(get_service_quota={"Quota": {"Value": 50.0}})
        self.account.roles.names = {*LINKED.values(), "deploy"}
        clients["iam"].answers["simulate_principal_policy"] = self._simulate
        clients["sts"].answers["get_caller_identity"]["Arn"] = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
        bucket = StateBucket(self.state, "state", account=ACCOUNT, region="eu-central-1")
        bucket.make(bucket.look())
        self.denied: set[str] = set()
        self.local: list[Any] = []

    @staticmethod
    def _door(LoadBalancerArns: list[str] | None = None) -> dict[str, Any]:  # noqa: N803
        return {"LoadBalancers": [{"SecurityGroups": ["sg-door"]}]} if LoadBalancerArns else {}

    @staticmethod
    def _groups(GroupIds: list[str]) -> dict[str, Any]:  # noqa: N803
        anybody = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        return {"SecurityGroups": [{"GroupId": one, "IpPermissions": [anybody]} for one in GroupIds]}

    def _simulate(self, ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        said = [(name, "implicitDeny" if name in self.denied else "allowed") for name in ActionNames]
        return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": one} for name, one in said]}

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(doctor.doctor, list(words))

    def findings(self, *words: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.run("--json", *words).stdout)["findings"]
        return found

    def wrong(self, *words: str) -> list[dict[str, str]]:
        return [one for one in self.findings(*words) if one["level"] != "ok"]


class Beside:
    """A client, and a second one for what the first does not know."""

    def __init__(self, first: Any, second: Calls) -> None:
        self._first, self._second = first, second

    def __getattr__(self, name: str) -> Any:
        return getattr(self._second if name in self._second.answers else self._first, name)


@pytest.fixture
def hospital(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    """1.8.0 serves."""
    made = Hospital(environment)
    Path("Pulumi.yaml").write_text(f"name: shop\nbackend: {{url: 's3://state'}}\nconfig:\n{SERVICES}")
    assert run(environment.aws, environment.plan).succeeded
    environment.aws.sleep(5000)
    monkeypatch.setattr(doctor, "opener", lambda region, endpoint: made.account.open)
    monkeypatch.setattr(backend, "_s3", lambda parts, place: made.state)
    monkeypatch.setattr(machine.ThisMachine, "questions", lambda _: made.local)
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_all_is_well(hospital: Hospital) -> None:
    shown = hospital.run()
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert lines[-1] == "Nothing to mend."
    assert [line for line in lines if not line.startswith(" ")][:-1] == ["Pulumi's state", REGION, "staging"]
    assert "  ok       release      1.8.0 serves, none is under way" in lines
    assert {one["check"] for one in hospital.findings()} == {
        *("state", "credentials", "roles", "quotas", "permissions", "lock"),
        *("release", "hold", "deployments", "alarms", "parts", "drift"),
    }


def test_it_changes_nothing(hospital: Hospital) -> None:
    before, calls = dict(hospital.environment.aws.objects), len(hospital.environment.aws.calls)
    hospital.run()
    assert hospital.environment.aws.objects == before
    looks = ("get_", "list_", "describe_", "head_", "batch_get_")
    assert all(one.startswith(looks) for one in hospital.environment.aws.calls[calls:])
    for name, client in hospital.account.clients.items():
        if isinstance(client, Calls):
            assert client.changed() == [], name


def test_a_problem_is_told_with_its_fix_and_is_exit_code_1(hospital: Hospital) -> None:
    hospital.denied = {"codedeploy:CreateDeployment"}
    hospital.environment.aws.ringing["api-errors"] = "too slow"
    shown = hospital.run()
    assert shown.exit_code == 1
    lines = shown.output.splitlines()
    assert lines[-1] == "2 to mend."
    rings = next(index for index, line in enumerate(lines) if "api-errors rings: too slow" in line)
    assert lines[rings].startswith("  problem  alarms ")
    assert lines[rings + 1].strip().startswith("→ find out why")
    assert all("\n" not in one["what"] + one["fix"] for one in hospital.findings())


def test_what_was_changed_by_hand_is_found(hospital: Hospital) -> None:
    deployed_past_us(hospital.environment.aws, hospital.environment.old)
    anybody = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53}
    groups = {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [anybody]}]}
    hospital.account.clients["ec2"].answers["describe_security_groups"] = groups
    assert hospital.run().exit_code == 1
    assert [one["what"] for one in hospital.wrong() if one["check"] == "drift"] == [
        "api: api:1 serves; 1.8.0 was released",
        "api: no rule of sg-door lets users in on port 8080",
        "api: no rule of sg-door lets checks in on port 8080",
        "api: no rule of sg-1 lets the load balancer in on port 8000",
    ]


def test_a_warning_is_no_exit_code_1(hospital: Hospital) -> None:
    hospital.account.roles.names.discard("AWSServiceRoleForECS")
    shown = hospital.run()
    assert shown.exit_code == 0
    assert shown.output.endswith("Nothing to mend, 1 worth knowing.\n")


def test_what_cannot_be_asked_hides_nothing_else(hospital: Hospital) -> None:
    clients = hospital.account.clients
    denied = AwsError("AccessDeniedException", "not you", "GetServiceQuota")
    clients["service-quotas"].answers["get_service_quota"] = denied
    clients["iam"].answers["get_role"] = RuntimeError("a bug")
    clients["events"] = Calls(describe_rule=AwsError("Throttling", "slowly", "DescribeRule"))
    shown = hospital.run("--json")
    assert shown.exit_code == 0
    told = json.loads(shown.stdout)
    wrong = [one for one in told["findings"] if one["level"] == "warning"]
    assert told["warnings"] == len(wrong) == 8
    assert {one["check"] for one in wrong} == {"quotas", "roles", "permissions", "parts"}
    assert all(one["what"].startswith("could not be asked: ") and one["fix"] for one in wrong)
    assert {"release", "alarms", "hold"} <= {one["check"] for one in told["findings"] if one["level"] == "ok"}


def test_without_credentials_it_says_so_once(hospital: Hospital) -> None:
    hospital.account.clients["sts"].answers["get_caller_identity"] = AwsError("ExpiredToken", "expired", "Get")
    credentials, rest = hospital.wrong()
    assert (credentials["check"], credentials["level"], credentials["about"]) == ("credentials", "problem", REGION)
    assert rest["what"].startswith("roles, quotas, permissions, release, hold")
    assert hospital.run().exit_code == 1


def test_a_profile_that_does_not_exist_is_a_finding(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(region: str, endpoint: str | None) -> Any:
        raise RuntimeError("The config profile (x) could not be found")

    monkeypatch.setattr(doctor, "opener", fail)
    assert "The config profile (x) could not be found" in hospital.wrong()[0]["what"]


def test_credentials_of_another_account(hospital: Hospital) -> None:
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text().replace(ACCOUNT, "999988887777"))
    found = [one for one in hospital.findings() if one["check"] == "credentials"]
    assert [one["level"] for one in found] == ["problem"]
    assert f"are of account {ACCOUNT}, the settings say 999988887777" in found[0]["what"]


def test_a_lock_that_was_left(hospital: Hospital) -> None:
    Path("Pulumi.yaml").write_text(f"name: shop\nbackend: {{url: 'file://state'}}\nconfig:\n{SERVICES}")
    folder = Path("state") / folder_of("shop", "staging")
    folder.mkdir(parents=True)
    lock = {"pid": 77, "username": "ada", "hostname": "runner-3", "timestamp": "2026-01-02T03:04:05Z"}
    (folder / "a.json").write_text(json.dumps(lock))
    found = {one["check"]: one for one in hospital.wrong()}
    assert "ada@runner-3, process 77" in found["lock"]["what"]
    assert "./slipway unlock -s staging" in found["lock"]["fix"]
    assert found["state"]["what"].startswith("is kept at file://state, a folder of this machine")


def test_no_state_is_told_once(hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    Path("Pulumi.yaml").write_text(f"name: shop\nconfig:\n{SERVICES}")
    (found,) = hospital.wrong()
    assert (found["check"], found["level"]) == ("state", "problem")
    assert "pulumi login" in found["fix"]


def test_pulumis_own_state_is_well_and_shows_no_password(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "postgres://ada:hunter2@db/state")
    shown = hospital.run()
    assert "is kept at postgres://db, which looks after it" in shown.output
    assert "hunter2" not in shown.output


def test_a_file_that_cannot_be_read_hides_no_other_stack(hospital: Hospital) -> None:
    Path("Pulumi.production.yaml").write_text("config: {aws:region: eu-central-1}\n")
    found = hospital.findings()
    assert [one["what"] for one in found if one["about"] == "production"] == [
        "Pulumi.production.yaml: shop:account: must be twelve digits, got 'nothing'"
    ]
    assert any(one["about"] == "staging" and one["check"] == "release" for one in found)


def test_two_stacks_of_one_account_share_its_questions(hospital: Hospital) -> None:
    settings = Path("Pulumi.staging.yaml").read_text()
    Path("Pulumi.shared.yaml").write_text(f"{settings}  shop:kind: shared\n")
    found = hospital.findings()
    assert len([one for one in found if one["check"] == "credentials"]) == 1
    assert [one["check"] for one in found if one["about"] == "shared"] == ["lock"]
    assert {one["about"] for one in hospital.findings("-s", "shared")} == {"Pulumi's state", REGION, "shared"}


def test_settings_that_cannot_be_counted_are_told(hospital: Hospital) -> None:
    file = Path("Pulumi.staging.yaml")
    file.write_text(f"{file.read_text()}  shop:scale: {{api: many}}\n")
    (found,) = hospital.wrong()
    assert found["what"].startswith("staging is not counted: Pulumi.staging.yaml: scale.api: must be a number")


def test_a_quota_that_a_release_does_not_fit(hospital: Hospital) -> None:
    hospital.account.clients["service-quotas"].answers["get_service_quota"] = {"Quota": {"Value": 0.5}}
    (found,) = hospital.wrong()
    assert found["what"] == "Fargate vCPUs: 0.5 allowed, 0 used, 1 more needed"


def test_what_is_needed() -> None:
    project = {"name": "shop", "config": {"services": {"default": {"api": {"port": 80}, "worker": {}}}}}
    found = size(Values("staging", project, {"scale": {"api": "1-4"}, "nat": "per_zone", "rollout": "all at once"}))
    new, old = doctor.needed(found, stands=False), doctor.needed(found, stands=True)
    assert (new.vcpus, new.balancers, new.target_groups, new.addresses, new.vpcs) == (2.25, 1, 2, 2, 1)
    assert (old.vcpus, old.balancers, old.target_groups, old.addresses, old.vpcs) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("text", ["config: [a]\n", "config: {shop:account: '111122223333', aws:region: [x]}\n", "{"])
def test_a_file_that_is_wrong_in_any_way_is_a_finding(hospital: Hospital, text: str) -> None:
    Path("Pulumi.production.yaml").write_text(text)
    shown = hospital.run("--json")
    assert isinstance(shown.exception, SystemExit | None), shown.exception
    assert any(one["about"] == "production" for one in json.loads(shown.stdout)["findings"])


def test_a_folder_without_stacks(hospital: Hospital) -> None:
    Path("Pulumi.staging.yaml").unlink()
    (found,) = hospital.wrong()
    assert (found["level"], found["fix"]) == ("problem", "run this where Pulumi.yaml lies")


def test_called_wrongly(hospital: Hospital) -> None:
    shown = hospital.run("-s", "nope")
    assert shown.exit_code == 2
    assert "no file for nope; there are staging." in shown.output
    assert "Example: ./slipway doctor -s staging" in hospital.run("--help").output
