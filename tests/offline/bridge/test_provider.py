from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from offline.bridge import wire
from offline.bridge.assets import Archive
from offline.bridge.cty import UNKNOWN
from offline.bridge.failures import EngineLog
from offline.bridge.outcomes import Note, ProviderError
from offline.bridge.provider import Bridge
from offline.bridge.resource import DEFAULTS, META
from tests.offline.bridge.fakes import TABLE, Context, FakeTerraform, urn

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
SERVICE = "aws:ecs/service:Service"
FUNCTION = "aws:lambda/function:Function"
SEED = b"seed"
OWN = "only the provider's own value, 'eu-central-1', is possible with this version of it"
LATER = "only a later version of the Terraform provider knows it; leave it out here"


class Log(EngineLog):
    """Warnings, kept."""

    def __init__(self) -> None:
        super().__init__(None)
        self.lines: list[str] = []

    def warn(self, urn: str, text: str) -> None:
        self.lines.append(text)


class Engine:
    """Asks a bridge as the engine does, and remembers what it would keep in its state."""

    def __init__(self, folder: Path) -> None:
        self.terraform = FakeTerraform(folder)
        self.log = Log()
        self.bridge = Bridge(TABLE, self.terraform, "7.51.1", self.log)
        self.context = Context()
        self.ask("Configure", pb.ConfigureRequest(args=wire.write({"region": "eu-central-1"})))

    def ask(self, method: str, request: Any) -> Any:
        self.context = Context()
        return getattr(self.bridge, method)(request, self.context)

    def check(self, token: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        request = pb.CheckRequest(urn=urn(token), news=wire.write(inputs), olds=wire.write(olds or {}), randomSeed=SEED)
        return self.ask("Check", request)

    def create(self, token: str, inputs: dict[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        checked = self.check(token, inputs)
        assert not checked.failures
        made = self.ask("Create", pb.CreateRequest(urn=urn(token), properties=checked.inputs, preview=preview))
        return (made.id, wire.read(made.properties)) if made else ("", {})

    def diff(
        self, token: str, id_: str, state: dict[str, Any], inputs: dict[str, Any], ignored: tuple[str, ...] = ()
    ) -> Any:
        return self.ask(
            "Diff",
            pb.DiffRequest(
                urn=urn(token), id=id_, olds=wire.write(state), news=wire.write(inputs), ignoreChanges=ignored
            ),
        )


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def test_the_provider_is_configured_in_terraforms_terms(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    given = {
        "region": "eu-central-1",
        "allowedAccountIds": '["111122223333"]',
        "endpoints": '[{"lambda": "http://x", "ec2": "http://x"}]',
        "defaultTags": '{"tags": {"a": "b"}}',
        "version": "7.51.1",
    }
    engine.ask("Configure", pb.ConfigureRequest(args=wire.write(given)))
    config = engine.terraform.config
    assert (config["allowed_account_ids"], config["default_tags"]) == (["111122223333"], [{"tags": {"a": "b"}}])
    assert (config["endpoints"][0]["lambda"], config["endpoints"][0]["sts"]) == ("http://x", None)


def test_a_provider_setting_that_there_is_not_is_refused(engine: Engine) -> None:
    checked = engine.ask("CheckConfig", pb.CheckRequest(news=wire.write({"regoin": "x"})))
    assert [(one.property, one.reason) for one in checked.failures] == [
        ("regoin", "this version of the aws provider has no such setting")
    ]


def test_a_name_is_made_up_once_and_kept(engine: Engine) -> None:
    first = wire.read(engine.check(GROUP, {}).inputs)
    assert first["name"].startswith("one-")
    assert len(first["name"]) == len("one-") + 7
    assert first[DEFAULTS] == ["name"]
    assert wire.read(engine.check(GROUP, {}, first).inputs) == first


def test_a_given_name_is_taken_as_it_is(engine: Engine) -> None:
    assert wire.read(engine.check(GROUP, {"name": "mine"}).inputs) == {"name": "mine", DEFAULTS: []}


def test_a_made_up_name_fits_the_service(engine: Engine) -> None:
    request = pb.CheckRequest(urn=urn("aws:lb/loadBalancer:LoadBalancer", "x" * 90), randomSeed=SEED)
    assert len(wire.read(engine.ask("Check", request).inputs)["name"]) == 32


@pytest.mark.parametrize(
    ("token", "inputs", "property_", "reason"),
    [
        (VPC, {"cidrBlok": "10.0.0.0/16"}, "cidrBlok", "aws_vpc has no such property"),
        (VPC, {"enableDnsSupport": "maybe"}, "enableDnsSupport", "a bool is needed, got 'maybe'"),
        (VPC, {"region": "us-east-1"}, "region", OWN),
        (SERVICE, {"sigintRollback": True}, "sigintRollback", LATER),
        (
            SERVICE,
            {"loadBalancers": [{"containerName": "a", "containerPort": 1, "advancedConfiguration": {}}]},
            "loadBalancers[0].advancedConfiguration",
            LATER,
        ),
    ],
)  # fmt: skip
def test_what_would_be_lost_is_refused(
    engine: Engine, token: str, inputs: dict[str, Any], property_: str, reason: str
) -> None:
    failures = engine.check(token, inputs).failures
    assert [(one.property, one.reason) for one in failures] == [(property_, reason)]


def test_what_does_no_harm_is_left_out_with_a_warning(engine: Engine) -> None:
    assert not engine.check(FUNCTION, {"role": "r", "useResourceTimeoutForPropagation": True}).failures
    assert engine.log.lines == ["useResourceTimeoutForPropagation is left out: it only lengthens a wait"]


def test_the_providers_own_region_may_be_repeated(engine: Engine) -> None:
    assert not engine.check(VPC, {"region": "eu-central-1"}).failures


def test_what_the_provider_says_names_the_property(engine: Engine) -> None:
    engine.terraform.says = [
        Note(True, "Invalid value: bad port", ("default_action", 0, "redirect", 0, "port")),
        Note(False, "Deprecated: use another"),
    ]
    failures = engine.check("aws:lb/listener:Listener", {}).failures
    assert [(one.property, one.reason) for one in failures] == [
        ("defaultActions[0].redirect.port", "Invalid value: bad port")
    ]
    assert engine.log.lines == ["Deprecated: use another"]


def test_a_preview_says_what_is_known_already(engine: Engine) -> None:
    id_, outputs = engine.create(VPC, {"cidrBlock": "10.0.0.0/16"}, preview=True)
    assert id_ == ""
    assert (outputs["cidrBlock"], outputs["arn"], outputs["region"]) == ("10.0.0.0/16", UNKNOWN, "eu-central-1")
    assert META not in outputs
    assert not engine.terraform.world


def test_what_was_created_shows_no_difference(engine: Engine) -> None:
    inputs = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}
    id_, state = engine.create(VPC, inputs)
    assert id_ == "aws_vpc-1"
    assert "id" not in state
    assert engine.diff(VPC, id_, state, inputs).changes == pb.DiffResponse.DIFF_NONE


def test_terraforms_state_travels_as_a_secret(engine: Engine) -> None:
    made = engine.ask("Create", pb.CreateRequest(urn=urn(VPC), properties=wire.write({"cidrBlock": "10.0.0.0/16"})))
    assert made.properties.fields[META].struct_value.fields[wire.SIGNATURE].string_value == wire.SECRET


def test_a_difference_names_its_place_and_kind(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}})
    found = engine.diff(VPC, id_, state, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "c", "d": "e"}})
    assert found.changes == pb.DiffResponse.DIFF_SOME
    assert {name: one.kind for name, one in found.detailedDiff.items()} == {
        'tags["a"]': pb.PropertyDiff.UPDATE,
        'tags["d"]': pb.PropertyDiff.ADD,
    }
    assert not found.replaces


def test_a_replacement_names_what_forces_it_and_no_more(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "default"})
    engine.terraform.replaces = [("cidr_block",), ("instance_tenancy",)]
    found = engine.diff(VPC, id_, state, {"cidrBlock": "10.1.0.0/16", "instanceTenancy": "default"})
    assert list(found.replaces) == ["cidrBlock"]
    assert found.detailedDiff["cidrBlock"].kind == pb.PropertyDiff.UPDATE_REPLACE
    assert not found.deleteBeforeReplace


@pytest.mark.parametrize(("inputs", "first"), [({"name": "fixed"}, True), ({}, False)])
def test_a_fixed_name_must_be_free_before_it_is_used_again(engine: Engine, inputs: dict[str, Any], first: bool) -> None:
    checked = wire.read(engine.check(GROUP, {**inputs, "kmsKeyId": "a"}).inputs)
    id_, state = engine.create(GROUP, checked)
    engine.terraform.replaces = [("kms_key_id",)]
    assert engine.diff(GROUP, id_, state, {**checked, "kmsKeyId": "b"}).deleteBeforeReplace is first


def test_changes_that_the_program_ignores_are_none(engine: Engine) -> None:
    inputs = {"name": "api", "cluster": "c"}
    id_, state = engine.create(SERVICE, inputs)
    engine.terraform.world[id_]["load_balancer"] = [
        {"target_group_arn": "green", "container_name": "api", "container_port": 1, "elb_name": ""}
    ]
    read = engine.ask(
        "Read", pb.ReadRequest(urn=urn(SERVICE), id=id_, properties=wire.write(state), inputs=wire.write(inputs))
    )
    refreshed = wire.read(read.properties)
    assert engine.diff(SERVICE, id_, refreshed, inputs).changes == pb.DiffResponse.DIFF_SOME
    assert engine.diff(SERVICE, id_, refreshed, inputs, ("loadBalancers",)).changes == pb.DiffResponse.DIFF_NONE


def test_a_refresh_tells_drift_in_what_the_program_said(engine: Engine) -> None:
    inputs = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}
    id_, state = engine.create(VPC, inputs)
    engine.terraform.world[id_] |= {"tags": {"a": "by hand"}, "enable_dns_hostnames": True}
    read = engine.ask(
        "Read", pb.ReadRequest(urn=urn(VPC), id=id_, properties=wire.write(state), inputs=wire.write(inputs))
    )
    assert wire.read(read.inputs) == {"cidrBlock": "10.0.0.0/16", "tags": {"a": "by hand"}}
    assert wire.read(read.properties)["enableDnsHostnames"] is True


def test_a_refresh_of_what_is_gone_says_so(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    engine.terraform.world.clear()
    assert engine.ask("Read", pb.ReadRequest(urn=urn(VPC), id=id_, properties=wire.write(state))).id == ""


def test_an_import_says_all_that_a_program_could(engine: Engine) -> None:
    id_, _ = engine.create(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}})
    read = engine.ask("Read", pb.ReadRequest(urn=urn(VPC), id=id_))
    assert wire.read(read.inputs) == {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}, DEFAULTS: []}
    assert read.id == id_


def test_an_update_keeps_the_id_and_a_preview_of_it_does_nothing(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    request = pb.UpdateRequest(
        urn=urn(VPC), id=id_, olds=wire.write(state), news=wire.write({"cidrBlock": "10.0.0.0/16", "tags": {"n": "1"}})
    )
    request.preview = True
    assert wire.read(engine.ask("Update", request).properties)["tags"] == {"n": "1"}
    assert engine.terraform.world[id_]["tags"] is None
    request.preview = False
    engine.ask("Update", request)
    assert engine.terraform.world[id_]["tags"] == {"n": "1"}


def test_a_time_limit_goes_where_terraform_looks_for_it(engine: Engine) -> None:
    inputs = wire.write({"name": "api"})
    made = engine.ask("Create", pb.CreateRequest(urn=urn(SERVICE), properties=inputs, timeout=90))
    assert engine.terraform.seen[-1]["timeouts"] == {"create": "90s", "delete": None, "update": None}
    assert "timeouts" not in wire.read(made.properties)


def test_a_deletion_removes_and_may_come_twice(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    engine.ask("Delete", pb.DeleteRequest(urn=urn(VPC), id=id_, properties=wire.write(state)))
    assert not engine.terraform.world
    engine.ask("Delete", pb.DeleteRequest(urn=urn(VPC), id=id_))
    assert engine.context.failure == ""


def test_a_creation_that_fails_half_way_is_kept_with_its_cause(engine: Engine) -> None:
    engine.terraform.fails = [Note(True, "waiting for VPC: timeout")]
    engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    assert engine.context.failure == "waiting for VPC: timeout"
    ((name, details),) = engine.context.metadata
    assert name == "grpc-status-details-bin"
    told = pb.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(told)
    assert (told.id, list(told.reasons)) == ("aws_vpc-1", ["waiting for VPC: timeout"])
    assert wire.read(told.inputs)["cidrBlock"] == "10.0.0.0/16"
    assert META in wire.read(told.properties)


def test_a_deletion_that_fails_says_why(engine: Engine) -> None:
    id_, state = engine.create(VPC, {"cidrBlock": "10.0.0.0/16"})
    engine.terraform.fails = [Note(True, "DependencyViolation: in use")]
    engine.ask("Delete", pb.DeleteRequest(urn=urn(VPC), id=id_, properties=wire.write(state)))
    assert engine.context.failure == "DependencyViolation: in use"


def test_code_is_a_file_named_by_its_content_and_shown_as_it_was_given(engine: Engine, tmp_path: Path) -> None:
    code = Archive({"hash": "abc", "path": str(tmp_path)})
    id_, state = engine.create(FUNCTION, {"role": "r", "name": "f", "code": code})
    assert engine.terraform.world[id_]["filename"] == "abc.zip"
    assert (tmp_path / "assets" / "abc.zip").exists()
    assert state["code"] == code
    # The engine sends the hash alone where it only wants to compare.
    inputs = {"role": "r", "name": "f", "code": Archive({"hash": "abc"}), DEFAULTS: []}
    assert engine.diff(FUNCTION, id_, state, inputs).changes == pb.DiffResponse.DIFF_NONE
    inputs["code"] = Archive({"hash": "def"})
    assert "code" in engine.diff(FUNCTION, id_, state, inputs).detailedDiff


def test_a_result_under_another_name_is_copied(engine: Engine) -> None:
    id_, state = engine.create(SERVICE, {"name": "api"})
    assert state["arn"] == id_


def test_a_function_looks_up_in_terraforms_terms(engine: Engine) -> None:
    engine.terraform.data = {"names": ["a", "b"], "id": "x", "zone_ids": ["1", "2"]}
    args = wire.write({"state": "available", "filters": [{"name": "n", "values": ["v"]}]})
    answer = engine.ask(
        "Invoke", pb.InvokeRequest(tok="aws:index/getAvailabilityZones:getAvailabilityZones", args=args)
    )
    found = wire.read(getattr(answer, "return"))
    assert engine.terraform.seen[-1]["filter"] == [{"name": "n", "values": ["v"]}]
    assert (found["names"], found["zoneIds"], found["id"], found["region"]) == (
        ["a", "b"],
        ["1", "2"],
        "x",
        "eu-central-1",
    )


def test_what_a_function_finds_is_copied_under_other_names(engine: Engine) -> None:
    engine.terraform.data = {"arn": "arn:of:it", "name": "shop/key", "secret_id": "shop/key", "versions": []}
    tok = "aws:secretsmanager/getSecretVersions:getSecretVersions"
    args = wire.write({"secretId": "shop/key"})
    found = wire.read(getattr(engine.ask("Invoke", pb.InvokeRequest(tok=tok, args=args)), "return"))
    assert (found["secretArn"], found["secretName"]) == ("arn:of:it", "shop/key")


def test_what_a_function_marks_sensitive_is_a_secret(engine: Engine) -> None:
    engine.terraform.data = {"password": "hunter2", "user_name": "AWS"}
    tok = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    answer = getattr(engine.ask("Invoke", pb.InvokeRequest(tok=tok)), "return")
    assert answer.fields["password"].struct_value.fields[wire.SIGNATURE].string_value == wire.SECRET


def test_a_type_that_is_not_listed_says_what_to_do(engine: Engine) -> None:
    engine.ask("Check", pb.CheckRequest(urn=urn("aws:sqs/queue:Queue")))
    assert engine.context.failure == (
        "Error: the offline bridge does not know aws:sqs/queue:Queue.\n"
        "Fix:   list it in offline/names/aws_types.py and run `python -m offline.names aws`."
    )


def test_a_fault_of_our_own_is_a_sentence_and_written_down(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(engine.terraform, "validate", broken)
    engine.check(VPC, {})
    assert engine.context.failure.startswith(
        "the offline bridge has a fault: RuntimeError: oh\nFix:   please report it"
    )
    assert "RuntimeError: oh" in engine.bridge.faults.read_text()


def test_a_cancel_stops_only_what_is_under_way(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.ask("Cancel", empty_pb2.Empty())
    assert engine.terraform.stops == 0

    def cancelled(*_: object) -> None:
        context: Any = Context()
        engine.bridge.Cancel(empty_pb2.Empty(), context)
        raise ProviderError([Note(True, "cancelled")])

    monkeypatch.setattr(engine.terraform, "validate", cancelled)
    engine.check(VPC, {})
    assert engine.terraform.stops == 1
    assert engine.context.failure == "cancelled"


def test_the_schema_tells_who_we_are(engine: Engine) -> None:
    assert json.loads(engine.ask("GetSchema", pb.GetSchemaRequest()).schema) == {"name": "aws", "version": "7.51.1"}
