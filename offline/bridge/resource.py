"""One resource type, seen from both sides: its properties in Pulumi, its configuration and state in Terraform."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from offline.bridge import cty, paths
from offline.bridge.assets import Asset
from offline.bridge.convert import MismatchError, ToPulumi, ToTerraform, copied
from offline.bridge.plan import Path, lookup
from offline.bridge.schema import TIMEOUTS, Schema
from offline.bridge.wire import Properties, Secret
from offline.names import Names

#: Where the state of Terraform travels: nothing is lost in a conversion that is never read back.
META = "__meta"
#: The input that lists which properties the program left to us.
DEFAULTS = "__defaults"
#: Under which Terraform's SDK keeps time limits, in nanoseconds, beside the state.
_LIMITS = "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0"


@dataclass(frozen=True)
class Stored:
    """A resource as Terraform knows it: its state, and what the provider keeps beside it."""

    state: cty.Value
    private: bytes = b""


@dataclass(frozen=True)
class ResourceType:
    """What is needed to speak of resources of one type."""

    names: Names
    schema: Schema
    files: File
    """Where assets are put."""
    repeated: Mapping[str, Any] = field(default_factory=dict)
    """Properties that every resource repeats from the provider's configuration -> value."""

    @property
    def terraform(self) -> str:
        """What Terraform calls it."""
        return self.names.terraform

    # --- Pulumi -> Terraform -------------------------------------------------------------------------------------

    def config(self, properties: Properties, *, seconds: float = 0, operation: str = "") -> tuple[cty.Value, list[str]]:
        """Return the configuration, and the properties that found no place in it.

        `seconds` is the limit that the program sets for `operation` (create, update, delete), 0 for none. Raises
        MismatchError if a value does not fit.
        """
        conversion = ToTerraform(self.names, self.files)
        made = conversion.block(
            self.schema.block, {name: it for name, it in properties.items() if not name.startswith("__")}
        )
        if limits := self.limits(seconds, operation):
            made[TIMEOUTS] = limits
        return made, [name for name in conversion.unused if not self._repeats(name, properties)]

    def _repeats(self, name: str, properties: Properties) -> bool:
        return name in self.repeated and properties[name] in (self.repeated[name], cty.UNKNOWN)

    def limits(self, seconds: float, operation: str) -> cty.Value:
        """Return the block of time limits for one operation; null if none is set or it takes none."""
        known = self.schema.block.time_limits
        if not seconds or operation not in known:
            return None
        return {**dict.fromkeys(known), operation: f"{seconds:.0f}s"}

    def carry_ignored(self, config: cty.Value, prior: cty.Value, ignored: Iterable[str]) -> None:
        """Set in `config` what the program ignores changes of to what it is.

        The engine has put back old inputs already; this is for what the program never gave but someone else has
        changed, such as the load balancers of a service that is deployed from outside.
        """
        for text in ignored:
            path = paths.to_terraform(self.schema.block, self.names, text)
            if not path or not self._settable(str(path[0])):
                continue
            holder = lookup(config, path[:-1])
            value = lookup(prior, path)
            last = path[-1]
            if isinstance(holder, dict):
                holder[last] = [] if value is None and last in self.schema.block.blocks else value
            elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
                holder[last] = value

    def _settable(self, name: str) -> bool:
        attribute = self.schema.block.attributes.get(name)
        return attribute.settable if attribute else name in self.schema.block.blocks

    def with_delete_limit(self, stored: Stored, seconds: float) -> Stored:
        """Give a deletion its time limit: it has no configuration, so the provider looks for it in what it kept."""
        if not (limits := self.limits(seconds, "delete")):
            return stored
        kept = json.loads(stored.private or b"{}")
        kept[_LIMITS] = {**kept.get(_LIMITS, {}), "delete": int(seconds * 1e9)}
        return Stored({**stored.state, TIMEOUTS: limits}, json.dumps(kept).encode())

    def is_computed(self, name: str) -> bool:
        """Whether the provider gives an attribute a value where the program gives none."""
        attribute = self.schema.block.attributes.get(name)
        return attribute is not None and attribute.computed

    # --- Terraform -> Pulumi -------------------------------------------------------------------------------------

    def outputs(self, stored: Stored, inputs: Properties) -> Properties:
        """Return the properties of a resource, planned or real; files are shown as the program gave them."""
        made = self._shown(stored.state, mark=True)
        made |= {name: value for name, value in self.repeated.items() if name not in made}
        made |= {name: value for name, value in inputs.items() if isinstance(value, Asset)}
        if not cty.has_unknown(stored.state):
            made[META] = self._meta(stored)
        return made

    def _shown(self, state: cty.Value, *, mark: bool) -> Properties:
        made: Properties = ToPulumi(self.names, mark).block(self.schema.block, state)
        made |= copied(self.names, state)
        made.pop("id", None)
        return made

    def inputs(self, stored: Stored, before: Properties) -> Properties:
        """Return what the program would have to say for the resource to be as it is now.

        `before` is what it said; without it (an import) everything that can be said is.
        """
        shown = self._shown(stored.state, mark=False)
        if before:
            return {
                name: value if name.startswith("__") else refreshed(value, shown.get(name))
                for name, value in before.items()
            }
        settable = {self.names.name(name) for name in self.schema.block.names() if self._settable(name)} - {
            "id",
            "tagsAll",
        }
        made = {name: value for name, value in shown.items() if name in settable and value not in (None, "", [], {})}
        return made | {DEFAULTS: []}

    def property(self, path: Path) -> str:
        """Return a path in the state as Pulumi writes it."""
        return paths.to_pulumi(self.schema.block, self.names, path)

    # --- state ----------------------------------------------------------------------------------------------------

    def _meta(self, stored: Stored) -> Secret:
        state = base64.b64encode(zlib.compress(cty.encode(stored.state))).decode()
        private = base64.b64encode(stored.private).decode()
        return Secret(json.dumps({"version": self.schema.version, "state": state, "private": private}))

    @staticmethod
    def stored(properties: Properties) -> tuple[Stored, int] | None:
        """Return what the engine's state holds of Terraform's, and its schema version; None if it holds nothing."""
        text = properties.get(META)
        if not isinstance(text, str):
            return None
        told = json.loads(text)
        state = cty.decode(zlib.decompress(base64.b64decode(told["state"])))
        return Stored(state, base64.b64decode(told["private"])), int(told["version"])

    # --- names ----------------------------------------------------------------------------------------------------

    def give_name(self, inputs: Properties, olds: Properties, logical: str, seed: bytes) -> None:
        """Give a name where the program gives none: the one it has, else the logical name with seven hex digits."""
        defaults: list[str] = []
        auto = self.names.autoname
        if auto and inputs.get(auto.property) is None and inputs.get(f"{auto.property}Prefix") is None:
            if auto.property in (olds.get(DEFAULTS) or ()) and olds.get(auto.property):
                inputs[auto.property] = olds[auto.property]
            else:
                digits = hashlib.sha256((seed or os.urandom(32)) + logical.encode()).hexdigest()[:7]
                made = f"{logical[: auto.longest - 8]}-{digits}"
                inputs[auto.property] = made.lower() if auto.lower else made
            defaults.append(auto.property)
        inputs[DEFAULTS] = defaults

    def must_delete_first(self, inputs: Properties, replaced: Iterable[str]) -> bool:
        """Whether a replacement would meet its predecessor: one by its kind, or one whose name is fixed and stays."""
        if self.names.delete_first:
            return True
        auto = self.names.autoname
        if not auto or inputs.get(auto.property) is None:
            return False
        return auto.property not in (inputs.get(DEFAULTS) or ()) and auto.property not in set(replaced)

    def refuse_unused(self, unused: Iterable[str]) -> list[tuple[str, str]]:
        """Raise MismatchError for a property without a place that matters; return those that do not, and why."""
        warnings = []
        for name in unused:
            plain = "".join(part.split("[")[0] + "." for part in name.split(".")).rstrip(".")
            if reason := self.names.harmless.get(plain):
                warnings.append((name, reason))
            elif plain in self.repeated:
                raise MismatchError(
                    name,
                    f"only the provider's own value, {self.repeated[plain]!r}, is possible with this version of it",
                )
            elif plain in self.names.later:
                raise MismatchError(name, "only a later version of the Terraform provider knows it; leave it out here")
            else:
                raise MismatchError(name, f"{self.terraform} has no such property")
        return warnings


def refreshed(said: Any, now: Any) -> Any:
    """Return what the program said with today's values: only what it mentioned, in its order."""
    if isinstance(said, Asset):
        return said
    if isinstance(said, dict) and isinstance(now, dict):
        return {name: refreshed(value, now[name]) for name, value in said.items() if now.get(name) is not None}
    if isinstance(said, list) and isinstance(now, list) and len(said) == len(now):
        return [refreshed(one, other) for one, other in zip(said, now, strict=True)]
    # What Terraform does not keep, such as an empty block, is not drift.
    return said if now is None and not said else now
