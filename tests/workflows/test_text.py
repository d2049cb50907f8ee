"""From a template to a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.pins import Pins
from workflows.text import Template, TemplateError, existing_needs

PINS = Pins({"a/b": f"a/b@{'0' * 40} # v1.2.3"}, {"postgres": "postgres:17@sha256:1"})


def render(tmp_path: Path, text: str, **values: Any) -> str:
    (tmp_path / "t.yml").write_text(text)
    return Template(tmp_path, PINS).render("t.yml", values)


@pytest.mark.parametrize(
    ("text", "values", "rendered"),
    [
        ("a: 1 # why\n", {}, "a: 1 # why\n"),
        ("a: __b__\n", {"b": 2}, "a: 2\n"),
        ("a: __b.c_d__-x\n", {"b": {"c_d": 2}}, "a: 2-x\n"),
        ("# if: x\na: 1\n# end\nb: 2\n", {"x": True}, "a: 1\nb: 2\n"),
        ("# if: x\na: 1\n# end\nb: 2\n", {"x": ""}, "b: 2\n"),
        ("# if: not x\na: 1\n# end\nb: 2\n", {"x": []}, "a: 1\nb: 2\n"),
        ("# if: x\n# if: y\na: 1\n# end\nb: 2\n# end\n", {"x": 1, "y": 0}, "b: 2\n"),
        ("# each: x in xs\n- __x.n__\n# end\n", {"xs": [{"n": 1}, {"n": 2}]}, "- 1\n- 2\n"),
        ("#- for us\na: 1\n", {}, "a: 1\n"),
        ("# for all\na: 1\n", {}, "# for all\na: 1\n"),
        ("run: |\n  __c__\n", {"c": "one\n\n  two"}, "run: |\n  one\n\n    two\n"),
        ("- uses: a/b@PIN\n", {}, f"- uses: a/b@{'0' * 40} # v1.2.3\n"),
        ("image: postgres@PIN\n", {}, "image: postgres:17@sha256:1\n"),
        ("a: 1\n\n\n\nb: 2\n\n", {}, "a: 1\n\nb: 2\n"),
    ],
)
def test_what_is_written_in_comments_decides(tmp_path: Path, text: str, values: dict[str, Any], rendered: str) -> None:
    assert render(tmp_path, text, **values) == rendered


def test_another_template_comes_in_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "part.yml").write_text("- name: __place.name__\n\n  run: x\n")
    text = "steps:\n  # include: part.yml with place=here\n"
    assert render(tmp_path, text, here={"name": "staging"}) == "steps:\n  - name: staging\n\n    run: x\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: __b__\n", "t.yml:1: there is no b"),
        ("# if: b\na: 1\n# end\n", "t.yml:1: there is no b"),
        ("a: 1\n# end\n", "t.yml:2: an end without a beginning"),
        ("# if: c\na: 1\n", "t.yml:1: has no end"),
        ("uses: x/y@PIN\n", "t.yml:1: x/y is not among the pins"),
        ("a: __c__ b\n", "t.yml:1: c has several lines and must stand alone"),
    ],
)
def test_a_wrong_template_is_told_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        render(tmp_path, text, c="one\ntwo")


def test_needs_name_jobs_that_there_are() -> None:
    lines = ["jobs:", "  a:", "    needs: [x]", "  b:", "    needs: [a, x]", "  c:", "    needs: []"]
    assert existing_needs(lines) == ["jobs:", "  a:", "  b:", "    needs: [a]", "  c:", "    needs: []"]


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_what_is_nested_stays_where_all_around_it_does(
    tmp_path_factory: pytest.TempPathFactory, held: list[bool]
) -> None:
    text = "".join(f"# if: x.v{'i' * at}\n" for at in range(len(held))) + "a: 1\n" + "# end\n" * len(held)
    values = {f"v{'i' * at}": one for at, one in enumerate(held)}
    rendered = render(tmp_path_factory.mktemp("t"), text, x=values)
    assert ("a: 1" in rendered) == all(held)
