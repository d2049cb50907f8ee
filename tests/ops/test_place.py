from __future__ import annotations

from pathlib import Path

import pytest

from delivery.errors import DeliveryError
from delivery.store import AT_ONCE
from ops.__main__ import main, slipway
from ops.place import find

ROOT = Path(__file__).resolve().parents[2]


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


def test_clients_are_of_the_environments_region_and_read_as_many_records_as_go_at_once(tmp_path: Path) -> None:
    place = find("production", project(tmp_path, GOOD), {"AWS_ENDPOINT_URL": "http://127.0.0.1:4600"})
    client = place.client("cloudwatch")
    assert (client.meta.region_name, client.meta.endpoint_url) == ("eu-west-1", "http://127.0.0.1:4600")
    store = place.store()
    assert store.bucket == place.bucket
    assert store._s3.meta.config.max_pool_connections == AT_ONCE  # type: ignore[attr-defined]


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


def test_every_verb_stands_in_the_front_doors_table_and_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    table = (ROOT / "slipway").read_text()
    for verb in slipway.commands:
        assert f'["ops", "{verb}"]' in table
        assert main([verb, "--help"]) == 0
        assert f"./slipway {verb}" in capsys.readouterr().out.partition("Example")[2]
