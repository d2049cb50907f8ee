"""The settings of a stack, typed and checked.

What the application is stands in `Pulumi.yaml`, how a place differs in `Pulumi.<stack>.yaml`; `docs/settings.md`
describes each setting. Everything that is wrong is told at once, before anything is touched. Nothing else in the
program reads the engine's configuration or environment variables.

    load()           gather, then read
    settings.source  what was found, unchecked
    settings.table   every setting there is
    settings.reading  from one to the other; `services`, `network`, `place`, `rollout`, `github`, `workflows` read parts
    settings.model   what the program gets
    settings.agreed  names that workflows use and the repository declares
"""

from __future__ import annotations

from settings.model import (
    AlarmSettings,
    App,
    Build,
    Cargo,
    Database,
    Door,
    Environment,
    ExistingNetwork,
    Guest,
    HostNetwork,
    Origin,
    OwnNetwork,
    Ran,
    Registry,
    Scale,
    Secret,
    Shared,
    Stack,
    Workflows,
)
from settings.problems import Problem, SettingsError
from settings.reading import read
from settings.repository import GUARD_PATH, GitHub, Label, Place, Webhook
from settings.source import gather

__all__ = [
    "GUARD_PATH",
    "AlarmSettings",
    "App",
    "Build",
    "Cargo",
    "Database",
    "Door",
    "Environment",
    "ExistingNetwork",
    "GitHub",
    "Guest",
    "HostNetwork",
    "Label",
    "Origin",
    "OwnNetwork",
    "Place",
    "Problem",
    "Ran",
    "Registry",
    "Scale",
    "Secret",
    "SettingsError",
    "Shared",
    "Stack",
    "Webhook",
    "Workflows",
    "load",
]


def load() -> Shared | Environment:
    """Return the settings of the stack that the engine runs now. Raises `SettingsError` with all that is wrong."""
    return read(gather())
