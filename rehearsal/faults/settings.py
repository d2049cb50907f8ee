"""The settings of the rehearsed environment, changed as a person changes them: in the stack's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

#: The variable by which a cell's release is told from every other; its value is the version.
MARK = "RELEASE"


class Settings:
    """`Pulumi.staging.yaml` of the rehearsed project."""

    def __init__(self, file: Path, project: str) -> None:
        self._file = file
        self._project = project

    def get(self, key: str) -> Any:
        """Return a setting that the file says; None where it says nothing."""
        return self._read().get("config", {}).get(f"{self._project}:{key}")

    def set(self, **settings: Any) -> None:
        """Set settings; None removes one."""
        content = self._read()
        config = content.setdefault("config", {})
        for key, value in settings.items():
            if value is None:
                config.pop(f"{self._project}:{key}", None)
            else:
                config[f"{self._project}:{key}"] = value
        draft = self._file.with_suffix(".new")
        draft.write_text(yaml.safe_dump(content, sort_keys=False))
        draft.replace(self._file)

    def release(self, version: str) -> None:
        """Ask for a new release without a new image: another version, with another environment variable."""
        self.set(version=version, env={**(self.get("env") or {}), MARK: version})

    def _read(self) -> dict[str, Any]:
        content = yaml.safe_load(self._file.read_text())
        return content if isinstance(content, dict) else {}
