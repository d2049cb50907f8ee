"""The parts of the toolchain, each pinned: what it is, which version, how it is made or found.

To take another version: change it here, put the module's `go.mod` and `go.sum` into `modules/<part>/`, run
`python -m offline install --parts <part>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent / "modules"


@dataclass(frozen=True, kw_only=True)
class GoPart:
    """A part that is compiled from a published Go module, whose checksums lie in `modules/<name>/go.sum`."""

    name: str
    version: str
    """Without the leading v."""
    module: str
    """The Go module that its origin is told by."""
    binaries: dict[str, str]
    """Name of a binary -> import path of its main package."""
    defines: tuple[str, ...] = ()
    """String variables set by the linker, as `path.Name=value`."""
    seconds: int
    """How long a cold build takes on two cores: the estimate that progress is told against."""
    gigabytes: float
    """Disk that a cold build needs, Go's caches included."""
    plugin_version: str = ""
    """Of a Terraform provider: the version of the Pulumi SDK whose plugin it stands in for."""

    @property
    def origin(self) -> str:
        """Where the part comes from, for reports."""
        return f"Go module {self.module} v{self.version}"

    @property
    def modules(self) -> Path:
        """The folder with the module files of the part."""
        return MODULES / self.name

    def fingerprint(self) -> str:
        """Tell one recipe from another: a part built by another recipe is built again, whatever its version says."""
        recipe = hashlib.sha256(repr((self.version, sorted(self.binaries.items()), self.defines)).encode())
        for file in self._files():
            recipe.update(file.relative_to(self.modules).as_posix().encode() + b"\0" + file.read_bytes())
        return recipe.hexdigest()[:16]

    def _files(self) -> Iterator[Path]:
        return (file for file in sorted(self.modules.rglob("*")) if file.is_file())


@dataclass(frozen=True, kw_only=True)
class FoundPart:
    """A part that is looked for on this machine: a Terraform provider in a filesystem mirror."""

    name: str
    version: str
    source: str
    """The provider's address in Terraform's terms: host/namespace/type."""
    plugin_version: str
    """The version of the Pulumi SDK whose plugin it stands in for."""

    @property
    def origin(self) -> str:
        """Where the part comes from, for reports."""
        return f"Terraform provider {self.source} {self.version}"


ENGINE = GoPart(
    name="engine",
    version="3.255.0",
    module="github.com/pulumi/pulumi/pkg/v3",
    binaries={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
    # Without it the engine reports no version, and the Automation API refuses it.
    defines=("github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.255.0",),
    seconds=340,
    gigabytes=4.5,
)

_DOCKER_BUILD = "github.com/pulumi/pulumi-docker-build"
DOCKER_BUILD = GoPart(
    name="docker-build",
    version="0.0.22",
    module=_DOCKER_BUILD,
    binaries={"pulumi-resource-docker-build": f"{_DOCKER_BUILD}/provider/cmd/pulumi-resource-docker-build"},
    defines=(f"{_DOCKER_BUILD}/provider.Version=0.0.22",),
    seconds=290,
    gigabytes=2.0,
)

BUILDKIT = GoPart(
    name="buildkit",
    version="0.31.0",
    module="github.com/moby/buildkit",
    binaries={
        "buildkitd": "github.com/moby/buildkit/cmd/buildkitd",
        "buildctl": "github.com/moby/buildkit/cmd/buildctl",
    },
    defines=("github.com/moby/buildkit/version.Version=v0.31.0",),
    seconds=130,
    gigabytes=1.5,
)

#: For whoever works on Slipway, and no part of the toolchain: `make check` looks at workflow files with it. Its package
#: on PyPI downloads a binary while it is installed, which a machine without internet cannot do.
ACTIONLINT = GoPart(
    name="actionlint",
    version="1.7.12",
    module="github.com/rhysd/actionlint",
    binaries={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
    seconds=50,
    gigabytes=0.3,
)

AWS = FoundPart(
    name="aws",
    version="5.100.0",
    source="registry.terraform.io/hashicorp/aws",
    plugin_version="7.51.1",
)

#: The very version that is inside Pulumi's plugin.
GITHUB = GoPart(
    name="github",
    version="6.13.0",
    module="github.com/integrations/terraform-provider-github/v6",
    binaries={"terraform-provider-github": "github.com/integrations/terraform-provider-github/v6"},
    seconds=90,
    gigabytes=0.5,
    plugin_version="6.15.0",
)

Part = GoPart | FoundPart
PARTS: dict[str, Part] = {part.name: part for part in (ENGINE, DOCKER_BUILD, BUILDKIT, AWS, GITHUB)}
#: The Pulumi packages that the bridge stands in for -> the Terraform provider behind each.
BRIDGED: dict[str, Part] = {part.name: part for part in (AWS, GITHUB)}
