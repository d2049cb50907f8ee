"""A repository of images in ECR, with the rule by which old ones go."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from components.policies import Document, pull


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryArgs:
    """How the repository is called and what it is for."""

    repository: str
    """Its name, such as `shop/api`."""
    immutable: bool
    """Whether a tag, once set, stays with its image."""
    expiry: Document
    """Which images ECR deletes by itself."""
    protect: bool
    """Whether it is guarded against deletion; where not, it is deleted with its images."""
    pullers: tuple[str, ...] = ()
    """ARNs of other accounts that run its images."""


class Registry(Component):
    """One repository."""

    TYPE = "slipway:aws:Registry"

    url: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        repository = ecr.Repository(
            f"{name}-repository",
            name=args.repository,
            image_tag_mutability="IMMUTABLE" if args.immutable else "MUTABLE",
            image_scanning_configuration=ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=args.immutable),
            encryption_configurations=[ecr.RepositoryEncryptionConfigurationArgs(encryption_type="AES256")],
            force_delete=not args.protect,
            opts=self.child(protect=args.protect),
        )
        ecr.LifecyclePolicy(
            f"{name}-expiry",
            repository=repository.name,
            policy=pulumi.Output.json_dumps(args.expiry),
            opts=self.child(),
        )
        if args.pullers:
            ecr.RepositoryPolicy(
                f"{name}-pull",
                repository=repository.name,
                policy=pulumi.Output.json_dumps(pull(args.pullers)),
                opts=self.child(),
            )
        self.url = repository.repository_url
        self.finish()
