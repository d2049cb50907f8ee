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
        assert said.out == "code=false\napp=true\nproduction=false\n"
        assert "::error::" in said.err
        for unknown in ("", "0" * 40, "1" * 40):
            assert changes.main(["--base", unknown, "--head", head]) == 0
            assert capsys.readouterr().out == "code=true\napp=true\nproduction=false\n"


class TestPin:
    def test_the_line_is_written_and_all_else_stays(self) -> None:
        text = "# mine\nconfig:\n  aws:region: x # here\n  shop:source: staging\n"
        once = pin.pinned(text, "shop", "1.8.0")
        assert once == '# mine\nconfig:\n  shop:release: "1.8.0"\n  aws:region: x # here\n  shop:source: staging\n'
        assert pin.pinned(once, "shop", "1.9.0") == once.replace("1.8.0", "1.9.0")
        assert pin.pinned("config:\n  release: 1\n", "shop", "2") == 'config:\n  shop:release: "2"\n'

    def test_the_command(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
        (tmp_path / "Pulumi.production.yaml").write_text("config:\n  aws:region: x\n")
        assert pin.main(["--stack", "production", "--release", "1.8.0-3-g3f9c1e2"]) == 0
        assert 'shop:release: "1.8.0-3-g3f9c1e2"' in (tmp_path / "Pulumi.production.yaml").read_text()
        assert pin.main(["--stack", "production", "--release", "1\n  x: y"]) == 1
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

    def test_a_text_does_not_end_its_own_fence(self) -> None:
        assert summary.section("T", "```\nx").count("````") == 2


PREVIEW = (
    "Previewing update (staging):\n + aws:ecs:Service api create\nResources:\n    + 1 to create\n    3 unchanged\n"
)


class TestComment:
    def test_what_counts_is_seen_at_once(self) -> None:
        text = comment.body("Preview of staging", "success", PREVIEW, "https://x/1")
        assert text.startswith(
            "<!-- slipway: preview-of-staging -->\n### Preview of staging\n\n- + 1 to create\n- 3 unchanged\n"
        )
        assert text.endswith("[The run](https://x/1)")
        assert "<details>" in text

    def test_a_failed_one_is_told_and_open(self) -> None:
        text = comment.body("Preview of staging", "failure", "", "https://x/1")
        assert "### Preview of staging failed" in text
        assert "<details open>" in text
        assert "(it wrote nothing)" in text

    @given(st.text(alphabet="ab`\n", max_size=30), st.integers(0, 6000))
    def test_it_is_never_longer_than_github_takes(self, line: str, times: int) -> None:
        text = comment.body("T", "success", (line + "\n") * times, "https://x")
        assert len(text) <= 65_536


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
    (tmp_path / "preview.txt").write_text(PREVIEW)
    words = ["--number", "7", "--title", "Preview of staging", "--file", str(tmp_path / "preview.txt"), "--result"]
    assert comment.main([*words, "success"], variables) == 0
    assert comment.main([*words, "failure"], variables) == 0
    assert len(server.comments) == 131
    assert "### Preview of staging failed" in server.comments[130]["body"]
    assert [line.split()[0] for line in server.said] == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


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
