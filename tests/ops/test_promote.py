"""What serves in staging, in production: what is shown, done and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from delivery.aws import Clients
from delivery.errors import DeliveryError, Refused
from delivery.hold import Hold
from delivery.records import Journal
from delivery.schema import Schema
from delivery.store import Store
from ops import engine
from ops import promote as verb
from ops.place import Place, find
from ops.promote import promote
from ops.reach import Reach, assemble
from tests.delivery.fake_clients import ACCOUNT, AwsError, FakeClients
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run
from tests.ops.conftest import Registry
from tests.ops.previews import preview, release, task

FILE = "config:\n  aws:region: eu-central-1\n"


class Both:
    """Staging, which serves 1.8.0, and production, which serves 1.7.4 and takes from it."""

    def __init__(self) -> None:
        self.aws = {"staging": FakeAws(), "production": FakeAws()}
        self.registry = Registry()
        self.called: list[list[str]] = []
        self.environment: dict[str, str] = {}
        self.exit_code = 0
        self.would: list[dict[str, Any]] = [release(image=image("b"))]
        self.release("production", 1, "a", "1.7.4")
        self.release("staging", 1, "a", "1.7.4")
        self.release("staging", 2, "b", "1.8.0")

    def release(self, stack: str, revision: int, digit: str, version: str, **changes: Any) -> None:
        aws = self.aws[stack]
        definition = aws.define(revision, image(digit))
        if "api" not in aws.services:
            aws.add_service("api", definition)
        plan = release_plan(service_plan(definition, image(digit)), version=version, environment=stack, **changes)
        run(aws, plan)

    def store(self, stack: str) -> Store:
        return Store(self.aws[stack].tools().aws.s3, "bucket")

    def reach(self, place: Place) -> Reach:
        aws = self.aws[place.stack]
        return assemble(place, aws.clock, cast(Clients, FakeClients(aws)))

    def pulumi(
        self, words: list[str], environment: dict[str, str] | None = None, *, check: bool = True, quiet: bool = False
    ) -> int:
        """An update brings what staging serves."""
        self.called.append(list(words))
        self.environment |= environment or {}
        if words[0] == "config":
            file = Path(f"Pulumi.{words[-1]}.yaml")
            file.write_text(file.read_text() + f"  shop:release: {words[3]}\n")
        elif self.exit_code == 0:
            self.release("production", 2, "b", "1.8.0", lift_hold="SLIPWAY_LIFT_HOLD" in (environment or {}))
        return self.exit_code

    def preview(self, stack: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
        """What the engine would do; the settings name the release while it is asked."""
        assert Path(f"Pulumi.{stack}.yaml").read_text().endswith("shop:release: 1.8.0\n")
        return 0, json.dumps(preview(*self.would))

    @property
    def updates(self) -> list[list[str]]:
        return [words for words in self.called if words[0] == "up"]

    def type(self, *words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(promote, ["-s", "production", *words], input=answer)


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Both:
    made = Both()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER", "bob")
    Path("Pulumi.yaml").write_text("name: shop\nconfig:\n  source: {default: build}\n")
    Path("Pulumi.staging.yaml").write_text(f'{FILE}  shop:account: "{ACCOUNT}"\n')
    Path("Pulumi.production.yaml").write_text(f'{FILE}  shop:account: "{ACCOUNT}"\n  shop:source: staging\n')
    monkeypatch.setattr(Place, "store", lambda place: made.store(place.stack))
    monkeypatch.setattr(Place, "registry", lambda _: made.registry)
    monkeypatch.setattr(verb, "reach", made.reach)
    monkeypatch.setattr(engine, "run", made.pulumi)
    monkeypatch.setattr(engine, "preview", made.preview)
    return made


def refusal(result: Result) -> DeliveryError:
    assert isinstance(result.exception, Refused), result.output
    return result.exception


def test_brings_the_very_images_of_staging(both: Both) -> None:
    before = Path("Pulumi.production.yaml").read_text()
    shown = both.type("--yes")
    assert shown.exit_code == 0, shown.exception
    assert f"api: sha256:{'a' * 12} → sha256:{'b' * 12}" in shown.output
    assert "released in staging" in shown.output
    assert "production serves 1.8.0, the very images of staging." in shown.output
    record = both.store("staging").latest(1)[0]
    assert both.called == [
        ["config", "set", "release", "1.8.0", "-s", "production"],
        ["up", "--yes", "--skip-preview", "-s", "production", "-m", f"promote 1.8.0 ({record.id}) from staging"],
    ]
    assert both.environment == {"SLIPWAY_REASON": "promoted from staging"}
    assert Path("Pulumi.production.yaml").read_text() == before, "it follows what serves"


@pytest.mark.parametrize("words", [("--version", "1.8.0"), ("--version", "v1.8.0"), ("--from", "staging")])
def test_what_is_said_and_true_changes_nothing(both: Both, words: tuple[str, ...]) -> None:
    assert both.type("--yes", *words).exit_code == 0


def test_a_second_time_there_is_nothing_to_do(both: Both) -> None:
    both.type("--yes")
    called = len(both.called)
    shown = both.type("--yes", "--json")
    assert json.loads(shown.stdout)["result"] == "nothing to do"
    assert len(both.called) == called


@pytest.mark.parametrize(
    ("code", "subject"),
    [(0, "production got 1.8.0 (before: 1.7.4)"), (255, "production did not get 1.8.0 (before: 1.7.4)")],
)
def test_the_team_is_told_how_it_ended(both: Both, monkeypatch: pytest.MonkeyPatch, code: int, subject: str) -> None:
    topic = f"arn:aws:sns:eu-central-1:{ACCOUNT}:shop"
    file = Path("Pulumi.production.yaml")
    file.write_text(f"{file.read_text()}  shop:tell: {{topic: '{topic}', issues: acme/shop}}\n")
    published: list[dict[str, str]] = []

    class Sns:
        def publish(self, **wish: str) -> None:
            published.append(wish)

    monkeypatch.setattr(Place, "client", lambda _, name: Sns())
    both.exit_code = code
    shown = both.type("--yes", "--json")
    assert (shown.exit_code == 0) == (code == 0)
    (one,) = published
    assert (one["TopicArn"], one["Subject"]) == (topic, subject)
    assert "Why: promoted from staging\n" in one["Message"]
    if code == 0:
        assert json.loads(shown.stdout)["told"] == [f"topic {topic}"]


def test_asks_and_takes_no_for_an_answer(both: Both) -> None:
    shown = both.type(answer="n\n")
    assert "Release 1.8.0 in production?" in shown.output
    assert (shown.exit_code, both.called) == (1, [])


def test_a_dry_run_changes_nothing(both: Both) -> None:
    before = Path("Pulumi.production.yaml").read_text()
    found = json.loads(both.type("--dry-run", "--json").stdout)
    assert (found["version"], found["source"], found["result"]) == ("1.8.0", "staging", "dry run")
    assert found["images"] == {"api": image("b")}
    assert both.updates == []
    assert Path("Pulumi.production.yaml").read_text() == before


def plan_of(both: Both) -> str:
    found = json.loads(both.type("--dry-run", "--json").stdout)["plan"]
    assert isinstance(found, str)
    return found


def test_a_dry_run_shows_the_plan_and_its_hash(both: Both) -> None:
    both.would += task()
    shown = both.type("--dry-run", "--keep", "kept")
    assert shown.exit_code == 0, shown.exception
    assert f"Plan {plan_of(both)} for production, 1.8.0: 1 to replace, 1 to change" in shown.output
    outcome = json.loads(Path("kept/outcome.json").read_text())
    assert (outcome["plan"], outcome["name"]) == (plan_of(both), "1.8.0")
    assert Path("kept/plan.json").is_file()
    assert Path("kept/plan.md").is_file()


def test_what_was_approved_is_released(both: Both) -> None:
    shown = both.type("--yes", "--plan", plan_of(both))
    assert shown.exit_code == 0, shown.exception
    assert len(both.updates) == 1


def test_where_the_plan_is_another_one_nothing_is_touched_and_it_asks_again(both: Both) -> None:
    assert both.type("--dry-run", "--keep", "approved").exit_code == 0
    approved = plan_of(both)
    both.would += task()
    before = Path("Pulumi.production.yaml").read_text()
    words = ("--yes", "--plan", approved, "--approved", "approved/plan.json", "--keep", "now")
    shown = both.type(*words)
    error = refusal(shown)
    assert error.message.startswith("the plan for production is ")
    assert "run the job that shows the plan once more" in error.fix
    assert "replace TaskDefinition api: was not approved" in shown.stderr
    assert both.updates == []
    assert Path("Pulumi.production.yaml").read_text() == before
    assert Path("now/again.md").read_text().startswith("### Not released")
    # The way out: the plan by now, approved.
    assert both.type("--yes", "--plan", plan_of(both)).exit_code == 0


def test_an_approval_of_nothing_releases_nothing(both: Both) -> None:
    assert "nothing to do was approved" in refusal(both.type("--yes", "--plan", "")).message


def test_where_nothing_is_left_to_do_no_plan_is_needed(both: Both) -> None:
    both.type("--yes")
    shown = both.type("--yes", "--plan", "0" * 12, "--keep", "kept", "--json")
    assert (shown.exit_code, json.loads(shown.stdout)["plan"]) == (0, "")
    assert Path("kept/plan.md").read_text() == "production serves 1.8.0 already: there is nothing to do.\n"


def test_a_preview_of_other_images_is_no_plan_of_this_release(both: Both) -> None:
    both.would = [release(image=image("c"))]
    error = both.type("--dry-run").exception
    assert isinstance(error, DeliveryError)
    assert error.message.startswith("the preview would not release the images of 1.8.0")


def test_a_name_that_means_something_else_here_is_not_used(both: Both) -> None:
    both.release("production", 3, "c", "1.8.0")
    both.release("production", 1, "a", "1.7.4")
    both.type("--yes")
    assert both.called[0][3] == both.store("staging").latest(1)[0].id


def staging(both: Both, **changes: Any) -> None:
    store = both.store("staging")
    pointer = store.pointer()
    assert pointer is not None
    store.point(replace(pointer, **changes))


def under_way(both: Both, stack: str) -> None:
    store = both.store(stack)
    record = store.latest(1)[0]
    store.note(Journal(step="bake", record=replace(record, version="1.9.0", finished="")))


def forget(both: Both) -> None:
    both.aws["staging"].objects.clear()


def breaks(both: Both) -> None:
    both.aws["staging"].ringing["api-errors"] = "40 % failed"


def holds(both: Both) -> None:
    hold = Hold(version="1.7.4", images={"api": image("a")}, who="ada", why="slow", since="2026-01-02T03:04:05Z")
    both.store("production").keep(hold)


def setting(line: str) -> Callable[[Both], None]:
    def write(_: Both) -> None:
        file = Path("Pulumi.production.yaml")
        file.write_text(f"{file.read_text()}  shop:{line}\n")

    return write


def migrates(both: Both) -> None:
    setting("schema_ahead: refuse")(both)
    store = both.store("production")
    ahead = Schema(revision="0009", known=("0001", "0009"))
    store.write(replace(store.latest(1)[0], schemas={"api": ahead}))
    there = both.store("staging")
    record = there.latest(1)[0]
    there.write(replace(record, schemas={"api": Schema(revision="0001", known=("0001",))}))


@pytest.mark.parametrize(
    ("trouble", "words", "said", "fix"),
    [
        (forget, (), "nothing serves in staging yet", "`pulumi up -s staging`"),
        (lambda both: under_way(both, "staging"), (), "1.9.0 is under way in staging", "./slipway status -s staging"),
        (lambda both: under_way(both, "production"), (), "promote: 1.9.0 is under way in production", "abort"),
        (lambda both: staging(both, versions={"api": "1.8.1"}), (), "staging serves 1.8.0 only in part", "pulumi up"),
        (lambda both: None, ("--version", "1.7.4"), "1.7.4 does not serve in staging: 1.8.0 does", "--version"),
        (lambda both: None, ("--from", "qa"), "production takes its releases from staging, not from qa", "--from"),
        (setting("source: build"), (), "production builds its own images", "pulumi config set source staging"),
        (
            lambda both: both.registry.gone.add(f"sha256:{'b' * 64}"),
            (),
            "release 1.8.0: the image of api",
            "build that",
        ),
        (breaks, (), "1.8.0 serves in staging, but not all is well: alarm api-errors rings: 40 % failed", "mend it"),
        (holds, (), "production is held at 1.7.4 by ada since 2026-01-02 03:04 UTC: slow", "promote --lift-hold"),
        (setting("gates: {freeze: [Fri - Fri]}"), (), "production is frozen until", "gates.override.freeze"),
        (migrates, (), "api: the database is at schema 0009, and 1.8.0 knows no later one than 0001", "schema_ahead"),
    ],
)
def test_refuses_with_the_reason_and_the_way_out(
    both: Both, trouble: Callable[[Both], None], words: tuple[str, ...], said: str, fix: str
) -> None:
    trouble(both)
    before = Path("Pulumi.production.yaml").read_text()
    error = refusal(both.type("--yes", *words))
    assert error.message.startswith(said)
    assert fix in error.fix
    assert both.called == []
    assert Path("Pulumi.production.yaml").read_text() == before


def test_a_person_lifts_the_hold_with_it(both: Both) -> None:
    holds(both)
    shown = both.type("--yes", "--lift-hold", "--reason", "mended in 1.8.0")
    assert shown.exit_code == 0, shown.exception
    assert "lifted with this release" in shown.output
    assert both.environment["SLIPWAY_LIFT_HOLD"] == "1"
    assert both.store("production").hold() is None


def test_only_what_serves_after_staging(both: Both) -> None:
    setting("gates: {after: staging, tagged: true}")(both)
    both.aws["production"].others["shop-staging-releases-111122223333"] = both.aws["staging"].objects
    both.aws["production"].services["api"].sets = both.aws["staging"].services["api"].sets
    both.aws["production"].services["api"].shares = both.aws["staging"].services["api"].shares
    both.aws["production"].definitions |= both.aws["staging"].definitions
    assert both.type("--dry-run").exit_code == 0


def test_health_that_cannot_be_asked_is_told_and_no_reason_to_refuse(both: Both) -> None:
    def deny(name: str) -> None:
        if name == "describe_services":
            raise AwsError("AccessDeniedException", "not yours", "DescribeServices")

    both.aws["staging"].before_call = deny
    shown = both.type("--yes")
    assert shown.exit_code == 0, shown.exception
    assert "how it is in staging could not be asked from here: DescribeServices: AccessDenied" in shown.output


def test_a_failed_update_leaves_the_settings_as_they_were(both: Both) -> None:
    before = Path("Pulumi.production.yaml").read_text()
    both.exit_code = 255
    error = both.type("--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.message == "the update failed (exit code 255); 1.8.0 does not serve; what served before still serves"
    assert Path("Pulumi.production.yaml").read_text() == before


def test_the_settings_it_needs_are_read(both: Both) -> None:
    setting('gates: {freeze: ["Sat - Sun"], override: {freeze: why}}')(both)
    place = find("production")
    assert (place.source, place.release, place.gates["override"]) == ("staging", "", {"freeze": "why"})
