"""From a request to the function that answers it, and what those functions share: bodies, pages, answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlencode

from rehearsal.github.access import Grant
from rehearsal.github.errors import DOCS, Refused, missing, not_found, wrong
from rehearsal.github.world import Account, Repository, Token, World

if TYPE_CHECKING:
    from rehearsal.github.courier import Courier
    from rehearsal.github.limits import Limits

T = TypeVar("T")
_MOST = 100


@dataclass
class Answer:
    """What a handler returns where JSON with the route's own status is not enough."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass
class Call:
    """One request to the REST API, and what it may ask of the rest."""

    world: World
    limits: Limits
    courier: Courier
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    token: Token | None
    values: dict[str, str] = field(default_factory=dict)
    found: Repository | None = None

    @property
    def repo(self) -> Repository:
        """The repository that the path names."""
        if self.found is None:
            raise not_found()
        return self.found

    @property
    def login(self) -> str:
        """Who asks; the ghost for nobody."""
        return "ghost" if self.token is None else self.token.login

    @property
    def user(self) -> Account:
        """The account that asks."""
        return self.world.account(self.login)

    @property
    def url(self) -> str:
        """The address that was asked for, without a query."""
        return f"{self.world.api}{self.path}"

    @property
    def repo_url(self) -> str:
        """The address of the repository in the API."""
        return f"{self.world.api}/repos/{self.repo.full_name}"

    def number(self, name: str) -> int:
        """A number in the path.

        Raises:
            Refused: 404, it is none.

        """
        text = self.values[name]
        if not text.isdigit():
            raise not_found()
        return int(text)

    def json(self) -> dict[str, Any]:
        """The body, an object.

        Raises:
            Refused: 400, it is not JSON or no object.

        """
        try:
            content = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refused(400, "Problems parsing JSON") from error
        if not isinstance(content, dict):
            raise Refused(400, "Body should be a JSON object")
        return content

    def text(self, content: dict[str, Any], name: str, default: str | None = None) -> str:
        """A string of the body.

        Raises:
            Refused: 422, it is not there (and has no default) or is no string.

        """
        value = content.get(name, default)
        if value is None:
            if default is not None:
                return default
            raise missing(name)
        if not isinstance(value, str):
            raise wrong(f"For '{name}', {json.dumps(value)} is not a string.")
        return value

    def page(self, items: Sequence[T], view: Callable[[T], Any], key: str | None = None) -> Answer:
        """One page of a list with its `Link` header; under `key` beside `total_count` where the API has it so."""
        size = min(_positive(self.query.get("per_page"), 30), _MOST)
        page = _positive(self.query.get("page"), 1)
        last = max(1, -(-len(items) // size))
        shown = [view(item) for item in items[(page - 1) * size : page * size]]
        links: list[tuple[str, int]] = []
        if page > 1:
            links += [("prev", min(page - 1, last)), ("first", 1)]
        if page < last:
            links += [("next", page + 1), ("last", last)]
        headers = {}
        if links:
            headers["Link"] = ", ".join(f'<{self._at(number, size)}>; rel="{name}"' for name, number in links)
        content: Any = shown if key is None else {"total_count": len(items), key: shown}
        return Answer(200, content, headers)

    def _at(self, page: int, size: int) -> str:
        return f"{self.url}?{urlencode({**self.query, 'page': page, 'per_page': size})}"


Handler = Callable[[Call], Any]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Route:
    """One endpoint: `pattern` is the path's parts, `{name}` takes one and `{name:rest}` all that is left."""

    method: str
    pattern: tuple[str, ...]
    grant: Grant | None
    status: int
    docs: str
    handler: Handler

    def match(self, parts: Sequence[str]) -> dict[str, str] | None:
        """The values in a path, or None where it is another one's."""
        values: dict[str, str] = {}
        for at, wanted in enumerate(self.pattern):
            if wanted.endswith(":rest}"):
                values[wanted[1:-6]] = "/".join(unquote(part) for part in parts[at:])
                return values
            if at >= len(parts):
                return None
            if wanted.startswith("{"):
                values[wanted[1:-1]] = unquote(parts[at])
            elif wanted != parts[at]:
                return None
        return values if len(parts) == len(self.pattern) else None


class Routes:
    """The endpoints of one area; `docs` is its page below https://docs.github.com/rest."""

    def __init__(self, docs: str) -> None:
        self._docs = f"{DOCS}/{docs}"
        self.entries: list[Route] = []

    def on(self, where: str, grant: str | None = None, status: int = 200) -> Callable[[H], H]:
        """Answer `METHOD /path` with the decorated function.

        `{r}` at the beginning stands for `/repos/{owner}/{repo}`; then `grant` (`contents:read`) says what it takes.
        """
        method, _, path = where.partition(" ")
        pattern = tuple(path.replace("{r}", "/repos/{owner}/{repo}", 1).strip("/").split("/"))
        asked = None if grant is None else Grant.of(grant)

        def add(handler: H) -> H:
            self.entries.append(Route(method, pattern, asked, status, self._docs, handler))
            return handler

        return add


class Table:
    """All endpoints."""

    def __init__(self, areas: Iterable[Routes]) -> None:
        # A path with fewer values is the more exact one: labels/{name} before {path:rest}.
        every = [route for area in areas for route in area.entries]
        self._routes = sorted(
            every, key=lambda one: [part.startswith("{") + part.endswith(":rest}") for part in one.pattern]
        )

    def find(self, method: str, parts: Sequence[str]) -> tuple[Route, dict[str, str]]:
        """The endpoint of a path.

        Raises:
            Refused: 404.

        """
        for route in self._routes:
            if route.method == method and (values := route.match(parts)) is not None:
                return route, values
        raise not_found()


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and int(text) > 0 else default
