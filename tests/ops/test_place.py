from __future__ import annotations

from pathlib import Path

import pytest

from delivery.errors import DeliveryError
from ops.__main__ import main
from ops.place import find


def project(folder: Path, stack: str) -> Path:
    (folder / "Pulumi.yaml").write_text(
        "name: acme\nconfig:\n  endpoint: {default: ''}\n  kind: {default: environment}\n"
    )
    (folder / "Pulumi.production.yaml").write_text(f"config:\n{stack}")
    return folder


GOOD = '  aws:region: eu-west-1\n  acme:account: "012345678901"\n  acme:source: staging\n'


def test_reads_where_an_environment_is(tmp_path: Path) -> None:
    place = find("production", project(tmp_path, GOOD), {})
    assert (place.project, place.account, place.region, place.endpoint) == ("acme", "012345678901", "eu-west-1", None)
    assert place.bucket == "acme-production-releases-012345678901"
    assert not place.builds


def test_the_sdks_variable_names_an_endpoint(tmp_path: Path) -> None:
    place = find("production", project(tmp_path, GOOD), {"AWS_ENDPOINT_URL": "http://127.0.0.1:4600"})
    assert place.endpoint == "http://127.0.0.1:4600"


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("  aws:region: eu-west-1\n  acme:account: 12345678901\n", "must be twelve digits, got '12345678901'"),
        ('  acme:account: "012345678901"\n', "aws:region: is missing"),
        (GOOD + "  acme:kind: shared\n", "nothing runs there"),
    ],
)
def test_refuses_what_is_no_environment(tmp_path: Path, stack: str, said: str) -> None:
    with pytest.raises(DeliveryError, match=said):
        find("production", project(tmp_path, stack), {})


def test_names_the_stacks_there_are(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        find("prod", project(tmp_path, GOOD), {})
    assert caught.value.fix == "choose a stack that has a file here: production"


def test_an_error_is_two_lines_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["history", "-s", "staging"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"Error: there is no Pulumi.yaml in {tmp_path}",
        "Fix:   run this where Pulumi.yaml lies",
    ]


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history"]) == 2
    assert "--stack" in capsys.readouterr().err
