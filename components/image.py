"""The image of a service: built here and pushed by digest, or one that is already there."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_docker_build as docker
from pulumi_aws import ecr

from components.component import Component
from components.shared import CACHE
from settings import App, Environment

_PLATFORMS = {"x86_64": docker.Platform.LINUX_AMD64, "arm64": docker.Platform.LINUX_ARM64}


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageArgs:
    """Which image."""

    env: Environment
    app: App
    taken: str | None
    """The image to take, `repository@sha256:…`; None to build it."""


class Image(Component):
    """An image as services run it: `repository@sha256:…`, never a tag."""

    TYPE = "slipway:aws:Image"

    ref: pulumi.Output[str]
    repository_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        registry = args.env.registry
        repository = ecr.get_repository_output(
            name=registry.repository(args.app.name), registry_id=registry.account, opts=self.lookup()
        )
        self.repository_arn = repository.arn
        if args.taken is None:
            digest = self._build(args, repository.repository_url).digest
            self.ref = pulumi.Output.concat(repository.repository_url, "@", digest)
        else:
            self.ref = pulumi.Output.from_input(args.taken)
        self.finish()

    def _build(self, args: ImageArgs, url: pulumi.Output[str]) -> docker.Image:
        """Build the image and push it by content, without a tag: a build that was cut short can be run again.

        The same source gives the same digest, since times in the image are those of the sources. Deleting the resource
        leaves the image: an earlier release may still run it.
        """
        env, build = args.env, args.app.build
        login = ecr.get_authorization_token_output(registry_id=env.registry.account, opts=self.lookup())
        cache = url.apply(lambda url: f"{url.split('/')[0]}/{env.registry.repository(CACHE)}:{args.app.name}")
        # Layers are cached in the shared stack's repository only: a registry that is somebody else's may have none.
        cached = env.registry.owned
        return docker.Image(
            f"{self.name}-image",
            context=docker.BuildContextArgs(location=build.context),
            dockerfile=docker.DockerfileArgs(location=build.dockerfile),
            build_args={**build.args, "SOURCE_DATE_EPOCH": "0"},
            platforms=[_PLATFORMS[env.architecture]],
            exports=[docker.ExportArgs(raw=url.apply(_by_digest))],
            cache_from=[docker.CacheFromArgs(registry=docker.CacheFromRegistryArgs(ref=cache))] if cached else None,
            cache_to=[docker.CacheToArgs(registry=_every_layer(cache))] if cached else None,
            registries=[
                docker.RegistryArgs(
                    address=login.proxy_endpoint.apply(lambda address: address.removeprefix("https://")),
                    username=login.user_name,
                    password=pulumi.Output.secret(login.password),
                )
            ],
            # The push is part of the export. Previews build without pushing: a broken Dockerfile shows there.
            push=False,
            build_on_preview=True,
            opts=self.child(keep=True),
        )


def _by_digest(url: str) -> str:
    """Return BuildKit's words for: push to this repository, without a tag, with times that do not change."""
    return f"type=registry,name={url},push-by-digest=true,rewrite-timestamp=true"


def _every_layer(cache: pulumi.Output[str]) -> docker.CacheToRegistryArgs:
    """Return where layers are cached, in the form that ECR takes. A cache that cannot be written fails no build."""
    return docker.CacheToRegistryArgs(
        ref=cache, mode=docker.CacheMode.MAX, image_manifest=True, oci_media_types=True, ignore_error=True
    )
