"""Which files there are, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from settings import Environment
from workflows.names import STAGING
from workflows.pins import pins
from workflows.text import Template
from workflows.values import Layout, values

Target = Literal["github", "gitlab"]

#: What marks a file as ours; the first line of each.
MARK = "Written by `./slipway render`"
HEADER = f"{MARK} from workflows/templates/{{template}} and the settings: change those, not this."
TEMPLATES = Path(__file__).parent / "templates"
#: The names of GitHub's files and where they lie; GitLab has one.
PLACES = {
    "pull-request": ".github/workflows/pull-request.yml",
    "deliver": ".github/workflows/deliver.yml",
    "operate": ".github/workflows/operate.yml",
    "schedule": ".github/workflows/schedule.yml",
    "release": ".github/workflows/release.yml",
    "dependabot": ".github/dependabot.yml",
}
GITLAB = ".gitlab-ci.yml"


def files(
    places: Mapping[str, Environment], layout: Layout, target: Target = "github", only: Collection[str] = ()
) -> dict[str, str]:
    """Return the files of a repository: path from its top → text.

    places: the settings by stack, as `values.environments` reads them; only: the names of those that are wanted, empty
    for those that the setting `workflows.files` names.
    """
    filled = values(places, layout)
    if target == "gitlab":
        return {GITLAB: _render("gitlab/gitlab-ci.yml", filled | {"checks": True})}
    chosen = only or places[STAGING].workflows.files or PLACES
    return {
        path: _render(f"github/{name}.yml", filled | {"checks": name == "pull-request"})
        for name, path in PLACES.items()
        if name in chosen
    }


def _render(template: str, filled: Mapping[str, object]) -> str:
    folder, _, name = template.partition("/")
    return Template(TEMPLATES / folder, pins()).render(name, {**filled, "header": HEADER.format(template=template)})
