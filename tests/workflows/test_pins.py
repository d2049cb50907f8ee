"""The pins: one commit and one version each."""

from __future__ import annotations

import yaml

from workflows.pins import FILE, parse, pins


def test_each_entry_of_the_file_is_a_pin() -> None:
    """One that the reader does not know, for a missing version or a short commit, would be lost in silence."""
    entries = yaml.safe_load(FILE.read_text())["runs"]["steps"]
    assert len(pins().actions) + len(pins().images) == len(entries)


def test_a_pin_without_its_version_is_none() -> None:
    commit = "0" * 40
    image = f"x:1@sha256:{'1' * 64}"
    text = f"- uses: a/b@{commit} # v1.2\n- uses: a/c@{commit}\n- uses: a/d@v1\n- uses: docker://{image}\n"
    assert parse(text).actions == {"a/b": f"a/b@{commit} # v1.2"}
    assert parse(text).images == {"x": image}
