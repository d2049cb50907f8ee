"""What this machine and this checkout must have: Python, packages, Pulumi's engine, our plugin, tools."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from delivery.examining import Finding, ok, problem, warning

VERSIONS, TOOLCHAIN = "versions", "toolchain"
_PATIENCE_SECONDS = 20
_OLDEST_PYTHON = (3, 11)
_PIP = "`.venv/bin/pip install -r requirements.txt -c constraints.txt`"
#: Packages that bring a provider -> the engine's name of it.
_PROVIDERS = {"pulumi-aws": "aws", "pulumi-docker-build": "docker-build", "pulumi-github": "github"}


def _installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _say(words: Sequence[str]) -> str | None:
    """What a program says on stdout; None where it fails or says nothing in time."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            list(words), capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThisMachine:
    """A machine and a checkout on it.

    folder: of the project's files, `Pulumi.yaml` among them; root: of Slipway's own. builds: whether images are built.
    python: its version; which: where a program is; say: what a program says; installed: the version of a package.
    """

    folder: Path
    root: Path = Path(__file__).resolve().parent.parent
    builds: bool = True
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    python: tuple[int, ...] = tuple(sys.version_info[:3])
    which: Callable[[str], str | None] = shutil.which
    say: Callable[[Sequence[str]], str | None] = _say
    installed: Callable[[str], str | None] = _installed

    def questions(self) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
        """All that is asked, each by itself."""
        return [
            (VERSIONS, self.runs_on),
            (VERSIONS, self.packages),
            (VERSIONS, self.engine),
            (VERSIONS, self.plugin),
            (VERSIONS, self.providers),
            (TOOLCHAIN, self.tools),
        ]

    def runs_on(self) -> Iterator[Finding]:
        """Python's version."""
        told = f"Python {_dotted(self.python)}"
        if self.python < _OLDEST_PYTHON:
            yield problem(VERSIONS, f"{told} is too old", f"use {_dotted(_OLDEST_PYTHON)} or newer for `.venv`")
        else:
            yield ok(VERSIONS, told)

    def packages(self) -> Iterator[Finding]:
        """Whether what is installed is what is pinned."""
        wanted = pinned(self.root / "requirements.txt")
        exact = pinned(self.root / "constraints.txt")
        missing = [name for name in wanted if self.installed(name) is None]
        found = {name: self.installed(name) for name in {**exact, **wanted}}
        other = [
            f"{name} {found[name]} instead of {version}"
            for name, version in {**exact, **wanted}.items()
            if found[name] not in (None, version)
        ]
        if missing:
            yield problem(VERSIONS, f"not installed: {', '.join(missing)}", _PIP)
        if other:
            yield warning(VERSIONS, f"not as pinned: {_some(other)}", _PIP)
        if not missing and not other:
            yield ok(VERSIONS, f"packages are as pinned ({len(wanted)} of ours, and what they bring)")

    def engine(self) -> Iterator[Finding]:
        """Pulumi's engine beside the SDK that the program is written in."""
        where, sdk = self.which("pulumi"), self.installed("pulumi")
        if where is None:
            yield problem(
                VERSIONS,
                "there is no `pulumi` on PATH",
                "https://www.pulumi.com/docs/install/, or `./slipway toolchain install` and `./slipway shell`",
            )
            return
        said = self.say([where, "version"])
        version = _numbers(said or "")
        if not version:
            yield problem(VERSIONS, f"{where} does not say its version", f"see what `{where} version` says")
            return
        told = f"Pulumi's engine {_dotted(version)}, SDK {sdk or 'not installed'}"
        wanted = _numbers(sdk or "")
        if wanted and version[0] != wanted[0]:
            yield problem(VERSIONS, f"{told}: they do not understand each other", f"install the engine {sdk}")
        elif wanted and version < wanted:
            yield warning(VERSIONS, f"{told}: the engine is older", f"install the engine {sdk} or newer")
        else:
            yield ok(VERSIONS, told)

    def plugin(self) -> Iterator[Finding]:
        """Our own provider, which the engine starts from this checkout."""
        file = self.root / "plugin" / "pulumi-resource-slipway"
        if not file.is_file():
            yield problem(
                VERSIONS, f"{file} is missing: the engine finds no provider `slipway`", "take it from git again"
            )
        elif not os.access(file, os.X_OK):
            yield problem(VERSIONS, f"{file} cannot be executed", f"`chmod +x {file}`")
        else:
            yield ok(VERSIONS, "the provider `slipway` is that of this checkout")

    def providers(self) -> Iterator[Finding]:
        """Providers of others, in the versions that the packages name."""
        home = Path(self.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
        wanted = {name: version for package, name in _PROVIDERS.items() if (version := self.installed(package))}
        there = [
            name for name, version in wanted.items() if (home / "plugins" / f"resource-{name}-v{version}").is_dir()
        ]
        missing = [f"{name} {wanted[name]}" for name in wanted if name not in there]
        if missing and self.environ.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION") == "true":
            yield problem(
                VERSIONS,
                f"providers that are not there and not downloaded: {', '.join(missing)}",
                "`./slipway toolchain install`",
            )
        elif missing:
            yield ok(VERSIONS, f"providers that the next update downloads: {', '.join(missing)}")
        else:
            yield ok(VERSIONS, f"providers: {', '.join(f'{name} {version}' for name, version in wanted.items())}")

    def tools(self) -> Iterator[Finding]:
        """Git, which names releases, and what builds images."""
        if self.which("git") is None:
            yield warning(
                TOOLCHAIN, "there is no `git`: releases are named by their content", "install git, or set `version`"
            )
        else:
            yield ok(TOOLCHAIN, "git")
        if self.environ.get("BUILDX_CONFIG"):
            yield ok(TOOLCHAIN, "images are built where BUILDX_CONFIG says")
            return
        docker = self.which("docker")
        server = self.say([docker, "version", "--format", "{{.Server.Version}}"]) if docker else None
        if server:
            yield ok(TOOLCHAIN, f"Docker {server}")
        elif self.builds:
            what = "Docker does not answer" if docker else "there is no `docker`"
            yield problem(
                TOOLCHAIN, f"{what}: no image can be built here", "start or install Docker (`docker version` tests it)"
            )
        else:
            yield ok(TOOLCHAIN, "no Docker, and none is needed: images are not built here")


def pinned(file: Path) -> dict[str, str]:
    """Return the packages of a requirements file with their exact versions; other lines say nothing here."""
    found = re.findall(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*])?==([^\s;#]+)", file.read_text(), re.MULTILINE)
    return dict(found)


def _numbers(text: str) -> tuple[int, ...]:
    """The version in a text; empty where there is none."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, match.groups())) if match else ()


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _some(names: Sequence[str], at_most: int = 4) -> str:
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more
