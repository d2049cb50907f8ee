"""What workflows run that is more than a line of shell."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.support import ROOT
from workflows.steps import again, changes, comment, pin, results, summary


class TestAgain:
    @pytest.mark.parametrize(
        ("said", "locked", "passes"),
        [
            ("dial tcp 10.0.0.1:443: i/o timeout", False, True),
            ("pip: ReadTimeoutError: Read timed out.", False, True),
            ("error: 503 Service Unavailable", False, True),
            ("ThrottlingException: Rate exceeded", False, True),
            ("Updating (staging):\n connection reset by peer", False, False),
            ("error: the stack is currently locked by 1 lock(s).", False, False),
            ("error: the stack is currently locked by 1 lock(s).", True, True),
            ("check /health answered 500", True, False),
            ("E   AssertionError: 503 != 200", False, False),
            ("", True, False),
        ],
    )
    def test_only_what_passes_is_worth_another_run(self, said: str, locked: bool, passes: bool) -> None:
        assert again.passing(said, locked=locked) == passes

    @pytest.mark.process
    @pytest.mark.parametrize(
        ("answers", "code", "waits"), [("tt0", 0, [15, 30]), ("f0", 1, []), ("tttt", 1, [15, 30, 60])]
    )
    def test_it_waits_longer_each_time_and_gives_up(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str], answers: str, code: int, waits: list[float]
    ) -> None:
        script = (
            "import sys, pathlib; file = pathlib.Path(sys.argv[1]); left = file.read_text(); file.write_text(left[1:]);"
            "print('i/o timeout' if left[0] == 't' else 'done'); sys.exit(left[0] != '0')"
        )
        (tmp_path / "left").write_text(answers)
        waited: list[float] = []
        words = ["--", sys.executable, "-c", script, str(tmp_path / "left")]
        assert again.main(words, pause=waited.append) == code
        assert waited == waits

    @pytest.mark.process
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_all_that_runs_hears_once_that_the_run_is_cancelled(self, tmp_path: Path, number: signal.Signals) -> None:
        """A command that starts another, as a verb starts Pulumi: both tidy up, and there is no second run."""
        heard = tmp_path / "heard"
        waits = f"until grep -qs inner {heard}; do sleep 0.05; done; sleep 0.3"
        inner = f"trap 'echo inner >> {heard}' INT; echo ready; {waits}; echo i/o timeout"
        outer = f"trap 'echo outer >> {heard}' INT; sh -c \"{inner}\"; exit 3"
        words = [sys.executable, str(ROOT / "workflows/steps/again.py"), "--", "sh", "-c", outer]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            run.send_signal(number)
            time.sleep(0.1)
            run.send_signal(signal.SIGTERM)
            assert run.wait(timeout=15) == 3
        assert sorted(heard.read_text().split()) == ["inner", "outer"]


class TestChanges:
    @pytest.mark.parametrize(
        ("paths", "code", "app", "production"),
        [
            (None, True, True, False),
            (["README.md", "docs/x.md"], False, True, False),
            (["README.md", "a.py"], True, True, False),
            (["Pulumi.production.yaml"], True, False, True),
            (["infra/Pulumi.production.yaml", "a.py"], True, True, True),
        ],
    )
    def test_what_a_change_touches(self, paths: list[str] | None, code: bool, app: bool, production: bool) -> None:
        assert changes.outputs(paths) == {"code": code, "app": app, "production": production}

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("abc1234 Say why", ""),
            (
                "abc1234 fixup! Say why",
                "abc1234 says that it is unfinished (fixup! Say why): `git rebase --autosquash` or amend it.",
            ),
            ("abc1234 WIP", "abc1234 says that it is unfinished (WIP): `git rebase --autosquash` or amend it."),
            ("abc1234 Wipe the cache", ""),
            (f"abc1234 {'x' * 121}", "abc1234 has a subject of 121 characters: keep it within 120."),
        ],
    )
    def test_messages_of_commits(self, line: str, told: str) -> None:
        assert changes.told(line) == told

    @pytest.mark.process
    def test_git_is_asked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def git(*words: str) -> str:
            command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
            return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

        monkeypatch.chdir(tmp_path)
        git("init", "-q")
        git("commit", "-q", "--allow-empty", "-m", "Begin")
        base = git("rev-parse", "HEAD")
        (tmp_path / "README.md").write_text("x")
        git("add", ".")
        git("commit", "-q", "-m", "wip")
        head = git("rev-parse", "HEAD")
        assert changes.main(["--base", base, "--head", head]) == 0
        assert capsys.readouterr().err == ""
        assert changes.main(["--messages", "--base", base, "--head", head]) == 1
        said = capsys.readouterr()
        assert said.out == "code=false\napp=true\nproduction=false\nplan=\n"
        assert "::error::" in said.err
        for unknown in ("", "0" * 40, "1" * 40):
            assert changes.main(["--base", unknown, "--head", head]) == 0
            assert capsys.readouterr().out == "code=true\napp=true\nproduction=false\nplan=\n"

    @pytest.mark.parametrize(
        ("lines", "plan"),
        [
            (
                ['-  shop:release: "1.7.4" # plan 0a0a0a0a0a0a', '+  shop:release: "1.8.0" # plan 3f9c1e2a77b0'],
                "3f9c1e2a77b0",
            ),
            (['+  shop:release: "1.8.0"'], ""),
            (["+  release: 1.8.0  # plan 3f9c1e2a77b0"], "3f9c1e2a77b0"),
            (["+  shop:memory: 1024", '-  shop:release: "1.7.4" # plan 0a0a0a0a0a0a'], ""),
            (['+  shop:release: "1.8.0" # plan 3f9c$(id)'], ""),
            (['+  other:prerelease: "1" # plan 3f9c1e2a77b0'], ""),
            ([], ""),
        ],
    )
    def test_the_line_that_names_a_release_names_its_plan(self, lines: list[str], plan: str) -> None:
        assert changes.approved(lines) == plan

    @pytest.mark.process
    @pytest.mark.parametrize("folder", ["", "infra/"])
    def test_a_merge_approves_the_plan_that_it_brings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: str
    ) -> None:
        def commit() -> str:
            for words in (["add", "."], ["commit", "-q", "-m", "Change"]):
                command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
                subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
            head = subprocess.run(
                ["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True
            )
            return head.stdout.strip()

        def asked(base: str, head: str) -> str:
            assert changes.main(["--base", base, "--head", head]) == 0
            return capsys.readouterr().out

        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        file = tmp_path / f"{folder}Pulumi.production.yaml"
        file.parent.mkdir(exist_ok=True)
        (tmp_path / f"{folder}Pulumi.yaml").write_text("name: shop\n")
        file.write_text("config:\n  shop:memory: 512\n")
        first = commit()
        monkeypatch.chdir(file.parent)
        assert pin.main(["--stack", "production", "--release", "1.8.0", "--plan", "3f9c1e2a77b0"]) == 0
        second = commit()
        file.write_text(file.read_text().replace("512", "1024"))
        third = commit()
        assert asked(first, second) == "code=true\napp=false\nproduction=true\nplan=3f9c1e2a77b0\n"
        # What a person changes there later brings no plan of its own.
        assert asked(second, third) == "code=true\napp=false\nproduction=true\nplan=\n"


class TestPin:
    def test_the_line_is_written_and_all_else_stays(self) -> None:
        text = "# mine\nconfig:\n  aws:region: x # here\n  shop:source: staging\n"
        once = pin.pinned(text, "shop", "1.8.0")
        assert once == '# mine\nconfig:\n  shop:release: "1.8.0"\n  aws:region: x # here\n  shop:source: staging\n'
        assert pin.pinned(once, "shop", "1.9.0") == once.replace("1.8.0", "1.9.0")
        assert pin.pinned("config:\n  release: 1\n", "shop", "2") == 'config:\n  shop:release: "2"\n'
        planned = pin.pinned(once, "shop", "1.8.0", "3f9c1e2a77b0")
        assert planned == once.replace('"1.8.0"', '"1.8.0" # plan 3f9c1e2a77b0')
        assert pin.pinned(planned, "shop", "1.8.0") == once

    def test_the_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
        (tmp_path / "Pulumi.production.yaml").write_text("config:\n  aws:region: x\n")
        assert pin.main(["--stack", "production", "--release", "1.8.0-3-g3f9c1e2"]) == 0
        assert 'shop:release: "1.8.0-3-g3f9c1e2"' in (tmp_path / "Pulumi.production.yaml").read_text()
        assert pin.main(["--stack", "production", "--release", "1\n  x: y"]) == 1
        assert pin.main(["--stack", "production", "--release", "1", "--plan", "0\n  x: y"]) == 1
        (tmp_path / "Pulumi.production.yaml").write_text("{}")
        assert pin.main(["--stack", "production", "--release", "1"]) == 1
        assert capsys.readouterr().out.splitlines()[-1] == (
            "::error::Pulumi.production.yaml: has no `config:`, or Pulumi.yaml no `name:`"
        )


JUNIT = """<testsuites><testsuite>
<testcase classname="a.b" name="good" time="2.5"/>
<testcase classname="a.b" name="bad" time="0.1"><failure message="assert 1 == 2&#10;more"/></testcase>
<testcase name="worse"><error>went: wrong, 100%</error></testcase>
<testcase name="left"><skipped/></testcase>
</testsuite></testsuites>"""


class TestResults:
    def test_tests_are_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "unit.xml").write_text(JUNIT)
        (tmp_path / "broken.xml").write_text("<a")
        page = tmp_path / "page"
        assert results.main([str(tmp_path)], {"GITHUB_STEP_SUMMARY": str(page)}) == 0
        assert "| 4 | 2 | 1 | 2.6 |" in page.read_text()
        assert "- failed: `a.b.bad`: assert 1 == 2\n" in page.read_text()
        assert "- 2.5 s: `a.b.good`\n" in page.read_text()
        assert capsys.readouterr().out.splitlines() == [
            "::error title=a.b.bad::assert 1 == 2",
            "::error title=worse::went: wrong, 100%25",
        ]

    @pytest.mark.parametrize(("rate", "code"), [("0.851", 0), ("0.849", 1)])
    def test_too_few_covered_lines_are_an_error(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str, code: int
    ) -> None:
        (tmp_path / "coverage.xml").write_text(f'<coverage line-rate="{rate}"/>')
        assert results.main([str(tmp_path), "--coverage", "85"], {}) == code
        assert f"{100 * float(rate):.1f} % of lines are covered" in capsys.readouterr().out

    def test_a_suite_that_leaves_nothing_is_judged_by_its_exit_code(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert results.main([str(tmp_path / "missing"), "--coverage", "85"], {}) == 0
        assert capsys.readouterr().out == ""

    @pytest.mark.process
    def test_it_runs_as_a_file_where_no_package_is(self, tmp_path: Path) -> None:
        (tmp_path / "unit.xml").write_text(JUNIT)
        command = [sys.executable, str(ROOT / "workflows/steps/results.py"), str(tmp_path)]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={})
        assert (run.returncode, run.stderr) == (0, "")


class TestSummary:
    def test_the_end_is_what_stays(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("a" * summary.MOST + "the end")
        page = tmp_path / "page"
        assert summary.main(["--title", "T", "--file", str(tmp_path / "text")], {"GITHUB_STEP_SUMMARY": str(page)}) == 0
        assert page.read_text().startswith("## T\n\n```\n… 7 characters more are in the log\n")
        assert page.read_text().endswith("the end\n```\n\n")

    def test_a_page_is_shown_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "page.md").write_text("**1.8.0**\n")
        shown = tmp_path / "shown"
        words = ["--title", "T", "--page", str(tmp_path / "page.md"), "--file", str(tmp_path / "none")]
        assert summary.main(words, {"GITHUB_STEP_SUMMARY": str(shown)}) == 0
        assert shown.read_text() == "## T\n\n**1.8.0**\n\n"

    def test_without_the_page_the_text_is_and_without_both_nothing(self, tmp_path: Path) -> None:
        shown = tmp_path / "shown"
        words = ["--title", "T", "--page", str(tmp_path / "none")]
        assert summary.main(words, {"GITHUB_STEP_SUMMARY": str(shown)}) == 0
        assert not shown.exists()
        (tmp_path / "log").write_text("it failed")
        assert summary.main([*words, "--file", str(tmp_path / "log")], {"GITHUB_STEP_SUMMARY": str(shown)}) == 0
        assert shown.read_text() == "## T\n\n```\nit failed\n```\n\n"

    def test_a_text_does_not_end_its_own_fence(self) -> None:
        assert summary.section("T", "```\nx").count("````") == 2


PLAN = (
    "**1.8.0** for `staging`, plan `3f9c1e2a77b0`: 1 to change\n\n**Changed**\n\n- `~ Release shop-release`\n"
    "\n<details><summary>All of it: 1 resources, 1 properties</summary>\n"
    "\n```diff\n! ~ slipway:index:Release\n```\n\n</details>\n"
)
LOG = "Error: the preview of staging failed (exit code 255): access denied\nFix:   mend it\n"


class TestComment:
    def test_what_counts_is_seen_at_once(self) -> None:
        text = comment.body("Preview of staging", "success", LOG, "https://x/1", page=PLAN)
        assert text.startswith(
            "<!-- slipway: preview-of-staging -->\n### Preview of staging\n\n"
            "**1.8.0** for `staging`, plan `3f9c1e2a77b0`"
        )
        assert text.endswith("</details>\n\n[The run](https://x/1)")
        assert "access denied" not in text

    @pytest.mark.parametrize("page", ["", PLAN])
    def test_a_failed_one_is_told_and_open(self, page: str) -> None:
        text = comment.body("Preview of staging", "failure", LOG, "https://x/1", page=page)
        assert "### Preview of staging failed" in text
        assert "<details open>" in text
        assert "access denied" in text
        assert "(it wrote nothing)" in comment.body("Preview of staging", "failure", "", "https://x/1")
        assert "### Preview of staging was cancelled" in comment.body(
            "Preview of staging", "cancelled", "", "https://x/1"
        )

    @given(
        st.text(alphabet="ab`\n", max_size=30),
        st.integers(0, 6000),
        st.sampled_from(["success", "failure"]),
        st.booleans(),
        st.integers(0, 400),
    )
    def test_it_is_never_longer_than_github_takes(
        self, line: str, times: int, result: str, planned: bool, suites: int
    ) -> None:
        long = (line + "\n") * times
        page = PLAN.replace("! ~", f"{long.replace('```', '``')}! ~") if planned else ""
        text = comment.body("T", result, long, "https://x", page=page, tests="| unit | 1 | 0 | 0 | |\n" * suites)
        assert len(text) <= 65_536
        assert text.count("<details") == text.count("</details>")
        assert text.endswith("[The run](https://x)")

    def test_tests_and_coverage_stand_beside_it(self, tmp_path: Path) -> None:
        for suite, rate in (("unit-3.12", "0.914"), ("regression", "")):
            folder = tmp_path / f"results-{suite}"
            folder.mkdir()
            (folder / "junit.xml").write_text(JUNIT)
            if rate:
                (folder / "coverage.xml").write_text(f'<coverage line-rate="{rate}"/>')
        (tmp_path / "results-quality").mkdir()
        shown = comment.tests(tmp_path, 85)
        assert shown.splitlines() == [
            "| tests | ran | failed | skipped | lines covered |",
            "| --- | --- | --- | --- | --- |",
            "| regression | 4 | 2 | 1 |  |",
            "| unit-3.12 | 4 | 2 | 1 | 91.4 % (85 % must be) |",
        ]
        assert comment.tests(tmp_path / "missing", 85) == ""
        # A single artifact comes without a folder of its own.
        assert "| 4 | 2 | 1 | 91.4 %" in comment.tests(tmp_path / "results-unit-3.12", 85)
        assert f"</details>\n\n{shown}\n\n[The run]" in comment.body(
            "T", "success", "", "https://x", page=PLAN, tests=shown
        )


class GitHub(BaseHTTPRequestHandler):
    """Comments of one pull request."""

    comments: list[dict[str, Any]]
    said: list[str]

    def _answer(self, content: Any, code: int = 200) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def do_GET(self) -> None:
        self.said.append(f"GET {self.path}")
        page = int(self.path.rpartition("=")[2])
        self._answer(self.comments[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        self.said.append(f"POST {self.path}")
        if "forbidden" in self.headers["Authorization"]:
            self._answer({"message": "Resource not accessible by integration"}, 403)
            return
        self.comments.append({"id": len(self.comments), "body": self._body()})
        self._answer({})

    def do_PATCH(self) -> None:
        self.said.append(f"PATCH {self.path}")
        self.comments[int(self.path.rpartition("/")[2])]["body"] = self._body()
        self._answer({})

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def github() -> Iterator[tuple[type[GitHub], dict[str, str]]]:
    """A GitHub on loopback, and the variables that name it."""
    handler = type("Handler", (GitHub,), {"comments": [], "said": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield (
        handler,
        {"GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}", "GITHUB_REPOSITORY": "o/r", "GITHUB_TOKEN": "t"},
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.process
def test_one_comment_is_kept_up_to_date(tmp_path: Path, github: tuple[type[GitHub], dict[str, str]]) -> None:
    server, variables = github
    server.comments += [{"id": at, "body": f"comment {at}"} for at in range(130)]
    (tmp_path / "preview.txt").write_text(LOG)
    (tmp_path / "plan.md").write_text(PLAN)
    words = ["--number", "7", "--title", "Preview of staging", "--file", str(tmp_path / "preview.txt")]
    words += ["--page", str(tmp_path / "plan.md"), "--result"]
    assert comment.main([*words, "success"], variables) == 0
    assert "plan `3f9c1e2a77b0`" in server.comments[130]["body"]
    assert comment.main([*words, "failure"], variables) == 0
    assert len(server.comments) == 131
    assert "### Preview of staging failed" in server.comments[130]["body"]
    assert [line.split()[0] for line in server.said] == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


@pytest.mark.process
def test_the_comment_runs_as_a_file_where_no_package_is(
    tmp_path: Path, github: tuple[type[GitHub], dict[str, str]]
) -> None:
    server, variables = github
    (tmp_path / "plan.md").write_text(PLAN)
    command = [sys.executable, str(ROOT / "workflows/steps/comment.py"), "--number", "7", "--title", "T"]
    command += ["--result", "success", "--page", "plan.md", "--file", "none", "--tests", "none"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=variables)
    assert (run.returncode, run.stderr) == (0, "")
    assert "plan `3f9c1e2a77b0`" in server.comments[0]["body"]


@pytest.mark.process
def test_a_refusal_is_told(
    tmp_path: Path, github: tuple[type[GitHub], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, variables = github
    words = ["--number", "7", "--title", "T", "--result", "success", "--file", str(tmp_path / "none")]
    assert comment.main(words, {**variables, "GITHUB_TOKEN": "forbidden"}) == 1
    assert capsys.readouterr().out == (
        '::error::GitHub refused the comment (403): {"message": "Resource not accessible by integration"}. '
        "Does the job have pull-requests: write?\n"
    )
