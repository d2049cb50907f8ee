"""`docs/settings.md`, written from `Pulumi.yaml` (defaults, descriptions) and `settings.table` (all else)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from settings.table import OBJECTS, SETTINGS, Field

_HEAD = """\
# Settings

<!-- Written by `python -m settings --write-docs` from Pulumi.yaml and settings/table.py: change those, not this. -->

What the application is stands in `Pulumi.yaml`, once; how a place differs stands in `Pulumi.<stack>.yaml`, with the
project's name before each key:

```yaml
config:
  aws:region: eu-central-1
  {project}:account: "111122223333"
  {project}:rollout: all at once, bake 2m
```

`pulumi config set rollout "canary 10% 5m, bake 10m" -s production` does the same, and so does
`pulumi config set --path scale.api 2-6`. An object in a stack file replaces the one in `Pulumi.yaml` as a whole; of
`alarms`, `database`, `gates`, `tell`, `guest`, `subnets` and `github`, fields that are left out keep their defaults.
Everything that is wrong is told at once, before anything is touched.

`aws:region` is required. No setting is a secret: secrets stay in AWS Secrets Manager, and `secrets` names them
(`pulumi config set --path secrets.DATABASE_URL shop/staging/db --plaintext`: the name is none).
"""


def render(project: str, project_file: Mapping[str, Any]) -> str:
    """Return the page for the settings that `project_file`, the content of `Pulumi.yaml`, declares."""
    declared = project_file["config"]
    parts = [_HEAD.replace("{project}", project), "## All settings\n"]
    parts.append(
        _table(
            ("setting", "form", "default", "allowed", "what it is for"),
            [
                (
                    f"`{key}`",
                    str(setting.form),
                    _shown(declared[key]["default"]),
                    setting.allowed,
                    declared[key]["description"],
                )
                for key, setting in SETTINGS.items()
            ],
        )
    )
    shared = ", ".join(f"`{key}`" for key, setting in SETTINGS.items() if setting.shared)
    parts.append(f"To a stack of kind `shared` these mean something: {shared}.\n")
    for where, fields in OBJECTS.items():
        parts.append(f"## Fields of `{where}`\n")
        parts.append(_fields(fields))
    return "\n".join(parts)


def _fields(fields: Mapping[str, Field]) -> str:
    """Return the table of an object's fields."""
    rows = [
        (f"`{key}`", str(field.form), _shown(field.default), field.allowed, field.what) for key, field in fields.items()
    ]
    return _table(("field", "form", "default", "allowed", "what it is for"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _shown(value: Any) -> str:
    """Return a default, as it would be written; nothing for one that is empty."""
    if value in (None, "", {}, []):
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{text}`"
