"""The patterns of branches and tags that may deploy to an environment."""

from __future__ import annotations

from typing import Any

from rehearsal.github.environments import Environment, Policy, of
from rehearsal.github.errors import missing, not_found, wrong
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import node_id

ROUTES = Routes("deployments/branch-policies")


def _shown_policy(one: Policy) -> dict[str, Any]:
    return {"id": one.id, "node_id": node_id("GBP", one.id), "name": one.name, "type": one.kind}


def _custom(call: Call) -> Environment:
    one = of(call)
    if one.policy != "custom":
        raise not_found()
    return one


def _found_policy(call: Call) -> tuple[Environment, Policy]:
    one = of(call)
    if (policy := one.policies.get(call.number("policy"))) is None:
        raise not_found()
    return one, policy


@ROUTES.on("GET {r}/environments/{environment}/deployment-branch-policies", "actions:read")
def policies(call: Call) -> Answer:
    """The patterns of an environment."""
    return call.page(list(of(call).policies.values()), _shown_policy, "branch_policies")


@ROUTES.on("POST {r}/environments/{environment}/deployment-branch-policies", "administration:write")
def policy_made(call: Call) -> Answer:
    """A new pattern; one that is there already is answered with 303."""
    one, body = _custom(call), call.json()
    name, kind = call.text(body, "name"), call.text(body, "type", "branch")
    if kind not in ("branch", "tag"):
        raise wrong(f"For 'type', `{kind}` is not a possible value. Must be one of: branch, tag.")
    if not name:
        raise missing("name")
    for known in one.policies.values():
        if (known.name, known.kind) == (name, kind):
            return Answer(303, _shown_policy(known), {"Location": f"{call.url}/{known.id}"})
    made = Policy(call.world.new_id(), name, kind)
    one.policies[made.id] = made
    return Answer(200, _shown_policy(made))


@ROUTES.on("GET {r}/environments/{environment}/deployment-branch-policies/{policy}", "actions:read")
def policy_read(call: Call) -> dict[str, Any]:
    """One pattern."""
    return _shown_policy(_found_policy(call)[1])


@ROUTES.on("PUT {r}/environments/{environment}/deployment-branch-policies/{policy}", "administration:write")
def policy_changed(call: Call) -> dict[str, Any]:
    """Another pattern in its place; it stays one of branches or of tags."""
    _, one = _found_policy(call)
    one.name = call.text(call.json(), "name")
    return _shown_policy(one)


@ROUTES.on("DELETE {r}/environments/{environment}/deployment-branch-policies/{policy}", "administration:write")
def policy_removed(call: Call) -> None:
    """No pattern."""
    one, policy = _found_policy(call)
    del one.policies[policy.id]
