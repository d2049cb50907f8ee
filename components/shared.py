"""What environments share: the repositories that their images come from, and what delivers them from GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.component import Component
from components.policies import account_arns, expire_all, expire_untagged
from components.registry import Registry, RegistryArgs
from naming import partition
from settings import GitHub
from settings import Shared as SharedSettings

#: The repository of build caches, beside those of the services; no service may have this name.
CACHE = "cache"
#: A release tags its image before it moves anything: what has no tag after this long never was one.
_UNTAGGED_DAYS = 14
_CACHE_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedArgs:
    """The settings of the stack."""

    stack: SharedSettings


class Shared(Component):
    """A repository per service with immutable tags, and one for the layers of builds."""

    TYPE = "slipway:aws:Shared"

    repositories: pulumi.Output[Mapping[str, str]]
    """URL by service; empty where the registry is somebody else's."""
    roles: pulumi.Output[Mapping[str, str]]
    """ARN of the role that workflows take, by environment on GitHub; empty without the setting `github`."""
    proposal: pulumi.Output[str]
    """Where files of ours are proposed to the repository; empty where there are none."""

    def __init__(self, name: str, args: SharedArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.repositories = pulumi.Output.from_input({})
        self.roles = pulumi.Output.from_input({})
        self.proposal = pulumi.Output.from_input("")
        if args.stack.github:
            self._deliver(args.stack, args.stack.github)
        if args.stack.registry.owned:
            self._make(args.stack)
        self.finish()

    def _deliver(self, stack: SharedSettings, wanted: GitHub) -> None:
        """Make the roles of workflows and set the repository up; GitHub is asked first whether it can be."""
        # Loading GitHub's SDK takes a fifth of a second that only this stack has to spend.
        from components.access import Access, AccessArgs
        from components.github import Repository, RepositoryArgs, check, look_up

        files = _workflow_files() if wanted.workflow_files and not wanted.roles_only else {}
        facts = look_up(wanted, self.lookup(), files)
        if not wanted.roles_only:
            check(wanted, facts)
        whose = AccessArgs(account=stack.account, github=wanted, identity=facts.identity, registry=stack.registry)
        access = Access(f"{self.name}-access", whose, self.child())
        self.roles = access.roles
        if not wanted.roles_only:
            what = RepositoryArgs(
                github=wanted, facts=facts, roles=access.by_environment, files=files, region=stack.region
            )
            self.proposal = Repository(f"{self.name}-repository", what, self.child()).proposal

    def _make(self, stack: SharedSettings) -> None:
        """Make the repositories."""
        services = {
            app.name: Registry(
                f"{self.name}-{app.name}",
                RegistryArgs(
                    repository=stack.registry.repository(app.name),
                    immutable=True,
                    expiry=expire_untagged(_UNTAGGED_DAYS),
                    protect=stack.protect,
                    pullers=tuple(account_arns(stack.pullers, partition(stack.region))),
                ),
                self.child(),
            )
            for app in stack.services
        }
        Registry(
            f"{self.name}-{CACHE}",
            RegistryArgs(
                repository=stack.registry.repository(CACHE),
                immutable=False,
                expiry=expire_all(_CACHE_DAYS),
                protect=False,
            ),
            self.child(),
        )
        self.repositories = pulumi.Output.all(**{name: registry.url for name, registry in services.items()})


def _workflow_files() -> Mapping[str, str]:
    """Return the workflow files as `./slipway render` gives them. Raises `RefusedError` where it would refuse."""
    from components.github import RefusedError
    from workflows import WorkflowError, repository_files

    try:
        return repository_files(Path.cwd())
    except WorkflowError as error:
        raise RefusedError(f"The workflow files cannot be rendered: {error.message}\nFix:   {error.fix}") from None
