"""Where the engine keeps its state, and with it locks and history: found as the engine finds it.

`PULUMI_BACKEND_URL`, else `backend.url` in `Pulumi.yaml`, else what `pulumi login` chose last.
https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

import boto3
from botocore.config import Config

from delivery.errors import DeliveryError
from delivery.histories import BucketHistory, FolderHistory, History
from delivery.locks import BucketLocks, FolderLocks, Locks
from delivery.states import States
from ops.place import Place, project_file


def url(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Return the URL of the state. Raises `DeliveryError` where none was chosen."""
    declared = project_file(folder or Path.cwd()).get("backend")
    chosen = environ.get("PULUMI_BACKEND_URL") or (declared or {}).get("url") or _logged_in(environ)
    if not chosen:
        raise DeliveryError(
            "nothing says where Pulumi keeps the state",
            "`pulumi login s3://your-state-bucket`, or set PULUMI_BACKEND_URL",
        )
    return str(chosen)


def locks(place: Place, state: str, folder: Path | None = None) -> Locks:
    """Open the locks of a stack in the state at a URL. Raises `DeliveryError` for a state that is neither."""
    parts = urlsplit(state)
    if parts.scheme == "file":
        root = Path(state.removeprefix("file://").partition("?")[0]).expanduser()
        return FolderLocks((folder or Path.cwd()) / root, place.project, place.stack)
    if parts.scheme == "s3":
        return BucketLocks(_s3(parts, place), parts.netloc, parts.path, place.project, place.stack)
    raise DeliveryError(
        f"{place.stack}: the state is kept at {parts.scheme}://{parts.hostname or ''}; its locks are not read here",
        f"`pulumi cancel -s {place.stack}`, once you know that nobody updates the stack",
    )


def bucket(place: Place, state: str) -> tuple[Any, str] | None:
    """Return a client for the bucket of the state at a URL, and its name; None where it is in no bucket of S3."""
    parts = urlsplit(state)
    return (_s3(parts, place), parts.netloc) if parts.scheme == "s3" else None


def history(place: Place, state: str, folder: Path | None = None) -> History:
    """Open Pulumi's history of a stack in the state at a URL. Raises `DeliveryError` for a state that is neither."""
    parts = urlsplit(state)
    if parts.scheme == "file":
        root = Path(state.removeprefix("file://").partition("?")[0]).expanduser()
        return FolderHistory((folder or Path.cwd()) / root, place.project, place.stack)
    if parts.scheme == "s3":
        return BucketHistory(_s3(parts, place), parts.netloc, parts.path, place.project, place.stack)
    raise DeliveryError(
        f"{place.stack}: the state is kept at {parts.scheme}://{parts.hostname or ''}; its history is not read here",
        f"`pulumi stack history -s {place.stack}`",
    )


def states(place: Place, state: str) -> States:
    """Open the versions of a stack's state at a URL. Raises `DeliveryError` for a state that is in no bucket of S3."""
    parts = urlsplit(state)
    if parts.scheme == "s3":
        return States(_s3(parts, place), parts.netloc, parts.path, place.project, place.stack)
    if parts.scheme == "file":
        raise DeliveryError(
            f"{place.stack}: the state is kept in a folder, which has no versions",
            f"the state after each update lies in .pulumi/history/{place.project}/{place.stack}; docs/state.md",
        )
    raise DeliveryError(
        f"{place.stack}: the state is kept at {parts.scheme}://{parts.hostname or ''}; its versions are not read here",
        f"`pulumi stack export -s {place.stack} --version N --file state.json`, then `pulumi stack import`; "
        f"`pulumi stack history` names N",
    )


def _s3(parts: SplitResult, place: Place) -> Any:
    """Make the client that the URL asks for: https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3."""
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    endpoint = asked.get("endpoint")
    if endpoint and "://" not in endpoint:
        plain = "true" in (asked.get("disableSSL"), asked.get("disable_https"))
        endpoint = f"{'http' if plain else 'https'}://{endpoint}"
    by_path = "true" in (asked.get("s3ForcePathStyle"), asked.get("use_path_style"))
    session = boto3.session.Session(profile_name=asked.get("profile"), region_name=asked.get("region") or place.region)
    config = Config(s3={"addressing_style": "path"} if by_path else None)
    return session.client("s3", endpoint_url=endpoint, config=config)


def _logged_in(environ: Mapping[str, str]) -> str:
    """Return the state that `pulumi login` chose; nothing else of that file is looked at."""
    home = environ.get("PULUMI_CREDENTIALS_PATH") or environ.get("PULUMI_HOME")
    path = (Path(home) if home else Path.home() / ".pulumi") / "credentials.json"
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return ""
    return str(found.get("current") or "") if isinstance(found, dict) else ""
