"""`./slipway render`: the workflow files of this repository, or of another one.

Exit codes: 0 done or fresh, 1 stale or refused, 2 called wrongly.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from settings import SettingsError
from workflows.around import top
from workflows.errors import WorkflowError
from workflows.rendering import PLACES, Target, files
from workflows.values import Layout, environments
from workflows.writing import left_over, stale, write


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: ./slipway render --out ../shop --program-in infra --only deliver --only operate",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The repository's top. Default: the top of the git repository that the program lies in.",
)
@click.option(
    "--program-in", "folder", metavar="SUBFOLDER", help="Where the program lies in it. Default: where it does."
)
@click.option("--only", multiple=True, type=click.Choice(list(PLACES)), help="Only this file; may be said again.")
@click.option(
    "--target", type=click.Choice(["github", "gitlab"]), default="github", show_default=True, help="For whom."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and name the files that are not as they should be.")
def render(out: Path | None, folder: str | None, only: tuple[str, ...], target: Target, check: bool) -> None:
    """Write workflow files from the settings: pull request, delivery, operation, schedule, release; dependabot.

    A file that Slipway has not written is never touched. The settings `workflows` say what varies; docs/workflows.md
    describes each file.
    """
    root = Path.cwd()
    repository = (out or top(root)).absolute()
    if only and target == "gitlab":
        raise click.UsageError("--only: GitLab has one file")
    layout = Layout(root=root, folder=_folder(folder, root, repository))
    wanted = files(environments(root), layout, target, only)
    if not check:
        for path in write(repository, wanted):
            click.echo(f"{path}: written")
        click.echo(f"{len(wanted)} {'file is' if len(wanted) == 1 else 'files are'} as rendered, in {repository}")
        return
    wrong = stale(repository, wanted)
    if not only:
        wrong += [f"{path}: is not rendered any more: delete it" for path in left_over(repository, wanted)]
    if wrong:
        raise WorkflowError("; ".join(wrong), "`./slipway render` writes them anew")


def _folder(given: str | None, root: Path, repository: Path) -> str:
    """Where the program lies in the repository, empty for its top."""
    if given is not None:
        folder = given.strip("/").removeprefix("./")
        return "" if folder == "." else folder
    try:
        return "" if root == repository else root.relative_to(repository.resolve()).as_posix()
    except ValueError:
        raise click.UsageError(
            f"--program-in: say where in {repository} the program will lie; `.` is its top"
        ) from None


def main(words: Sequence[str]) -> int:
    """Run the verb and return the exit code."""
    try:
        render.main(list(words), prog_name="./slipway render", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except WorkflowError as error:
        click.echo(f"Error: {error.message}\nFix:   {error.fix}", err=True)
        return 1
    except SettingsError as error:
        click.echo(f"Error: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
