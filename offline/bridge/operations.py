"""What can be done with a resource: Terraform's plan, apply, read and import, in order for each of Pulumi's verbs."""

from __future__ import annotations

from collections.abc import Iterable

from offline.bridge import cty, plan, wire
from offline.bridge.failures import PartialError
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.outcomes import Applied, Note, Planned, ProviderError
from offline.bridge.resource import ResourceType, Stored


class Operations:
    """The verbs, on one configured provider."""

    def __init__(self, terraform: TerraformProvider) -> None:
        self._terraform = terraform

    def planned(
        self,
        type_: ResourceType,
        properties: wire.Properties,
        id_: str,
        inputs: wire.Properties,
        ignored: Iterable[str],
    ) -> tuple[Stored, Planned]:
        """Return what is known of a resource, and what an update to `inputs` would make of it."""
        prior = self._prior(type_, properties, id_)
        return prior, self._plan(type_, prior, self._config(type_, prior, inputs, ignored))

    def create(
        self, type_: ResourceType, inputs: wire.Properties, seconds: float, *, preview: bool
    ) -> tuple[str, wire.Properties]:
        """Create a resource; return id and outputs. In a preview nothing is done, and the id is empty."""
        nothing = Stored(None)
        config, _ = type_.config(inputs, seconds=seconds, operation="create")
        planned = self._plan(type_, nothing, config)
        if preview:
            return "", type_.outputs(Stored(planned.state, planned.private), inputs)
        applied = self._terraform.apply(type_.terraform, None, planned, config)
        return _outcome(type_, applied, inputs, "")

    def update(
        self,
        type_: ResourceType,
        properties: wire.Properties,
        id_: str,
        inputs: wire.Properties,
        *,
        seconds: float,
        ignored: Iterable[str],
        preview: bool,
    ) -> wire.Properties:
        """Change a resource; return its outputs."""
        prior = self._prior(type_, properties, id_)
        config = self._config(type_, prior, inputs, ignored, seconds)
        planned = self._plan(type_, prior, config)
        if preview:
            return type_.outputs(Stored(planned.state, planned.private), inputs)
        applied = self._terraform.apply(type_.terraform, prior.state, planned, config)
        return _outcome(type_, applied, inputs, id_)[1]

    def delete(self, type_: ResourceType, properties: wire.Properties, id_: str, seconds: float) -> None:
        """Delete a resource; one that is gone already is fine."""
        known = self._known(type_, properties) or self._found(type_, id_)
        if known.state is None:
            return
        prior = type_.with_delete_limit(known, seconds)
        planned = self._terraform.plan(type_.terraform, prior.state, None, None, prior.private)
        gone = Planned(None, planned.private or prior.private)
        applied = self._terraform.apply(type_.terraform, prior.state, gone, None)
        if applied.errors:
            raise ProviderError(applied.errors)

    def read(self, type_: ResourceType, properties: wire.Properties, id_: str) -> Stored:
        """Return what a resource is now; a null state if it is gone."""
        if not (known := self._known(type_, properties)):
            return self._found(type_, id_)
        now = self._now(type_, known)
        return Stored(plan.settled(known.state, now.state), now.private)

    def _config(
        self, type_: ResourceType, prior: Stored, inputs: wire.Properties, ignored: Iterable[str], seconds: float = 0
    ) -> cty.Value:
        config, _ = type_.config(inputs, seconds=seconds, operation="update")
        type_.carry_ignored(config, prior.state, ignored)
        return config

    def _plan(self, type_: ResourceType, prior: Stored, config: cty.Value) -> Planned:
        proposed = plan.proposed(type_.schema.block, prior.state, config)
        return self._terraform.plan(type_.terraform, prior.state, proposed, config, prior.private)

    def _known(self, type_: ResourceType, properties: wire.Properties) -> Stored | None:
        """Return what the engine's state holds, in today's schema."""
        if (told := type_.stored(properties)) is None:
            return None
        stored, version = told
        if version == type_.schema.version:
            return stored
        return Stored(self._terraform.upgrade(type_.terraform, version, stored.state), stored.private)

    def _found(self, type_: ResourceType, id_: str) -> Stored:
        """Look a resource up by its id: the engine's state has nothing of ours when another plugin wrote it."""
        imported = Stored(*self._terraform.import_state(type_.terraform, id_))
        return imported if imported.state is None else self._now(type_, imported)

    def _now(self, type_: ResourceType, stored: Stored) -> Stored:
        return Stored(*self._terraform.read(type_.terraform, stored.state, stored.private))

    def _prior(self, type_: ResourceType, properties: wire.Properties, id_: str) -> Stored:
        found = self._known(type_, properties) or self._found(type_, id_)
        if found.state is None:
            gone = f"{type_.terraform} {id_} does not exist any more; `pulumi refresh` takes it out of the state."
            raise ProviderError([Note(True, gone)])
        return found


def _outcome(type_: ResourceType, applied: Applied, inputs: wire.Properties, id_: str) -> tuple[str, wire.Properties]:
    """Return id and outputs of what was applied; where it failed half way, raise with what it has reached."""
    reached = str((applied.state or {}).get("id") or id_)
    failed = ProviderError(applied.errors)
    if applied.errors and not (applied.state and reached):
        raise failed
    outputs = type_.outputs(Stored(applied.state, applied.private), inputs)
    if applied.errors:
        raise PartialError(failed, reached, outputs, inputs)
    return reached, outputs
