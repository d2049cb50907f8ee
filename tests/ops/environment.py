"""An environment that a person steps into from a terminal, while an update runs or after it was killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import click
import pytest
from click.testing import CliRunner, Result

from delivery.aws import Clients
from delivery.ending import Outcome
from delivery.plan import ReleasePlan
from ops.place import Place
from ops.reach import Reach, assemble
from tests.delivery.beside import Beside
from tests.delivery.fake_clients import FakeClients, Killed
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import run, world


class Environment:
    """Revision 1 serves, 2 comes; the verbs reach this AWS."""

    def __init__(self) -> None:
        self.aws, self.old, self.new = world()
        self.engine: list[list[str]] = []
        """How Pulumi was called."""
        self.plan = release_plan(service_plan(self.new, image("b")))

    def reach(self, place: Place) -> Reach:
        """What the verbs act with."""
        return assemble(place, self.aws.clock, cast(Clients, FakeClients(self.aws)))

    def pulumi(self, words: list[str], *_: Any, **__: Any) -> int:
        """Pulumi, which does nothing but note how it was called."""
        self.engine.append(words)
        return 0

    @property
    def step(self) -> str:
        """What the journal says is about to be done."""
        found = [journal["step"] for journal in self.aws.documents("journal.json")]
        return str(found[0]) if found else ""

    @property
    def records(self) -> list[dict[str, Any]]:
        """What is written down."""
        return list(self.aws.documents("releases/"))

    def beside(self, when: Callable[[], bool], verb: click.Command, *words: str) -> tuple[Outcome, Result]:
        """Run an update, and a verb beside it from the moment at which `when` holds."""
        both = Beside(self.aws, lambda: self.type(verb, *words), when)
        outcome = run(self.aws, self.plan)
        return outcome, both.end()

    def killed_at(self, when: Callable[[], bool], plan: ReleasePlan | None = None) -> None:
        """Run an update that is killed at the first call at which `when` holds."""

        def kill(_: str) -> None:
            if when():
                raise Killed

        self.aws.after_call = kill
        with pytest.raises(Killed):
            run(self.aws, plan or self.plan)
        self.aws.after_call = lambda _: None

    @staticmethod
    def type(verb: click.Command, *words: str, answer: str | None = None) -> Result:
        """Type a verb, and what it asks for."""
        return CliRunner().invoke(verb, ["-s", "staging", *words], input=answer)

    def deployed(self, step: str) -> bool:
        """Whether the last deployment is at a step, and the journal too."""
        deployments = self.aws.codedeploy.deployments
        return bool(deployments) and deployments[-1].step == step

    def wishes(self) -> list[str]:
        """What was wished and is not gone."""
        return [key for key in self.aws.objects if key.startswith("control/")]


def outcome_of(result: Result) -> dict[str, Any]:
    """The outcome for programs."""
    return cast("dict[str, Any]", json.loads(result.stdout))
