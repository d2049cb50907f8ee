"""Tells the engine how a plan differs from what is: which properties, in which way, and what forces a replacement."""

from __future__ import annotations

from pulumi.runtime.proto import provider_pb2 as pb

from offline.bridge import cty
from offline.bridge.outcomes import Planned
from offline.bridge.plan import Path, differences, lookup, replacements, telling
from offline.bridge.resource import ResourceType
from offline.bridge.wire import Properties

Kind = pb.PropertyDiff.Kind


def describe(type_: ResourceType, prior: cty.Value, planned: Planned, inputs: Properties) -> pb.DiffResponse:
    """Return the engine's answer for `planned` against `prior`."""
    differing = differences(type_.schema.block, prior, planned.state)
    if not differing:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE, hasDetailedDiff=True)
    forcing = replacements(differing, planned.replace, prior, planned.state)
    # Once anything differs, a provider also gives null where it gave an empty text before; that is not worth showing.
    differing = differences(type_.schema.block, telling(prior), telling(planned.state)) or differing
    details: dict[str, pb.PropertyDiff] = {}
    for path in differing:
        replaces = any(_related(path, other) for other in forcing)
        shown = type_.property(path)
        # A result that follows from the change is no change of its own.
        if not replaces and _root(shown) not in inputs and type_.is_computed(str(path[0])):
            continue
        details[shown] = _change(lookup(prior, path), lookup(planned.state, path), replaces=replaces)
    roots = sorted({_root(type_.property(path)) for path in forcing})
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME,
        replaces=roots,
        diffs=sorted({_root(type_.property(path)) for path in differing}),
        detailedDiff=details,
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(roots) and type_.must_delete_first(inputs, roots),
    )


def _root(shown: str) -> str:
    return shown.partition(".")[0].partition("[")[0]


def _related(one: Path, other: Path) -> bool:
    """Whether one path lies at or below the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _change(before: cty.Value, after: cty.Value, *, replaces: bool) -> pb.PropertyDiff:
    if before in (None, [], {}):
        return pb.PropertyDiff(kind=Kind.ADD_REPLACE if replaces else Kind.ADD)
    if after in (None, [], {}):
        return pb.PropertyDiff(kind=Kind.DELETE_REPLACE if replaces else Kind.DELETE)
    return pb.PropertyDiff(kind=Kind.UPDATE_REPLACE if replaces else Kind.UPDATE)
