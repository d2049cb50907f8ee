"""What the service answers, without HTTP around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .dependencies import Dependency, State
from .stores import Stores


@dataclass(frozen=True)
class Page:
    """An answer: JSON content and its HTTP status."""

    content: Mapping[str, Any]
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True)
class Shop:
    """The service's pages, for one version of it."""

    version: str
    dependencies: Sequence[Dependency] = field(default=())
    stores: Stores = field(default_factory=Stores)

    def page(self, target: str) -> Page:
        """Return the page of a request target such as `/?name=Ada`."""
        parts = urlsplit(target)
        pages: dict[str, Callable[[Mapping[str, list[str]]], Page]] = {
            "/": self.greeting,
            "/health": self.health,
            "/version": self.about,
        }
        if self.stores.needed():
            pages["/notes"] = self.notes
        if parts.path not in pages:
            return Page({"error": f"no page {parts.path}", "pages": sorted(pages)}, HTTPStatus.NOT_FOUND)
        return pages[parts.path](parse_qs(parts.query))

    def greeting(self, query: Mapping[str, list[str]]) -> Page:
        """Greet whoever asks, by name if it is given."""
        name = query.get("name", ["world"])[0]
        return Page({"greeting": f"Hello, {name}!", "version": self.version})

    def health(self, _query: Mapping[str, list[str]]) -> Page:
        """Tell whether the service can do its work, with one entry per dependency."""
        states = [State.of(needed) for needed in (*self.dependencies, *self.stores.needed())]
        healthy = all(state.healthy for state in states)
        return Page(
            {"healthy": healthy, "version": self.version, "dependencies": [state.told() for state in states]},
            HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    def about(self, _query: Mapping[str, list[str]]) -> Page:
        """Tell which version this is."""
        return Page({"version": self.version})

    def notes(self, _query: Mapping[str, list[str]]) -> Page:
        """Show the notes on the board and count the visit, as far as there are stores for it."""
        return Page({**self.stores.board(), "version": self.version})
