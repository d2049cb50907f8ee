"""Which Pulumi update runs a release, as far as can be known from inside one.

The engine tells a provider project and stack, and nothing else of the update: neither its message nor its number, which
a state that Pulumi does not host has none of. What the engine writes into its own history of the machine that CI runs
on can be known here too: the address of the run. The update itself is found afterwards, by `delivery.histories`.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One Pulumi update; what is not known is empty.

    project, stack: as the engine calls them.
    host: the name of the machine that ran it.
    run: the URL of the CI run; in Pulumi's history `ci.build.url`.
    """

    project: str = ""
    stack: str = ""
    host: str = ""
    run: str = ""


def this(urn: str, environment: Mapping[str, str], host: str | None = None) -> Update:
    """Return the update that acts on a resource now: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns.

    host: this machine's name where nothing is said.
    """
    _, _, rest = urn.partition("urn:pulumi:")
    stack, _, rest = rest.partition("::")
    name = platform.node() if host is None else host
    return Update(project=rest.partition("::")[0], stack=stack, host=name, run=run_of(environment))


def run_of(environment: Mapping[str, str]) -> str:
    """Return the URL of the CI run, found as the engine finds it: GitHub Actions, GitLab, or what CI sets for Pulumi.

    https://github.com/pulumi/pulumi/tree/master/sdk/go/common/util/ciutil
    """
    server, repository, run = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if environment.get("GITHUB_ACTIONS") and server and repository and run:
        return f"{server}/{repository}/actions/runs/{run}"
    return (environment.get("GITLAB_CI") and environment.get("CI_JOB_URL")) or environment.get(
        "PULUMI_CI_BUILD_URL", ""
    )
