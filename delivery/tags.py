"""Tags of images in ECR: the version and the commit, set once a release serves.

Images are pushed by digest, so that an immutable tag never stands in the way of a retry; a tag is one PutImage of a
manifest that is already there. Doing it twice changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from delivery.aws import error_code

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

_ECR = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<repository>[^@:]+)@(?P<digest>sha256:[0-9a-f]{64})"
)
#: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
#: What `git describe` says between two versions, and what stands for a source that is not committed.
_PROVISIONAL = re.compile(r"-\d+-g[0-9a-f]{4,}|dirty|^0\.0\.0-|-[0-9a-f]{8}$")
_MANIFESTS = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]


@dataclass(frozen=True, slots=True)
class Image:
    """An image in ECR."""

    registry: str
    repository: str
    digest: str
    region: str = field(default="", compare=False)

    @classmethod
    def read(cls, reference: str) -> Image | None:
        """Read `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:…`; None for any other registry."""
        found = _ECR.fullmatch(reference)
        return cls(found["registry"], found["repository"], found["digest"], found["region"]) if found else None


def usable(tag: str) -> bool:
    """Whether a registry takes it as a tag."""
    return bool(_TAG.fullmatch(tag))


def binding(version: str) -> bool:
    """Whether a version promises one content for ever: `1.8.0` does, `1.8.0-3-g3f9c1e2` is only a description."""
    return usable(version) and not _PROVISIONAL.search(version)


class Tags:
    """Reads and sets the tags of images."""

    def __init__(self, ecr: ECRClient) -> None:
        self._ecr = ecr

    def digest(self, image: Image, tag: str) -> str | None:
        """The digest that a tag names in the image's repository; None where the tag is free."""
        found = self._ecr.batch_get_image(
            registryId=image.registry, repositoryName=image.repository, imageIds=[{"imageTag": tag}]
        )
        return next((one.get("imageId", {}).get("imageDigest") for one in found.get("images", [])), None)

    def exists(self, image: Image) -> bool:
        """Whether the registry still has the image."""
        return self._manifest(image) is not None

    def put(self, image: Image, tag: str) -> bool:
        """Let a tag name the image; False where it names another one, or the image is gone. Idempotent.

        Of an image that is taken the tags are there already, and the right to set them is not.
        """
        if (named := self.digest(image, tag)) is not None:
            return named == image.digest
        manifest = self._manifest(image)
        if manifest is None:
            return False
        try:
            self._ecr.put_image(
                registryId=image.registry,
                repositoryName=image.repository,
                imageManifest=manifest[0],
                imageManifestMediaType=manifest[1],
                imageTag=tag,
                imageDigest=image.digest,
            )
        except Exception as error:
            if error_code(error) == "ImageAlreadyExistsException":
                return True
            if error_code(error) == "ImageTagAlreadyExistsException":
                return self.digest(image, tag) == image.digest
            raise
        return True

    def _manifest(self, image: Image) -> tuple[str, str] | None:
        found = self._ecr.batch_get_image(
            registryId=image.registry,
            repositoryName=image.repository,
            imageIds=[{"imageDigest": image.digest}],
            acceptedMediaTypes=_MANIFESTS,
        )
        for one in found.get("images", []):
            return one.get("imageManifest", ""), one.get("imageManifestMediaType", "")
        return None
