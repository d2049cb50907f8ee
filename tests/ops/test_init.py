"""`./slipway init`: what it makes, adopts, writes and says; doing it twice changes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from delivery.errors import DeliveryError, Refused
from ops import init
from ops.place import LOADER
from tests.delivery.fake_account import ACCOUNT, Account

ROOT = Path(__file__).resolve().parents[2]
BUCKET = f"shop-pulumi-state-{ACCOUNT}"
PROVIDER = "awskms://alias/shop?region=eu-central-1"


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The shipped files in a folder, and an empty account."""
    for name in ("Pulumi.yaml", "Pulumi.shared.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "Dockerfile").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("PULUMI_BACKEND_URL", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    made = Account()
    monkeypatch.setattr(init, "opener", lambda region, endpoint: made.open)
    return made


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(init.init, list(words), input=typed)


def read(text: str) -> Any:
    return yaml.load(text, LOADER)


def files() -> dict[str, str]:
    return {path.name: path.read_text() for path in Path().glob("Pulumi*.yaml")}


def test_it_makes_what_must_exist(account: Account) -> None:
    shown = run("--yes")
    assert shown.exit_code == 0, shown.exception
    assert account.buckets.made == [BUCKET]
    kept = account.buckets.kept[BUCKET]
    assert kept["created"]["CreateBucketConfiguration"] == {"LocationConstraint": "eu-central-1"}
    assert kept["versions"] == {"Status": "Enabled"}
    by = kept["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert by == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": account.keys.key()["Arn"]}
    assert set(kept["access"]["PublicAccessBlockConfiguration"].values()) == {True}
    (statement,) = account.buckets.policy(BUCKET)["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert account.keys.kept.keys() == {"alias/shop"}
    assert account.keys.rotated == {"k-1"}
    assert len(account.roles.made) == 3
    written = read(Path("Pulumi.yaml").read_text())
    assert written["backend"] == {"url": f"s3://{BUCKET}?region=eu-central-1&awssdk=v2"}


def test_twice_changes_nothing(account: Account) -> None:
    run("--yes")
    before, calls = files(), {name: len(client.called) for name, client in account.clients.items()}
    shown = run("--yes")
    assert shown.exit_code == 0, shown.exception
    assert "All of it is there: nothing to do." in shown.output
    assert files() == before
    for name, client in account.clients.items():
        again = [called for called, _ in client.called[calls[name] :]]
        assert again
        assert not [called for called in again if called.startswith(("put", "create", "enable"))]


def test_what_exists_is_adopted_and_mended(account: Account) -> None:
    other = {"Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    account.buckets.kept[BUCKET] = {
        "versions": {"Status": "Enabled"},
        "encryption": {"Rules": ["AES256"]},
        "policy": {"Policy": json.dumps({"Version": "2012-10-17", "Statement": other})},
    }
    account.keys.kept["alias/shop"] = account.keys.key()
    account.keys.rotated.add("k-1")
    shown = run("--yes").output
    assert "= KMS key alias/shop: is there and stays as it is" in shown
    assert f"~ bucket {BUCKET} for Pulumi's state: is there, and gets public access blocked, TLS only" in shown
    assert [one["Sid"] for one in account.buckets.policy(BUCKET)["Statement"]] == ["Theirs", "TlsOnly"]
    assert account.buckets.kept[BUCKET]["encryption"] == {"Rules": ["AES256"]}
    assert account.buckets.made == []


def test_a_bucket_of_somebody_else_is_refused(account: Account) -> None:
    account.buckets.of_others.add(BUCKET)
    before = files()
    error = run("--yes").exception
    assert isinstance(error, Refused)
    assert f"bucket {BUCKET}: is not of account {ACCOUNT}" in error.message
    assert "--state-bucket" in error.fix
    assert files() == before
    assert account.keys.kept == {}


def test_a_key_that_goes_away_is_refused(account: Account) -> None:
    account.keys.kept["alias/shop"] = account.keys.key("PendingDeletion")
    error = run("--yes").exception
    assert isinstance(error, Refused)
    assert "KMS key alias/shop: cannot be used: PendingDeletion" in error.message


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "file://~/states",
            "is kept at file://~/states (a folder of this machine: it is lost with it) and stays there",
        ),
        ("https://api.pulumi.com", "is kept at https://api.pulumi.com (https) and stays there"),
    ],
)
def test_a_state_that_is_elsewhere_stays_there(
    account: Account, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    shown = run("--yes").output
    assert said in shown
    assert account.buckets.made == []
    assert "backend" not in read(Path("Pulumi.yaml").read_text())


def test_the_bucket_that_the_state_is_in_is_adopted(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://acme-state?region=eu-central-1")
    account.buckets.kept["acme-state"] = {}
    assert "~ bucket acme-state for Pulumi's state" in run("--yes").output
    error = run("--yes", "--state-bucket", "other").exception
    assert isinstance(error, DeliveryError)
    assert "the state is kept at s3://acme-state" in error.message


def test_what_only_the_owner_knows_is_written_and_comments_stay(account: Account) -> None:
    account.clients["sts"].answers["get_caller_identity"] = {"Account": "444455556666", "Arn": "arn:aws:iam::4:user/a"}
    before = files()
    words = ["--build", "backend", "--port", "3000", "--region", "us-east-1", "--domain", "shop.dev"]
    certificate = "arn:aws:acm:us-east-1:444455556666:certificate/1-2"
    assert run("--yes", *words, "--certificate-arn", certificate).exit_code == 0
    after = files()
    for name in before:
        comments = [line for line in before[name].splitlines() if line.strip().startswith("#")]
        assert [line for line in after[name].splitlines() if line.strip().startswith("#")] == comments
    api = read(after["Pulumi.yaml"])["config"]["services"]["default"]["api"]
    assert api == {"build": "backend", "port": 3000, "health": "/health", "checks": ["/health"]}
    settings = {name: read(text).get("config") for name, text in after.items()}
    for name in ("Pulumi.shared.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml"):
        assert (settings[name]["shop:account"], settings[name]["aws:region"]) == ("444455556666", "us-east-1")
    assert settings["Pulumi.production.yaml"]["shop:domain"] == "shop.dev"
    assert settings["Pulumi.staging.yaml"]["shop:domain"] == "staging.shop.dev"
    assert settings["Pulumi.staging.yaml"]["shop:certificate_arn"] == certificate
    assert "shop:domain" not in settings["Pulumi.shared.yaml"]
    assert '"444455556666" # yours' in after["Pulumi.staging.yaml"]


def test_an_account_of_ones_own_stays_unless_it_is_said(account: Account) -> None:
    file = Path("Pulumi.production.yaml")
    file.write_text(file.read_text().replace(ACCOUNT, "777788889999"))
    shown = run("--yes").output
    assert "Pulumi.production.yaml  account: stays 777788889999" in shown
    assert "777788889999" in file.read_text()
    run("--yes", "-s", "production", "--account", "444455556666")
    assert read(file.read_text())["config"]["shop:account"] == "444455556666"
    assert ACCOUNT in Path("Pulumi.staging.yaml").read_text()


def test_another_name_is_the_prefix_of_every_setting(account: Account) -> None:
    shown = run("--yes", "--name", "acme")
    assert shown.exit_code == 0, shown.exception
    assert "every setting's prefix becomes `acme:`; do so before the first update only" in shown.output
    assert read(Path("Pulumi.yaml").read_text())["name"] == "acme"
    found = read(Path("Pulumi.staging.yaml").read_text())["config"]
    assert {key.partition(":")[0] for key in found} == {"aws", "acme"}
    assert account.buckets.made == [f"acme-pulumi-state-{ACCOUNT}"]


def test_five_questions_and_a_preview_before_anything_is_made(account: Account) -> None:
    before = files()
    certificate = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1"
    shown = run(typed=f"shop\neu-west-1\nbackend\nshop.dev\n{certificate}\nn\n")
    assert shown.exit_code == 1
    assert shown.output.count("?") >= 6
    assert "Make and write this?" in shown.output
    assert f"+ bucket {BUCKET} for Pulumi's state: versions, encryption with alias/shop" in shown.output
    assert "Pulumi.staging.yaml  aws:region: eu-central-1 → eu-west-1" in shown.output
    assert files() == before
    assert account.buckets.made == []
    assert account.roles.made == []


def test_the_preview_says_what_a_month_costs(account: Account) -> None:
    shown = run("--dry-run", "--yes").output
    assert "staging (eu-central-1): about $" in shown
    assert "blue/green" in shown
    assert "Nothing was changed (--dry-run)." in shown
    assert account.buckets.made == []


def test_it_ends_with_what_to_do_next(account: Account) -> None:
    lines = run("--yes").output.splitlines()
    following = [line.strip() for line in lines[lines.index("Next:") + 1 :]]
    assert following[:2] == [f'pulumi stack init shared --secrets-provider "{PROVIDER}"', "pulumi up -s shared"]
    assert following[3] == "pulumi up -s staging"
    assert following[5] == "pulumi up -s production"


def test_for_programs(account: Account) -> None:
    found: dict[str, Any] = json.loads(run("--yes", "--json").stdout)
    assert found["state"] == {"bucket": BUCKET, "key": account.keys.key()["Arn"], "secrets_provider": PROVIDER}
    assert {one["act"] for one in found["pieces"]} == {"make"}
    assert [one["stack"] for one in found["bills"]] == ["production", "staging"]
    assert found["bills"][0]["total"] > 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "slipway"], "--name: must be small letters"),
        (["--region", "Frankfurt"], "--region: must be an AWS region, got 'Frankfurt'"),
        (["--account", "12"], "--account: must be twelve digits, got '12'"),
        (["--domain", "https://shop.dev"], "--domain: must be a host name, got 'https://shop.dev'"),
        (["--certificate-arn", "x"], "--certificate-arn: must be the ARN of a certificate in ACM, got 'x'"),
        (
            ["--certificate-arn", "arn:aws:acm:us-east-1:111122223333:certificate/1", "--domain", "shop.dev"],
            "--certificate-arn: must be in eu-central-1, got 'us-east-1'",
        ),
        (["--build", "nowhere"], "--build: must be a folder with a Dockerfile, got 'nowhere'"),
    ],
)
def test_wrong_answers_are_refused_before_aws_is_asked(account: Account, words: list[str], said: str) -> None:
    error = run("--yes", *words).exception
    assert isinstance(error, DeliveryError)
    assert error.message.startswith(said)
    assert error.fix
    assert account.clients["sts"].called == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-s", "nowhere"], "-s: no file for nowhere; there are production, shared, staging."),
        (["--key-alias", "shop"], "--key-alias: must begin with alias/"),
        (["--state-bucket", "No_Such"], "--state-bucket: must be 3 to 63 small letters"),
    ],
)
def test_called_wrongly(account: Account, words: list[str], said: str) -> None:
    shown = run("--yes", *words)
    assert shown.exit_code == 2
    assert said in shown.output


def test_help_teaches_by_an_example() -> None:
    assert "Example: ./slipway init --name shop" in run("--help").output
