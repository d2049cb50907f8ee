"""What a Terraform provider answers, as plain values: notes, plans, results of an apply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from offline.bridge.cty import Value
from offline.bridge.plan import Path
from offline.bridge.protocol import tfplugin5_pb2 as pb


@dataclass(frozen=True)
class Note:
    """What a provider has to say about a request."""

    error: bool
    text: str
    path: Path = ()


class ProviderError(Exception):
    """The provider refused or failed; `notes` say why."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self.notes = [note for note in notes if note.error]
        super().__init__("; ".join(note.text for note in self.notes))


@dataclass(frozen=True)
class Planned:
    """The provider's plan for one resource."""

    state: Value
    private: bytes
    replace: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Applied:
    """What became of a plan: the state may be partial where `errors` are given."""

    state: Value
    private: bytes
    errors: list[Note]


def steps(path: pb.AttributePath) -> Path:
    """Return a path of the protocol as plain steps."""
    return tuple(getattr(step, step.WhichOneof("selector") or "attribute_name") for step in path.steps)


def notes(diagnostics: Iterable[pb.Diagnostic]) -> list[Note]:
    """Return diagnostics as notes, summary and detail in one sentence."""
    return [
        Note(
            one.severity == pb.Diagnostic.ERROR,
            f"{one.summary}: {one.detail}" if one.detail and one.detail != one.summary else one.summary,
            steps(one.attribute),
        )
        for one in diagnostics
    ]
