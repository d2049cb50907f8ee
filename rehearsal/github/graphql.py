"""GraphQL as far as branch protection needs it, over a real schema: what a query does not select is not answered.

Field names and types are those of GitHub's public schema (https://docs.github.com/graphql); what is not here is
refused as a field that does not exist.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync

from rehearsal.github import access
from rehearsal.github.access import Grant
from rehearsal.github.errors import Refused, upgrade
from rehearsal.github.protection import ACTORS, FLAGS, Protection, Protections
from rehearsal.github.routes import Answer
from rehearsal.github.world import Account, Repository, Team, Token, World, node_id

_FLAGS = "\n".join(
    f"  {name}: {'[String]' if isinstance(value, tuple) else 'Int' if name.endswith('Count') else 'Boolean!'}"
    for name, value in FLAGS.items()
)
_INPUTS = "\n".join(
    [
        f"  {name}: {'[String!]' if isinstance(value, tuple) else 'Int' if name.endswith('Count') else 'Boolean'}"
        for name, value in FLAGS.items()
    ]
    + [f"  {name}: [ID!]" for name in ACTORS]
    + ["  pattern: String", "  clientMutationId: String"]
)
_ALLOWANCES = {
    "bypassForcePushAllowances": "bypassForcePushActorIds",
    "bypassPullRequestAllowances": "bypassPullRequestActorIds",
    "pushAllowances": "pushActorIds",
    "reviewDismissalAllowances": "reviewDismissalActorIds",
}
# App's and Team's `name` are `String!` on GitHub, whose server merges them with User's `String` all the same, as the
# Terraform provider asks it to; graphql-core would not.
_PAGES = "first: Int, last: Int, after: String, before: String"
SCHEMA = f"""
interface Node {{ id: ID! }}
union Actor = App | Team | User
type PageInfo {{ hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }}
type App implements Node {{ id: ID! databaseId: Int name: String slug: String! }}
type Team implements Node {{ id: ID! databaseId: Int name: String slug: String! }}
type User implements Node {{ id: ID! databaseId: Int name: String login: String! }}
type Organization implements Node {{ id: ID! databaseId: Int name: String login: String! team(slug: String!): Team }}
type Allowance implements Node {{ id: ID! actor: Actor }}
type AllowanceConnection {{ nodes: [Allowance] totalCount: Int! pageInfo: PageInfo! }}
type BranchProtectionRule implements Node {{
  id: ID!
  databaseId: Int
  pattern: String!
  repository: Repository
{_FLAGS}
{chr(10).join(f"  {name}({_PAGES}): AllowanceConnection!" for name in _ALLOWANCES)}
}}
type BranchProtectionRuleConnection {{ nodes: [BranchProtectionRule] totalCount: Int! pageInfo: PageInfo! }}
type Ref {{ name: String! prefix: String! }}
type Repository implements Node {{
  id: ID!
  databaseId: Int
  name: String!
  nameWithOwner: String!
  isPrivate: Boolean!
  isArchived: Boolean!
  defaultBranchRef: Ref
  branchProtectionRules({_PAGES}): BranchProtectionRuleConnection!
}}
type RateLimit {{ limit: Int! remaining: Int! cost: Int! }}
type Query {{
  node(id: ID!): Node
  repository(owner: String!, name: String!, followRenames: Boolean): Repository
  organization(login: String!): Organization
  user(login: String!): User
  viewer: User!
  rateLimit: RateLimit
}}
input CreateBranchProtectionRuleInput {{
  repositoryId: ID!
{_INPUTS}
}}
input UpdateBranchProtectionRuleInput {{
  branchProtectionRuleId: ID!
{_INPUTS}
}}
input DeleteBranchProtectionRuleInput {{ branchProtectionRuleId: ID! clientMutationId: String }}
type CreateBranchProtectionRulePayload {{ branchProtectionRule: BranchProtectionRule clientMutationId: String }}
type UpdateBranchProtectionRulePayload {{ branchProtectionRule: BranchProtectionRule clientMutationId: String }}
type DeleteBranchProtectionRulePayload {{ clientMutationId: String }}
type Mutation {{
  createBranchProtectionRule(input: CreateBranchProtectionRuleInput!): CreateBranchProtectionRulePayload
  updateBranchProtectionRule(input: UpdateBranchProtectionRuleInput!): UpdateBranchProtectionRulePayload
  deleteBranchProtectionRule(input: DeleteBranchProtectionRuleInput!): DeleteBranchProtectionRulePayload
}}
"""


class GraphQL:
    """The GraphQL endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schema: GraphQLSchema = build_schema(SCHEMA)

    def answer(self, token: Token, body: bytes) -> Answer:
        """Answer one request: 200 with `errors` where something is wrong, as GitHub does."""
        try:
            asked = json.loads(body)
            query = str(asked["query"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(400, "A query attribute must be specified and must be a string.") from error
        done = graphql_sync(
            self._schema,
            query,
            root_value=Root(self._world, token),
            variable_values=asked.get("variables") or {},
            operation_name=asked.get("operationName"),
        )
        content: dict[str, Any] = {"data": done.data}
        if done.errors:
            content["errors"] = [_error(error) for error in done.errors]
        return Answer(200, content)


def _error(error: GraphQLError) -> dict[str, Any]:
    kind = (error.extensions or {}).get("type")
    shown: dict[str, Any] = {"message": error.message, "path": error.path or []}
    if error.locations:
        shown["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    return {**({"type": kind} if kind else {}), **shown}


def _refuse(message: str, kind: str = "UNPROCESSABLE") -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


class Root:
    """The resolvers of queries and mutations: graphql-core calls the attribute of a field's name."""

    def __init__(self, world: World, token: Token) -> None:
        self._world = world
        self._token = token

    def node(self, _: Any, id: str) -> dict[str, Any]:  # noqa: A002 - the argument's name in the schema
        """Anything by its global id."""
        kind, number = _read_id(id)
        if kind == "R":
            for repo in self._world.repositories.values():
                if repo.id == number and access.may(self._world, self._token, repo, Grant("metadata", "read")):
                    return self._repository(repo)
        elif kind == "BPR" and (found := self._protection(number)) is not None:
            return self._rule(*found)
        elif (actor := self._actor(id)) is not None:
            return actor
        raise _refuse(f"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND")

    def repository(self, _: Any, owner: str, name: str, **__: Any) -> dict[str, Any]:
        """A repository by name."""
        repo = self._world.repositories.get(f"{owner}/{name}".lower())
        if repo is None or not access.may(self._world, self._token, repo, Grant("metadata", "read")):
            raise _refuse(f"Could not resolve to a Repository with the name '{owner}/{name}'.", "NOT_FOUND")
        return self._repository(repo)

    def organization(self, _: Any, login: str) -> dict[str, Any]:
        """An organization."""
        found = self._world.accounts.get(login.lower())
        if found is None or found.kind != "Organization":
            raise _refuse(f"Could not resolve to an Organization with the login of '{login}'.", "NOT_FOUND")

        def team(_: Any, slug: str) -> dict[str, Any] | None:
            known = self._world.teams.get((login.lower(), slug))
            return None if known is None else _team(known)

        return {**_account(found), "team": team}

    def user(self, _: Any, login: str) -> dict[str, Any]:
        """A person."""
        found = self._world.accounts.get(login.lower())
        if found is None or found.kind != "User":
            raise _refuse(f"Could not resolve to a User with the login of '{login}'.", "NOT_FOUND")
        return _account(found)

    def viewer(self, _: Any) -> dict[str, Any]:
        """Who asks."""
        return _account(self._world.account(self._token.login))

    def rateLimit(self, _: Any) -> dict[str, Any]:  # noqa: N802 - the field's name in the schema
        """Never used up here."""
        return {"limit": 5000, "remaining": 5000, "cost": 1}

    def createBranchProtectionRule(self, _: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        """A new protection."""
        kind, number = _read_id(input["repositoryId"])
        repo = next((one for one in self._world.repositories.values() if kind == "R" and one.id == number), None)
        if repo is None:
            raise _refuse(f"Could not resolve to a node with the global id of '{input['repositoryId']}'", "NOT_FOUND")
        self._require(repo)
        pattern = input.get("pattern")
        if not pattern:
            raise _refuse("Pattern can't be blank")
        known = repo.area(Protections).by_id
        if any(one.pattern == pattern for one in known.values()):
            raise _refuse(f"Name already protected: {pattern}")
        made = Protection(self._world.new_id(), pattern)
        self._fill(made, input)
        known[made.id] = made
        return {"branchProtectionRule": self._rule(repo, made), "clientMutationId": input.get("clientMutationId")}

    def updateBranchProtectionRule(self, _: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        """Another protection in its place."""
        repo, one = self._found(input["branchProtectionRuleId"])
        pattern = input.get("pattern") or one.pattern
        if any(other.pattern == pattern and other is not one for other in repo.area(Protections).by_id.values()):
            raise _refuse(f"Name already protected: {pattern}")
        one.pattern = pattern
        self._fill(one, input)
        return {"branchProtectionRule": self._rule(repo, one), "clientMutationId": input.get("clientMutationId")}

    def deleteBranchProtectionRule(self, _: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002, N802
        """No protection."""
        repo, one = self._found(input["branchProtectionRuleId"])
        del repo.area(Protections).by_id[one.id]
        return {"clientMutationId": input.get("clientMutationId")}

    def _fill(self, one: Protection, given: dict[str, Any]) -> None:
        for name in FLAGS:
            if given.get(name) is not None:
                one.flags[name] = given[name]
        for name in ACTORS:
            if given.get(name) is not None:
                for number in given[name]:
                    if self._actor(number) is None:
                        raise _refuse(f"Could not resolve to a node with the global id of '{number}'", "NOT_FOUND")
                one.actors[name] = list(given[name])

    def _found(self, number: str) -> tuple[Repository, Protection]:
        kind, at = _read_id(number)
        found = self._protection(at) if kind == "BPR" else None
        if found is None:
            raise _refuse(f"Could not resolve to a node with the global id of '{number}'", "NOT_FOUND")
        self._require(found[0])
        return found

    def _require(self, repo: Repository) -> None:
        if self._world.plan_of(repo) == "free":
            raise _refuse(upgrade().message, "FORBIDDEN")
        if not access.may(self._world, self._token, repo, Grant("administration", "write")):
            who = "integration" if self._token.app is not None else "personal access token"
            words = f"Resource not accessible by {who}"
            if self._token.kind == "classic":
                words = f"{self._token.login} does not have the correct permissions to execute this mutation"
            raise _refuse(words, "FORBIDDEN")

    def _protection(self, number: int) -> tuple[Repository, Protection] | None:
        for repo in self._world.repositories.values():
            if (found := repo.area(Protections).by_id.get(number)) is not None:
                return repo, found
        return None

    def _repository(self, repo: Repository) -> dict[str, Any]:
        def rules(_: Any, first: int | None = None, after: str | None = None, **__: Any) -> dict[str, Any]:
            every = [self._rule(repo, one) for one in repo.area(Protections).by_id.values()]
            return _connection(every, first, after)

        return {
            "__typename": "Repository",
            "id": node_id("R", repo.id),
            "databaseId": repo.id,
            "name": repo.name,
            "nameWithOwner": repo.full_name,
            "isPrivate": repo.private,
            "isArchived": bool(repo.settings.get("archived")),
            "defaultBranchRef": {"name": repo.default_branch, "prefix": "refs/heads/"},
            "branchProtectionRules": rules,
        }

    def _rule(self, repo: Repository, one: Protection) -> dict[str, Any]:
        def allowances(name: str) -> Any:
            def resolve(_: Any, first: int | None = None, after: str | None = None, **__: Any) -> dict[str, Any]:
                nodes = [
                    {"__typename": "Allowance", "id": f"{name}_{number}", "actor": self._actor(number)}
                    for number in one.actors[_ALLOWANCES[name]]
                ]
                return _connection(nodes, first, after)

            return resolve

        return {
            "__typename": "BranchProtectionRule",
            "id": node_id("BPR", one.id),
            "databaseId": one.id,
            "pattern": one.pattern,
            # A function, since a repository has its protections and they have it.
            "repository": lambda _: self._repository(repo),
            **{name: list(value) if isinstance(value, tuple) else value for name, value in one.flags.items()},
            **{name: allowances(name) for name in _ALLOWANCES},
        }

    def _actor(self, number: str) -> dict[str, Any] | None:
        kind, at = _read_id(number)
        if kind in ("U", "O"):
            account = self._world.account_by_id(at)
            return None if account is None else _account(account)
        if kind == "T":
            team = self._world.team_by_id(at)
            return None if team is None else _team(team)
        if kind == "A":
            return {"__typename": "App", "id": number, "databaseId": at, "name": f"App {at}", "slug": f"app-{at}"}
        return None


def _read_id(text: str) -> tuple[str, int]:
    kind, _, coded = text.partition("_")
    try:
        name, _, number = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode().partition(":")
        return (kind, int(number)) if name == kind else ("", 0)
    except (binascii.Error, ValueError):
        return "", 0


def _account(one: Account) -> dict[str, Any]:
    kind = "U" if one.kind == "User" else "O"
    shown = {"id": node_id(kind, one.id), "databaseId": one.id, "name": one.login, "login": one.login}
    return {"__typename": one.kind, **shown}


def _team(one: Team) -> dict[str, Any]:
    return {"__typename": "Team", "id": node_id("T", one.id), "databaseId": one.id, "name": one.slug, "slug": one.slug}


def _connection(every: list[dict[str, Any]], first: int | None, after: str | None) -> dict[str, Any]:
    start = int(after or 0)
    shown = every[start : start + (first or 100)]
    end = start + len(shown)
    info = {
        "hasNextPage": end < len(every),
        "hasPreviousPage": start > 0,
        "startCursor": str(start),
        "endCursor": str(end),
    }
    return {"nodes": shown, "totalCount": len(every), "pageInfo": info}
