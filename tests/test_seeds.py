"""`docs/seeds.yaml` leaves out nothing that was asked for, and names only what there is."""

from __future__ import annotations

import pytest

from tests import seeds
from tests.seeds import ANSWERS, KINDS, PAGE, SOURCE, Answer, Seed, above, gaps, load, problem, render

FOUND = load(SOURCE.read_text())
ANSWERED = {(seed.id, row.id): FOUND.answers[row.answer].answer for seed in FOUND.seeds for row in seed.rows}


def test_there_are_five_documents() -> None:
    assert [seed.id for seed in FOUND.seeds] == ["000", "001", "002", "003", "004"]


@pytest.mark.parametrize("seed", FOUND.seeds, ids=lambda seed: seed.id)
def test_no_item_is_missing(seed: Seed) -> None:
    assert gaps(row.id for row in seed.rows) == []
    assert len(seed.rows) == seed.items
    assert all(row.kind in KINDS and row.asked for row in seed.rows)


def test_all_tasks_of_the_long_list_are_there() -> None:
    """The one document that numbers its tasks and its criteria of success has 79 and 10."""
    rows = next(seed for seed in FOUND.seeds if seed.id == "002").rows
    assert {row.id for row in rows} >= {f"T{number:03d}" for number in range(1, 80)}
    assert {row.id for row in rows} >= {f"SC{number}" for number in range(1, 11)}


@pytest.mark.parametrize(
    ("identities", "wrong"),
    [
        (["A1", "A2", "A2.1", "A2.2", "T001", "T002"], []),
        (["A1", "A3"], ["A2 is missing"]),
        (["A2.1", "A1", "A2.3"], ["A2.2 is missing"]),
        (["T001", "T001"], ["T001 is there 2 times"]),
        (["1a"], ["1a is no id"]),
    ],
)
def test_a_gap_is_found(identities: list[str], wrong: list[str]) -> None:
    assert gaps(identities) == wrong


@pytest.mark.parametrize("answer", FOUND.answers.values(), ids=lambda answer: answer.name)
def test_an_answer_is_one_of_four_and_says_enough(answer: Answer) -> None:
    assert answer.answer in ANSWERS
    assert answer.title
    assert len(answer.by) > 20
    if answer.answer in ("done", "replaced"):
        assert answer.shown, "where can it be seen?"
        assert answer.references != answer.shown, "what does it?"


@pytest.mark.parametrize("answer", FOUND.answers.values(), ids=lambda answer: answer.name)
def test_what_an_answer_names_is_there(answer: Answer) -> None:
    assert [wrong for wrong in map(problem, answer.references) if wrong] == []


def test_every_answer_is_given_and_every_row_has_one() -> None:
    assert {row.answer for seed in FOUND.seeds for row in seed.rows} == set(FOUND.answers)


def test_what_has_an_open_part_is_open() -> None:
    assert [
        f"{seed}/{item}"
        for (seed, item), answer in ANSWERED.items()
        if answer == "open" and ANSWERED.get((seed, above(item)), "open") != "open"
    ] == []


@pytest.mark.parametrize(
    ("reference", "wrong"),
    [
        ("./slipway history", ""),
        ("./slipway rollback --now", ""),
        ("./slipway rollback --later", "./slipway rollback has no --later"),
        ("./slipway deploy", "./slipway has no verb deploy"),
        ("./slipway scene nothing", "./slipway scene has no nothing"),
        ("make scene canary", ""),
        ("make scene nothing", "there is no act nothing"),
        ("make haste", "make has no haste"),
        ("tests/test_seeds.py::test_a_gap_is_found", ""),
        ("tests/test_seeds.py::test_nothing", "tests/test_seeds.py has no test test_nothing"),
        ("tests/test_nothing.py::test_nothing", "tests/test_nothing.py has no test test_nothing"),
        ("docs/promote.md#holds", ""),
        ("docs/promote.md#nothing", "docs/promote.md has no nothing"),
        (".github/workflows/deliver.yml#staging", ""),
        (".github/workflows/deliver.yml#nothing", ".github/workflows/deliver.yml has no nothing"),
        ("gates.after", ""),
        ("services.checks.json", ""),
        ("gates.nothing", "there is no gates.nothing"),
        ("nothing.py", "there is no nothing.py"),
    ],
)
def test_a_reference_that_leads_nowhere_is_told(reference: str, wrong: str) -> None:
    assert problem(reference) == wrong


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text() == render(FOUND), "python -m tests.seeds --write"


def test_the_command_takes_no_other_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert seeds.main(["--wrong"]) == 2
    assert "python -m tests.seeds [--write]" in capsys.readouterr().err
    assert seeds.main([]) == 0
