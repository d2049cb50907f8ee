"""What a person types, and what they are told when it is wrong."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from rehearsal import __main__ as line
from rehearsal.faults.stages import STAGES
from rehearsal.killpoints import POINTS
from rehearsal.story.acts import NAMES
from rehearsal.story.perform import Performance


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(line.cli, list(words))
    return result.exit_code, result.output


def test_help_lists_verbs_kill_points_and_acts() -> None:
    assert all(verb in run("--help")[1] for verb in ("rehearse", "scene", "shell", "stop"))
    told = " ".join(run("rehearse", "--help")[1].split())
    assert all(point in told.replace("- ", "-") for point in POINTS)
    told = run("scene", "--help")[1]
    assert all(name in told for name in NAMES)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["rehearse", "--scenes", "canary,fireworks"], "no act fireworks; there are first, preview"),
        (["scene", "fireworks"], "'fireworks' is not one of"),
        (["rehearse", "--scenes", "first,github"], "github is played alone: `./slipway scene github`."),
        (["rehearse", "--kill-at", "nowhere"], "'nowhere' is not one of"),
        (["rehearse", "--clock-speed", "0"], "0.0 is not in the range"),
        (["rehearse", "--port", "80"], "80 is not in the range"),
        (["rehearse", "--app", "/not/there"], "does not exist"),
    ],
)
def test_wrong_usage_is_told_and_exits_2(words: list[str], says: str) -> None:
    code, output = run(*words)
    assert code == 2
    assert says in output


@pytest.mark.parametrize(
    ("name", "played"),
    [("first", ["first", "tear-down"]), ("github", ["github"]), ("state", ["state"]), ("delivery", ["delivery"])],
    ids=["with the end", "apart", "bare", "apart, with tasks"],
)
def test_a_scene_is_played_with_the_end_unless_it_tidies_up_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, played: list[str]
) -> None:
    seen = list[Performance]()
    monkeypatch.setattr(line, "perform", lambda _home, _console, show, _kill: seen.append(show))
    assert run("scene", name)[0] == 0
    assert [act.name for act in seen[0].acts] == played
    wish = seen[0].wish
    assert (wish.github, wish.bare) == (name in ("github", "delivery"), name == "state")
    assert wish.containers is (name in ("first", "delivery"))


def test_the_fault_matrix_is_listed_and_nothing_is_played() -> None:
    code, output = run("rehearse", "faults", "--list", "--cell", "kill-update,failing-check")
    assert code == 0
    assert output.split() == [f"kill-update-at-{stage.name}" for stage in STAGES] + ["failing-check"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["rehearse", "faults", "--cell", "fireworks"], "no cell fireworks; `./slipway rehearse faults --list` names"),
        (["rehearse", "faults", "--blind", "fireworks"], "'fireworks' is not one of 'adoption', 'journal', 'warden'"),
    ],
)
def test_wrong_usage_of_the_matrix_is_told(words: list[str], says: str) -> None:
    code, output = run(*words)
    assert code == 2
    assert says in output
