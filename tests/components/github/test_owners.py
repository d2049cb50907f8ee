"""`CODEOWNERS`: who must review what."""

from __future__ import annotations

from components.github.owners import HEADER, code_owners
from tests.components.support import repository


def test_who_approves_owns_what_decides_how_releases_happen() -> None:
    text = code_owners(repository(code_owners={"/docs/": ("acme/writers",)}))
    assert text == (
        f"{HEADER}\n/docs/ @acme/writers\n/.github/ @alice @acme/platform\nPulumi*.yaml @alice @acme/platform\n"
    )


def test_approval_by_pull_request_is_the_review_of_the_stacks_file() -> None:
    """Wherever in the repository the program lies: so the pattern begins with no slash."""
    text = code_owners(repository(approval="pull_request", code_owners={"*": ("bob",)}))
    assert text is not None
    assert text.splitlines()[-1] == "Pulumi*.yaml @alice @acme/platform"


def test_where_nobody_approves_there_may_be_no_owners() -> None:
    assert code_owners(repository(approval="none")) is None
    assert code_owners(repository(approval="none", code_owners={"a b": ("bob",)})) == f"{HEADER}\na\\ b @bob\n"
