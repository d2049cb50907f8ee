"""The stage: everything that is up, and how commands reach it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import boto3

from rehearsal.command import Hand
from rehearsal.home import MARK, Home
from rehearsal.processes import Notebook
from rehearsal.stage.application import Application
from rehearsal.stage.docker_engine import Engine
from rehearsal.stage.emulator import Emulator
from rehearsal.stage.emulator import of as emulator_of
from rehearsal.stage.github import GitHub
from rehearsal.stage.secrets import Planted
from rehearsal.stage.stores import Stores, secret_name
from rehearsal.stage.workspace import CHECKOUT, Project

NOTE = "stage.json"
#: Variables of the person's own that must not reach a rehearsal: real accounts, real state, real repositories.
FOREIGN = ("AWS_", "PULUMI_", "BUILDX_", "DOCKER_CONFIG", "GITHUB_TOKEN", "GH_TOKEN")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Stage:
    """What a rehearsal stands on. Everything about it that has to be told to a command is in `environment`."""

    home: Home
    notebook: Notebook
    engine: Engine | None
    """Where containers run; None on a stage without any."""
    emulator: Emulator
    project: Project
    planted: Planted
    environment: Mapping[str, str]
    stores: Stores | None = None
    """Postgres and Redis, where they were asked for."""
    github: GitHub | None = None
    """The emulated GitHub, where it was asked for."""

    @property
    def hand(self) -> Hand:
        """Types commands in the project's folder."""
        return Hand(self.home, self.notebook, self.environment, self.home.workspace)

    @property
    def application(self) -> Application:
        """The application's copy."""
        return Application(self.home.workspace / self.project.context)

    @property
    def store_secrets(self) -> Mapping[str, str]:
        """The variables by which the application finds its stores, each with its secret in Secrets Manager."""
        variables = self.stores.urls(self.planted) if self.stores else {}
        return {variable: secret_name(self.project.name, variable) for variable in variables}

    def client(self, service: str, account: str = "") -> Any:
        """Return a client of the emulated AWS, as `aws configure` would give one to an administrator of an account.

        account: another one than the stage's own.
        """
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.emulator.endpoint,
            region_name=self.emulator.region,
            aws_access_key_id=account or self.emulator.account,
            aws_secret_access_key=self.planted.aws_secret_key,
        )

    def with_registry_token(self) -> Stage:
        """Return the stage with the registry's password among what is planted."""
        told = self.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
        password = base64.b64decode(told).decode().partition(":")[2]
        return replace(self, planted=replace(self.planted, registry_token=password))

    def keep(self) -> None:
        """Write down what a later shell needs to join. The folder is closed to everybody else: this holds secrets."""
        self.home.write(
            NOTE,
            {
                "environment": dict(self.environment),
                "planted": asdict(self.planted),
                "engine": asdict(self.engine) if self.engine else None,
                "emulator": {**asdict(self.emulator), "ca": str(self.emulator.ca)},
                "stores": asdict(self.stores) if self.stores else None,
                "github": asdict(self.github) if self.github else None,
            },
        )

    @classmethod
    def join(cls, home: Home) -> Stage | None:
        """Return the stage that an earlier rehearsal kept, if its emulated AWS still runs."""
        note, notebook = home.read(NOTE), Notebook(home)
        if not note or "emulated AWS" not in {process.what for process in notebook.running()}:
            return None
        return cls(
            home=home,
            notebook=notebook,
            engine=Engine(**note["engine"]) if note["engine"] else None,
            emulator=emulator_of(note["emulator"]),
            project=Project.read(home.workspace),
            planted=Planted(**note["planted"]),
            environment=note["environment"],
            stores=Stores(**note["stores"]) if note.get("stores") else None,
            github=GitHub(**note["github"]) if note.get("github") else None,
        )


def clean(outer: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what belongs to the person's own clouds, states and builders."""
    kept = {name: value for name, value in outer.items() if not name.startswith(FOREIGN) and name != MARK}
    return kept | {"PYTHONPATH": str(CHECKOUT)}


def environment(
    base: Mapping[str, str],
    home: Home,
    emulator: Emulator,
    planted: Planted,
    *others: Mapping[str, str],
) -> dict[str, str]:
    """Return what a command in the project gets: the only place where a rehearsal differs from the real thing."""
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), emulator.proxy)
    proxies |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    unproxied = {name: value for name, value in base.items() if name.upper() not in PROXIES}
    mine = {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": emulator.account,
        "AWS_SECRET_ACCESS_KEY": planted.aws_secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SSL_CERT_FILE": str(emulator.ca),
        "PULUMI_BACKEND_URL": f"file://{home.state}",
        "PULUMI_CONFIG_PASSPHRASE": planted.passphrase,
        "DEPLOY_TOKEN": planted.terminal,
        MARK: str(home.root),
    }
    together = unproxied | proxies | mine
    for variables in others:
        together |= variables
    return together


def parse_url(outputs: str, service: str) -> str:
    """Return the service's URL from `pulumi stack output --json`."""
    return str(json.loads(outputs)["urls"][service])
