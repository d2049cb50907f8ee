"""Where an environment is, read from the project's files: no engine, no passphrase, no state."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from botocore.config import Config

from delivery.errors import DeliveryError
from delivery.records import bucket_name
from delivery.store import AT_ONCE, Store

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 5
#: Reads YAML without making objects of it; the one in C is ten times as fast, and not everywhere.
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An environment of a project.

    project, stack: as Pulumi calls them. account: twelve digits. region: AWS's.
    endpoint: URL that stands in for all of AWS; None for AWS itself.
    builds: whether images are built here, and not taken from another environment.
    refuses_ahead: whether going back to a release that does not know the database's schema is refused.
    shared: whether it is the stack of what environments share; nothing is released there.
    source: the environment that it takes releases from; empty where it builds them.
    release: what the setting of that name asks for; gates, tell: what those say, unchecked.
    """

    project: str
    stack: str
    account: str
    region: str
    endpoint: str | None
    builds: bool
    refuses_ahead: bool = False
    shared: bool = False
    source: str = ""
    release: str = ""
    gates: Mapping[str, Any] = field(default_factory=dict)
    tell: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        """Where its releases are written down."""
        return bucket_name(self.project, self.stack, self.account)

    def store(self) -> Store:
        """Open its records."""
        client: S3Client = boto3.session.Session().client(
            "s3", region_name=self.region, endpoint_url=self.endpoint, config=Config(max_pool_connections=AT_ONCE)
        )
        return Store(client, self.bucket)

    def client(self, name: str) -> Any:
        """Return a client of one of AWS's services, by AWS's name of it; it waits for no answer for long."""
        config = Config(connect_timeout=_CONNECT_SECONDS, retries={"mode": "standard", "total_max_attempts": 3})
        session: Any = boto3.session.Session()
        return session.client(name, region_name=self.region, endpoint_url=self.endpoint, config=config)

    def registry(self) -> ECRClient:
        """Return a client of the registry."""
        return boto3.session.Session().client("ecr", region_name=self.region, endpoint_url=self.endpoint)


def project_file(root: Path) -> dict[str, Any]:
    """Read `Pulumi.yaml`. Raises `DeliveryError` where it is missing or no YAML."""
    return _yaml(root / "Pulumi.yaml", "run this where Pulumi.yaml lies")


def find(
    stack: str, folder: Path | None = None, environ: Mapping[str, str] = os.environ, *, shared: bool = False
) -> Place:
    """Read where `stack` is. Raises `DeliveryError` for a file, or a value in it, that is missing.

    shared: accept the stack of what environments share, too.
    """
    root = folder or Path.cwd()
    project = project_file(root)
    name = str(project.get("name", ""))
    there = ", ".join(sorted(path.name.split(".")[1] for path in root.glob("Pulumi.*.yaml"))) or "none"
    settings = _yaml(root / f"Pulumi.{stack}.yaml", f"choose a stack that has a file here: {there}").get("config") or {}
    declared = project.get("config") or {}
    defaults = {key: value.get("default") for key, value in declared.items() if isinstance(value, dict)}

    def found(key: str) -> Any:
        return settings.get(f"{name}:{key}", settings.get(key, defaults.get(key)))

    def setting(key: str) -> str:
        value = found(key)
        return "" if value is None else str(value)

    gates, tell = found("gates"), found("tell")

    account, region = setting("account"), str(settings.get("aws:region") or environ.get("AWS_REGION") or "")
    if not re.fullmatch(r"\d{12}", account):
        raise DeliveryError(
            f"Pulumi.{stack}.yaml: {name}:account: must be twelve digits, got {account or 'nothing'!r}",
            f'write it in quotes: `{name}:account: "111122223333"`',
        )
    if not region:
        raise DeliveryError(f"Pulumi.{stack}.yaml: aws:region: is missing", "such as `aws:region: eu-central-1`")
    if setting("kind") == "shared" and not shared:
        raise DeliveryError(f"{stack}: is what environments share; nothing runs there", f"choose another of: {there}")
    return Place(
        project=name,
        stack=stack,
        account=account,
        region=region,
        endpoint=setting("endpoint") or environ.get("AWS_ENDPOINT_URL") or None,
        builds=setting("source") in ("", "build"),
        refuses_ahead=setting("schema_ahead") == "refuse",
        shared=setting("kind") == "shared",
        source="" if setting("source") == "build" else setting("source"),
        release=setting("release"),
        gates=gates if isinstance(gates, dict) else {},
        tell=tell if isinstance(tell, dict) else {},
    )


@lru_cache(maxsize=64)
def read(text: str) -> Any:
    """Return what a text of YAML says, to be read only: the same text gives the same. Raises `yaml.YAMLError`."""
    return yaml.load(text, LOADER)  # noqa: S506 - a safe one


def _yaml(path: Path, fix: str) -> dict[str, Any]:
    """Read a YAML file that holds an object."""
    try:
        found = read(path.read_text())
    except FileNotFoundError:
        raise DeliveryError(f"there is no {path.name} in {path.parent}", fix) from None
    except yaml.YAMLError as error:
        raise DeliveryError(f"{path.name}: cannot be read as YAML: {error}", "mend the line that it names") from None
    return found if isinstance(found, dict) else {}
