"""Finds a Terraform provider on this machine where Terraform itself would find it. Downloads nothing."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

from offline.engine.parts import FoundPart
from offline.errors import OfflineError

#: Roots for add-on software whose folders may hold a mirror: the last place looked at.
ROOTS = ("/opt", "/usr/local/lib", "/usr/local/share", "/usr/share", "/usr/lib", "/srv")


def variable(part: FoundPart) -> str:
    """The environment variable that names the binary, or a mirror, outright."""
    return f"SLIPWAY_TERRAFORM_PROVIDER_{part.source.rsplit('/', 1)[-1].upper()}"


def find(part: FoundPart) -> Path:
    """Return the provider's binary; raise OfflineError telling where it was looked for."""
    if named := os.environ.get(variable(part)):
        given = Path(named).expanduser()
        found = given if given.is_file() else _in_mirror(given, part)
        if found is None:
            raise OfflineError(
                f"{variable(part)}={named} is neither a provider nor a mirror that holds {part.source} {part.version}.",
                "point it at the binary terraform-provider-… itself, or at the folder above registry.terraform.io.",
            )
        return found
    looked: list[Path] = []
    for mirror in _mirrors():
        if mirror in looked:
            continue
        looked.append(mirror)
        if found := _in_mirror(mirror, part):
            return found
    raise OfflineError(
        f"{part.source} {part.version} for {_platform()} is in no Terraform mirror of this machine "
        f"(looked in {', '.join(map(str, looked))}, and below {', '.join(ROOTS)}).",
        f"where there is network, `terraform providers mirror DIR` fetches it; then set {variable(part)}=DIR. "
        "With internet, use Pulumi's own download instead: see the README.",
    )


def _platform() -> str:
    """The platform in Terraform's words, such as linux_amd64."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def _in_mirror(mirror: Path, part: FoundPart) -> Path | None:
    """The binary in a filesystem mirror of the unpacked layout, if it is there."""
    folder = mirror / part.source / part.version / _platform()
    name = part.source.rsplit("/", 1)[-1]
    try:
        return next(
            (file for file in sorted(folder.glob(f"terraform-provider-{name}_v*")) if os.access(file, os.X_OK)), None
        )
    except OSError:
        return None


def _mirrors() -> Iterator[Path]:
    """Candidate mirrors, nearest to the user's own words first."""
    yield from _configured()
    yield from _implied()
    host = "registry.terraform.io"
    for root in map(Path, ROOTS):
        # Two levels below a root: /opt/<product>/<mirror>. Deeper ones are named in a configuration file.
        for pattern in (host, f"*/{host}", f"*/*/{host}"):
            try:
                yield from (found.parent for found in sorted(root.glob(pattern)))
            except OSError:
                continue


def _configured() -> Iterator[Path]:
    """Mirrors and the plugin cache named in Terraform's CLI configuration file."""
    file = Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc").expanduser()
    try:
        text = re.sub(r"(?m)^\s*(#|//).*$", "", file.read_text())
    except OSError:
        text = ""
    for block in re.finditer(r"filesystem_mirror\s*\{([^}]*)\}", text):
        if path := re.search(r'path\s*=\s*"([^"]+)"', block[1]):
            yield Path(path[1]).expanduser()
    named = re.search(r'plugin_cache_dir\s*=\s*"([^"]+)"', text)
    if cache := os.environ.get("TF_PLUGIN_CACHE_DIR") or (named and named[1]):
        yield Path(os.path.expandvars(cache)).expanduser()


def _implied() -> Iterator[Path]:
    """The local mirrors that Terraform looks at unasked."""
    yield Path("terraform.d/plugins").absolute()
    yield Path.home() / ".terraform.d" / "plugins"
    data = [os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")]
    data += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    yield from (Path(folder) / "terraform" / "plugins" for folder in data)
