"""Where settings come from: the engine's configuration, the project's files, the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import config as engine

from settings.table import SETTINGS

#: Reads YAML without making objects of it; the one in C is ten times as fast, and not everywhere.
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Everything that settings are read from, as found: unchecked."""

    root: Path
    """The folder of `Pulumi.yaml`."""
    project: str
    stack: str
    values: Mapping[str, Any]
    """The project's settings, defaults filled in, by key without prefix."""
    defaults: Mapping[str, Any]
    """The defaults that `Pulumi.yaml` gives."""
    given: frozenset[str]
    """Keys that the stack's own file sets, as written there without the project's prefix."""
    secret: frozenset[str]
    """Keys whose values are encrypted, without prefix."""
    aws: Mapping[str, str]
    """What the stack sets for Pulumi's aws provider, such as `region`."""
    stacks: Mapping[str, Mapping[str, Any]]
    """What every stack's file says, by stack: to know other environments by name."""
    variables: Mapping[str, str]
    """Environment variables."""

    def file(self, key: str) -> str:
        """Return the file to open for `key`: the stack's, unless the project's has a default that is not empty."""
        application = key in SETTINGS and SETTINGS[key].application
        said_by_project = key not in self.given and (application or self.defaults.get(key) not in (None, "", {}, []))
        return "Pulumi.yaml" if said_by_project else f"Pulumi.{self.stack}.yaml"


def gather() -> Source:
    """Gather the settings of the stack that the engine runs now."""
    root = Path.cwd()
    project, stack = pulumi.get_project(), pulumi.get_stack()
    configured = {**engine.get_config_env(), **engine.CONFIG.get()}
    secret = {key for key in configured if engine.is_config_secret(key)} | set(engine.get_config_secret_keys_env())
    return make(
        root,
        project,
        stack,
        project_file=read_yaml(root / "Pulumi.yaml"),
        stack_files={
            path.name.removeprefix("Pulumi.").removesuffix(".yaml"): read_yaml(path) for path in stack_files(root)
        },
        configured=configured,
        secret=secret,
        variables=os.environ,
    )


def from_files(root: Path, stack: str, variables: Mapping[str, str]) -> Source:
    """Gather the settings of a stack without the engine: from the project's files alone.

    What is encrypted there stays so. A stack without a file has the defaults of `Pulumi.yaml`.
    """
    project_file = read_yaml(root / "Pulumi.yaml")
    project = str(project_file.get("name", ""))
    files = {path.name.removeprefix("Pulumi.").removesuffix(".yaml"): read_yaml(path) for path in stack_files(root)}
    defaults = {f"{project}:{key}": value for key, value in project_defaults(project, project_file).items()}
    own = {_prefixed(project, str(key)): value for key, value in ((files.get(stack) or {}).get("config") or {}).items()}
    secret = {key for key, value in own.items() if isinstance(value, dict) and set(value) == {"secure"}}
    return make(
        root,
        project,
        stack,
        project_file=project_file,
        stack_files=files,
        configured={key: _as_engine(value) for key, value in {**defaults, **own}.items()},
        secret=secret,
        variables=variables,
    )


def make(
    root: Path,
    project: str,
    stack: str,
    *,
    project_file: Mapping[str, Any],
    stack_files: Mapping[str, Mapping[str, Any]],
    configured: Mapping[str, str],
    secret: set[str],
    variables: Mapping[str, str],
) -> Source:
    """Sort what was found by whom it belongs to."""
    stacks = {name: _unprefixed(project, content.get("config") or {}) for name, content in stack_files.items()}
    return Source(
        root=root,
        project=project,
        stack=stack,
        values={key: _decoded(key, value) for key, value in _of_namespace(project, configured).items()},
        defaults=project_defaults(project, project_file),
        given=frozenset(stacks.get(stack, {})),
        secret=frozenset(_of_namespace(project, dict.fromkeys(secret, ""))),
        aws=_of_namespace("aws", configured),
        stacks=stacks,
        variables=variables,
    )


def project_defaults(project: str, project_file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default of every setting that `Pulumi.yaml` declares."""
    declared = _unprefixed(project, project_file.get("config") or {})
    return {key: entry["default"] for key, entry in declared.items() if isinstance(entry, dict) and "default" in entry}


def stack_files(root: Path) -> list[Path]:
    """Return the files of the project's stacks."""
    return sorted(path for path in root.glob("Pulumi.*.yaml") if path.is_file())


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file; an empty or missing one holds nothing, as does one that only the engine can make sense of.

    What it says is to be read only: the same text gives the same.
    """
    try:
        content = _said(path.read_text())
    except (OSError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=64)
def _said(text: str) -> Any:
    """Return what a text says, which the files of all stacks are asked for again and again."""
    return yaml.load(text, LOADER)  # noqa: S506 - a safe one


def _of_namespace(namespace: str, configured: Mapping[str, str]) -> dict[str, str]:
    """Return what belongs to a namespace, without its prefix."""
    prefix = f"{namespace}:"
    return {key.removeprefix(prefix): value for key, value in configured.items() if key.startswith(prefix)}


def _unprefixed(project: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's settings by bare key; a prefixed one means the same. Other namespaces keep their prefix."""
    return {str(key).removeprefix(f"{project}:"): value for key, value in config.items()}


def _prefixed(project: str, key: str) -> str:
    """Return a key with the project's prefix, unless it has one."""
    return key if ":" in key else f"{project}:{key}"


def _as_engine(value: Any) -> str:
    """Return a value of a file as the engine hands it over: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _decoded(key: str, value: str) -> Any:
    """Return a value in its form: the engine hands objects and lists over as JSON."""
    if key in SETTINGS and SETTINGS[key].form.structured:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
