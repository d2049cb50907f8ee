"""What the engine gets to hear: differences, outputs, failures that keep the resource, cancellation."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import status_pb2
from pulumi.runtime.rpc import UNKNOWN

from delivery.clock import Clock
from delivery.hold import HOLD, Hold
from delivery.now import Now
from delivery.plan import Check, Gates, Migration, ReleasePlan
from delivery.store import Store
from delivery.strategy import Strategy
from delivery.warden.warden import Clients, Warden, Watched
from plugin.provider import Provider
from plugin.resources import ReleaseArgs, ServiceRelease, on_the_wire
from plugin.wire import read_plan, to_dict, to_struct
from tests.delivery.fake_clients import ACCOUNT, AwsError, FakeClients, Killed
from tests.delivery.fake_tasks import Script, tells
from tests.delivery.fakes import BUCKET, FakeAws, image, service_plan
from tests.delivery.scene import deployed_past_us

URN = "urn:pulumi:staging::shop::slipway:aws:Release$slipway:index:Release::release"


class AbortedError(Exception):
    """What grpc raises inside a call that is aborted."""


class FakeContext:
    """A call's context: how it ended."""

    def __init__(self) -> None:
        self.message = ""
        self.metadata: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata.update(metadata)

    def abort(self, code: Any, message: str) -> None:
        self.message = message
        raise AbortedError(message)


class World:
    """An environment in which revision 1 serves and 2 is registered, and a provider that acts in it."""

    def __init__(self) -> None:
        self.aws = FakeAws()
        self.old, self.new = self.aws.define(1, image("a")), self.aws.define(2, image("b"))
        self.aws.add_service("api", self.old)
        self.context = FakeContext()
        self.provider = Provider(
            connect=self._connect, clock=lambda: Clock(self.aws.sleep, lambda: self.aws.now), web=self.aws
        )
        self.provider.Configure(
            proto.ConfigureRequest(args=to_struct({"region": "eu-central-1", "account": ACCOUNT})), self.call
        )

    def _connect(self, place: Any, clock: Any) -> FakeClients:
        self.aws.clock = clock
        return FakeClients(self.aws)

    @property
    def call(self) -> Any:
        return self.context

    def inputs(self, definition: str, digit: str, version: str = "1.8.0", **changes: Any) -> dict[str, Any]:
        plan = service_plan(definition, image(digit), **changes)
        names = ("name", "cluster", "service", "container", "port", "application", "deployment_group")
        more = (
            "migration",
            "deployment_config",
            "listener",
            "test_listener",
            "load_balancer",
            "scalable",
            "checks",
            "alarms",
        )
        given = {name: getattr(plan, name) for name in (*names, *more, "target_groups", "subnets", "security_groups")}
        release = ReleaseArgs(
            environment="staging",
            records_bucket=BUCKET,
            version=version,
            strategy=Strategy(kind="canary", percent=10, interval_minutes=5, bake_minutes=10),
            services=[ServiceRelease(**given, task_definition=definition, image=image(digit), assign_public_ip=True)],
            checker_function="checker",
            checks_budget_seconds=120,
            waive={"api-latency": "a slow month"},
        )
        return to_dict(to_struct(on_the_wire(release)))

    def diff(self, olds: dict[str, Any], news: dict[str, Any]) -> proto.DiffResponse:
        request = proto.DiffRequest(urn=URN, olds=to_struct(olds), news=to_struct(news))
        return self.provider.Diff(request, self.call)

    def create(self, news: dict[str, Any], *, preview: bool = False) -> dict[str, Any]:
        request = proto.CreateRequest(urn=URN, properties=to_struct(news), preview=preview)
        return to_dict(self.provider.Create(request, self.call).properties)

    def update(self, news: dict[str, Any], *, preview: bool = False) -> dict[str, Any]:
        request = proto.UpdateRequest(urn=URN, id="staging", news=to_struct(news), preview=preview)
        return to_dict(self.provider.Update(request, self.call).properties)


@pytest.fixture
def world() -> World:
    return World()


SOME, NONE = proto.DiffResponse.DIFF_SOME, proto.DiffResponse.DIFF_NONE


def test_inputs_survive_the_wire(world: World) -> None:
    plan = read_plan(world.inputs(world.new, "b"), ACCOUNT)
    assert isinstance(plan, ReleasePlan)
    assert plan.strategy.describe() == "canary 10% 5m, bake 10m"
    assert plan.services[0].checks == (Check("/api/health"),)
    assert plan.services[0].target_groups == service_plan(world.new, image("b")).target_groups
    assert (plan.services[0].port, plan.account) == (8000, ACCOUNT)
    assert (plan.checks_budget_seconds, plan.waive) == (120, {"api-latency": "a slow month"})


def test_how_a_release_runs_survives_the_wire(world: World) -> None:
    inputs = world.inputs(world.new, "b")
    inputs["services"][0]["declared"] = "f1"
    plan = read_plan({**inputs, "secrets": {"DB": "arn:of:v1"}, "asked": "1.7.4"})
    assert (plan.secrets, plan.asked, plan.services[0].declared) == ({"DB": "arn:of:v1"}, "1.7.4", "f1")


def test_a_migration_survives_the_wire(world: World) -> None:
    how = Migration(command=("up",), downgrade=("down", "to"), timeout_minutes=30, ahead="refuse")
    assert read_plan(world.inputs(world.new, "b", migration=how)).services[0].migration == how
    assert read_plan(world.inputs(world.new, "b")).services[0].migration is None


@pytest.mark.parametrize(("wish", "commands"), [("1", [["up"], ["up"], ["down", "0001"]]), ("", [["up"], ["up"]])])
def test_the_wish_to_undo_the_schema_reaches_the_release(
    world: World, monkeypatch: pytest.MonkeyPatch, wish: str, commands: list[list[str]]
) -> None:
    how = Migration(command=("up",), downgrade=("down",))
    world.aws.tasks.scripts = [Script([tells("0001", "0001")]), Script(), Script([tells("0001", "0001", "0002")])]
    world.create(world.inputs(world.old, "a", "1.7.4", migration=how))
    world.update(world.inputs(world.new, "b", migration=how))
    monkeypatch.setenv("SLIPWAY_DOWNGRADE", wish)
    back = {**world.inputs(world.old, "a", "1.7.4", migration=how), "source": "pin"}
    assert world.update(back)["result"] == "succeeded"
    assert world.aws.tasks.commands == commands


def test_the_first_release_gives_outputs(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))
    assert outputs["result"] == "succeeded"
    assert outputs["version"] == "1.7.4"
    assert outputs["serving"] == {"api": world.old}
    assert outputs["recordKey"] in world.aws.objects


def test_nothing_differs_after_a_release_and_after_a_refresh(world: World) -> None:
    news = world.inputs(world.old, "a")
    outputs = world.create(news)
    read = world.provider.Read(proto.ReadRequest(id="staging", urn=URN, properties=to_struct(outputs)), world.call)
    assert to_dict(read.properties) == outputs
    found = world.diff(to_dict(read.properties), news)
    assert (found.changes, found.hasDetailedDiff, len(found.detailedDiff)) == (NONE, True, 0)


def test_another_version_of_the_same_content_rolls_nothing(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))
    assert world.diff(outputs, world.inputs(world.old, "a", "1.7.5")).changes == NONE


def test_a_listener_that_was_made_anew_is_written_down_and_moves_nothing(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))
    news = world.inputs(world.old, "a", "1.7.4", test_listener="listener/test2/api")
    assert world.diff(outputs, news).changes == SOME
    assert world.provider._said[URN] == "1.7.4: api: delivered another way, nothing moves"
    assert world.provider._warnings[URN] == ""
    again = world.update(news)
    assert again["releaseId"] == outputs["releaseId"], "it is no release"
    assert [one["test_listener"] for one in ground(world)] == ["listener/test2/api"]
    assert world.aws.codedeploy.deployments == []
    assert world.diff(again, news).changes == NONE


def test_what_cannot_be_read_of_how_services_are_delivered_is_written_anew(world: World) -> None:
    news = world.inputs(world.old, "a", "1.7.4")
    outputs = world.create(news)
    world.aws.objects["services.json"] = b"{"
    assert world.diff(outputs, news).changes == SOME
    assert world.provider._said[URN].endswith("; it is written anew, nothing moves")
    assert world.diff(world.update(news), news).changes == NONE


def ground(world: World) -> list[dict[str, Any]]:
    """What is written down of how services are delivered."""
    found: list[dict[str, Any]] = json.loads(world.aws.objects["services.json"])["services"]
    return found


def test_a_new_task_definition_with_the_same_content_rolls_nothing(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a"))
    assert world.diff(outputs, world.inputs(world.aws.define(3, image("a")), "a")).changes == NONE


def test_a_preview_tells_the_versions_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.note", lambda self, line: told.append(line))
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))
    told.clear()
    news = world.inputs(UNKNOWN, "b", "1.8.0")
    assert world.diff(outputs, news).changes == SOME
    assert world.update(news, preview=True)["version"] == "1.8.0"
    assert told == ["1.7.4 → 1.8.0"]
    assert world.aws.codedeploy.deployments == []


def test_codedeploy_that_went_back_on_its_own_is_seen(world: World) -> None:
    world.create(world.inputs(world.old, "a", "1.7.4"))
    news = world.inputs(world.new, "b")
    outputs = world.update(news)
    world.aws.codedeploy.stop_deployment("d-1", autoRollbackEnabled=True)
    world.aws.sleep(30)
    world.aws.sleep(30)
    assert world.diff(outputs, news).changes == SOME
    assert world.provider._said[URN] == "1.8.0 again: api: api:1 serves"


def taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """1.8.0 succeeded and was taken back in its warm window; its outputs, and what is told from now on."""
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.note", lambda self, line: told.append(line))
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(f"warning: {line}"))
    world.create(world.inputs(world.old, "a", "1.7.4"))
    outputs = world.update(world.inputs(world.new, "b"))
    world.aws.ringing["api-errors"] = "12 % failed"
    for _ in range(6):
        world.aws.sleep(20)
    clock = Clock(world.aws.sleep, lambda: world.aws.now)
    world.aws.clock = clock
    watched = Watched(name="api", application="api", cluster="shop-staging", service="api", scalable=True)
    Warden(cast(Clients, FakeClients(world.aws)), clock, BUCKET, (watched,)).hear("api", "d-2")
    told.clear()
    return outputs, told


def test_a_preview_says_what_codedeploy_took_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, told = taken_back(world, monkeypatch)
    news = world.inputs(world.new, "b")
    assert world.diff(outputs, news).changes == SOME
    world.update(news, preview=True)
    warning, words = told
    assert re.fullmatch(
        r"warning: 1\.8\.0 was taken back by CodeDeploy at 2027-01-15 \d\d:\d\d UTC: api: alarm api-errors rang; "
        r"1\.7\.4 serves\. This update would release 1\.8\.0 again",
        warning,
    )
    assert words == "1.8.0 again: api: api:1 serves"


def test_a_preview_of_another_release_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, told = taken_back(world, monkeypatch)
    news = world.inputs(UNKNOWN, "c", "1.8.1")
    world.diff(outputs, news)
    world.update(news, preview=True)
    assert told[0].endswith("1.7.4 serves. This update would release 1.8.1")


def test_where_the_release_that_serves_again_is_wanted_nothing_has_to_be_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, told = taken_back(world, monkeypatch)
    news = world.inputs(world.old, "a", "1.7.4")
    assert world.diff(outputs, news).changes == NONE
    world.update(news, preview=True)
    assert told == []


@pytest.mark.parametrize("definition", ["known", UNKNOWN])
def test_a_preview_says_that_something_else_serves_than_was_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch, definition: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.note", lambda self, line: told.append(line))
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(f"warning: {line}"))
    world.create(world.inputs(world.old, "a", "1.7.4"))
    outputs = world.update(world.inputs(world.new, "b"))
    told.clear()
    deployed_past_us(world.aws, world.aws.define(5, image("a"), cpu=1))
    news = world.inputs(UNKNOWN if definition == UNKNOWN else world.aws.define(6, image("c")), "c", "1.9.0")
    assert world.diff(outputs, news).changes == SOME
    world.update(news, preview=True)
    assert told == [
        f"warning: not 1.8.0 served, as was written down, but api: api:5 ({image('a')}), the images of 1.7.4: "
        "somebody deployed past Slipway, or CodeDeploy went back. This update would release 1.9.0",
        "1.7.4 by hand → 1.9.0",
    ]


def by_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """1.8.0 was released, and a person went back to 1.7.4 at once; the outputs, and what is told from now on."""
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.note", lambda self, line: told.append(line))
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(f"warning: {line}"))
    world.create(world.inputs(world.old, "a", "1.7.4"))
    outputs = world.update(world.inputs(world.new, "b"))
    tools = world.aws.tools()
    store = Store(tools.aws.s3, BUCKET)
    ground = store.ground()
    assert ground is not None
    world.aws.clock = tools.clock
    Now("staging", store, tools, ground).run(store.resolve("1.7.4"), "payments fail", "bob")
    told.clear()
    return outputs, told


BY_HAND = r"warning: staging was taken back by hand to 1\.7\.4 at 2027-01-15 \d\d:\d\d UTC by bob: payments fail\. "


def test_where_images_are_built_a_preview_says_who_went_back_and_the_update_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, told = by_hand(world, monkeypatch)
    news = world.inputs(world.new, "b")
    assert world.diff(outputs, news).changes == SOME
    world.update(news, preview=True)
    warning, refused = told[0].splitlines()
    assert re.fullmatch(
        BY_HAND + r"This update would release 1\.8\.0\. To go forward again: "
        r"`\./slipway hold -s staging --lift --reason …`, then `pulumi up -s staging`",
        warning,
    )
    assert refused.startswith("This update would be refused: staging is held at 1.7.4 by bob since ")
    assert "`./slipway hold -s staging --lift --reason …` lifts it" in refused
    with pytest.raises(AbortedError, match=r"1\.8\.0 refused: staging is held at 1\.7\.4 by bob since .*payments fail"):
        world.update(news)


def test_a_setting_that_was_gone_back_from_at_once_does_not_come_with_the_next_update(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(line))
    world.create(world.inputs(world.old, "a", "1.7.4"))
    dressed = {**world.inputs(world.aws.define(3, image("a"), cpu=512), "a", "1.7.4"), "source": "qa"}
    outputs = world.update(dressed)
    tools = world.aws.tools()
    store = Store(tools.aws.s3, BUCKET)
    ground = store.ground()
    assert ground is not None
    world.aws.clock = tools.clock
    Now("staging", store, tools, ground).run(store.latest()[1], "too early", "bob")
    told.clear()
    assert world.diff(outputs, dressed).changes == SOME
    world.update(dressed, preview=True)
    by_hand, refused = told[0].splitlines()
    assert by_hand.startswith("staging was taken back by hand to 1.7.4 at ")
    assert "by bob: too early. This update would release 1.7.4." in by_hand
    assert refused.startswith("This update would be refused: staging is held at 1.7.4 by bob since ")
    with pytest.raises(AbortedError, match=r"1\.7\.4 refused: staging is held at 1\.7\.4 by bob since .*too early"):
        world.update(dressed)


@pytest.mark.parametrize("definition", ["known", UNKNOWN])
def test_where_releases_are_taken_the_update_takes_into_the_state_what_serves(
    world: World, monkeypatch: pytest.MonkeyPatch, definition: str
) -> None:
    outputs, told = by_hand(world, monkeypatch)
    again = world.aws.define(3, image("a"))
    news = {**world.inputs(definition if definition == UNKNOWN else again, "a", "1.7.4"), "source": "qa"}
    assert world.diff(outputs, news).changes == SOME
    world.update(news, preview=True)
    warning, words = told
    assert re.fullmatch(
        BY_HAND + r"This update takes that into the state\. To go forward again: "
        r"`\./slipway hold -s staging --lift --reason …`, then `\./slipway promote -s staging`",
        warning,
    )
    assert words == "1.7.4 serves already: taken into the state; only other settings move traffic"
    deployments = len(world.aws.codedeploy.deployments)
    news = {**world.inputs(again, "a", "1.7.4"), "source": "qa"}
    adopted = world.update(news)
    assert (adopted["result"], adopted["version"]) == ("succeeded", "1.7.4")
    assert len(world.aws.codedeploy.deployments) == deployments
    assert world.diff(adopted, news).changes == NONE


GATES = Gates(freeze=("Fri - Fri",), tagged=True, after="qa", after_bucket="qa", override={"tagged": "a demo"})


def test_gates_survive_the_wire(world: World) -> None:
    wire = on_the_wire(GATES)
    assert read_plan({**world.inputs(world.new, "b"), "gates": to_dict(to_struct(wire))}).gates == GATES
    assert read_plan(world.inputs(world.new, "b")).gates == Gates()


def gated(news: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**news, "gates": to_dict(to_struct(on_the_wire(Gates(**changes))))}


def test_a_preview_says_what_would_be_refused_and_what_would_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.note", lambda self, line: None)
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(line))
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))

    def preview(news: dict[str, Any]) -> list[str]:
        told.clear()
        world.diff(outputs, news)
        world.update(news, preview=True)
        return told

    window = "staging is frozen until 2027-01-16 00:00 UTC: `Fri - Fri`"
    (said,) = preview(gated(world.inputs(UNKNOWN, "b"), freeze=["Fri - Fri"]))
    assert said.startswith(f"This update would be refused: {window}. Fix: wait until then; to release all the same: ")
    (said,) = preview(gated(world.inputs(world.new, "b"), freeze=["Fri - Fri"], override={"freeze": "a demo"}))
    assert said == f"This update would go on all the same: gate freeze is overridden (a demo): {window}"
    assert preview(gated(world.inputs(world.new, "b"), freeze=["Sat - Sun"], tagged=True)) == []
    world.update(world.inputs(world.new, "b"))
    (said,) = preview({**gated(world.inputs(world.old, "a", "1.7.4"), freeze=["Fri - Fri"]), "source": "pin"})
    assert said == f"This update would go on all the same: gate freeze: {window}; 1.7.4 once served here"


def test_the_preview_of_a_first_release_says_it_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("plugin.progress.Row.warn", lambda self, line: told.append(line))
    world.create(gated(world.inputs(UNKNOWN, "b", "main"), tagged=True), preview=True)
    assert told[0].startswith("This update would be refused: main is no semantic version, such as 1.8.0. Fix: tag")
    told.clear()
    world.create(world.inputs(UNKNOWN, "b", "main"), preview=True)
    assert told == []


@pytest.mark.parametrize("wish", ["1", ""])
def test_the_wish_to_lift_a_hold_reaches_the_release(world: World, monkeypatch: pytest.MonkeyPatch, wish: str) -> None:
    world.create(world.inputs(world.old, "a", "1.7.4"))
    hold = Hold(version="1.7.4", images={"api": image("a")}, who="ada", why="slow", since="2026-01-02T03:04:05Z")
    world.aws.objects[HOLD] = hold.to_json().encode()
    monkeypatch.setenv("SLIPWAY_LIFT_HOLD", wish)
    if wish:
        assert world.update(world.inputs(world.new, "b"))["result"] == "succeeded"
    else:
        with pytest.raises(AbortedError, match="staging is held at"):
            world.update(world.inputs(world.new, "b"))
    assert Hold.from_json(world.aws.objects[HOLD], HOLD).active == (not wish)


def test_another_network_rolls(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a"))
    assert world.diff(outputs, world.inputs(world.old, "a", subnets=("subnet-2",))).changes == SOME


def test_an_interrupted_release_differs_although_its_target_serves(world: World) -> None:
    news = world.inputs(world.old, "a")
    outputs = world.create(news)
    record = world.aws.objects[outputs["recordKey"]].decode()
    journal = f'{{"schema": 1, "step": "bake", "held": [], "record": {record}}}'
    world.aws.objects["journal.json"] = journal.encode()
    assert world.diff(outputs, news).changes == SOME
    assert world.provider._said[URN] == "1.8.0: goes on where the update was interrupted (bake)"


def test_a_failed_release_keeps_the_resource_and_says_why(world: World) -> None:
    world.create(world.inputs(world.old, "a", "1.7.4"))
    world.aws.answer = lambda definition, request: {"status": 500 if definition == world.new else 200}
    with pytest.raises(AbortedError):
        world.update(world.inputs(world.new, "b"))
    status = status_pb2.Status.FromString(world.context.metadata["grpc-status-details-bin"])
    detail = proto.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "staging"
    assert to_dict(detail.inputs) == world.inputs(world.new, "b")
    assert to_dict(detail.properties)["result"] == "refused"
    assert to_dict(detail.properties)["version"] == "1.7.4"
    assert to_dict(detail.properties)["serving"] == {"api": world.old}
    (reason,) = detail.reasons
    assert reason.startswith("1.8.0 refused: api: GET /api/health on port 8080: answered 500, expected 200")
    assert "\nFix: mend what answers so" in reason
    record = to_dict(detail.properties)["releaseId"]
    assert reason.endswith(f"\nRecord: ./slipway history -s staging --of {record}")


def test_the_record_names_the_update_that_ran_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_CI_BUILD_URL", "https://ci.acme.dev/7")
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))
    update = json.loads(world.aws.objects[outputs["recordKey"]])["update"]
    assert (update["project"], update["stack"], update["run"]) == ("shop", "staging", "https://ci.acme.dev/7")


def test_an_error_of_aws_is_told_with_its_usual_cause(world: World) -> None:
    def refuse(name: str) -> None:
        if name == "describe_services":
            raise AwsError("AccessDeniedException", "not authorized", "DescribeServices")

    world.aws.before_call = refuse
    with pytest.raises(AbortedError):
        world.diff({}, world.inputs(world.old, "a"))
    assert world.context.message == (
        "DescribeServices: AccessDeniedException: not authorized\n"
        "Fix: the identity that runs this needs the permission for DescribeServices; the role is in components/"
    )


def test_cancel_stops_the_deployment_inside_the_call(world: World) -> None:
    def cancel(name: str) -> None:
        deployments = world.aws.codedeploy.deployments
        if deployments and deployments[0].percent == 10 and deployments[0].status == "InProgress":
            world.provider.Cancel(empty_pb2.Empty(), world.call)
            assert deployments[0].status == "Stopped"

    world.aws.after_call = cancel
    with pytest.raises(AbortedError, match=r"1\.8\.0 cancelled: the update was cancelled"):
        world.update(world.inputs(world.new, "b"))


def test_delete_ends_the_warm_time_so_that_the_service_can_go(world: World) -> None:
    outputs = world.update(world.inputs(world.new, "b"))
    request = proto.DeleteRequest(id="staging", urn=URN, properties=to_struct(outputs))
    world.provider.Delete(request, world.call)
    assert world.aws.codedeploy.deployments[0].status == "Succeeded"


def test_delete_stops_what_an_interrupted_release_left_and_frees_what_it_held(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a", "1.7.4"))

    def kill(name: str) -> None:
        if world.aws.codedeploy.deployments and world.aws.codedeploy.deployments[0].percent == 10:
            raise Killed

    world.aws.after_call = kill
    with pytest.raises(Killed):
        world.update(world.inputs(world.new, "b"))
    world.aws.after_call = lambda name: None
    request = proto.DeleteRequest(id="staging", urn=URN, properties=to_struct(outputs))
    world.provider.Delete(request, world.call)
    assert world.aws.held == set()
    assert {one.status for one in world.aws.codedeploy.deployments} == {"Stopped", "Succeeded"}
    assert "journal.json" not in world.aws.objects


def test_delete_of_what_is_gone_is_done(world: World) -> None:
    outputs = world.create(world.inputs(world.old, "a"))
    world.aws.services.clear()
    world.aws.objects.clear()
    world.provider.Delete(proto.DeleteRequest(id="x", urn=URN, properties=to_struct(outputs)), world.call)
    assert "delete_object" not in world.aws.calls[-3:]
