from __future__ import annotations

from pathlib import Path

import pytest

from offline.engine import terraform
from offline.engine.parts import AWS
from offline.errors import OfflineError

NAME = f"terraform-provider-aws_v{AWS.version}_x5"


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without mirrors: own home, own roots, no variables."""
    for name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "XDG_DATA_HOME", terraform.variable(AWS)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "data"))
    monkeypatch.setattr(terraform, "ROOTS", (str(tmp_path / "opt"),))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.chdir(tmp_path)


def mirror(folder: Path, version: str = AWS.version) -> Path:
    binary = folder / AWS.source / version / "linux_amd64" / f"terraform-provider-aws_v{version}_x5"
    binary.parent.mkdir(parents=True)
    binary.touch(mode=0o755)
    return binary


def test_a_variable_may_name_the_binary_or_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = mirror(tmp_path / "m")
    for named in (binary, tmp_path / "m"):
        monkeypatch.setenv("SLIPWAY_TERRAFORM_PROVIDER_AWS", str(named))
        assert terraform.find(AWS) == binary


def test_a_variable_that_names_nothing_is_an_error_even_if_there_is_a_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror(tmp_path / "opt")
    monkeypatch.setenv("SLIPWAY_TERRAFORM_PROVIDER_AWS", "/nowhere")
    with pytest.raises(
        OfflineError, match="SLIPWAY_TERRAFORM_PROVIDER_AWS=/nowhere is neither a provider nor a mirror"
    ):
        terraform.find(AWS)


def test_mirrors_of_the_configuration_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = mirror(tmp_path / "named")
    mirror(tmp_path / "home/.terraform.d/plugins")
    (tmp_path / "rc").write_text(
        'provider_installation {\n  # filesystem_mirror { path = "/x" }\n'
        f'  filesystem_mirror {{\n    path = "{tmp_path}/named"\n  }}\n}}\n'
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "rc"))
    assert terraform.find(AWS) == binary


def test_the_plugin_cache_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = mirror(tmp_path / "cached")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".terraformrc").write_text('plugin_cache_dir = "$HOME/cached"\n')
    assert terraform.find(AWS) == binary


@pytest.mark.parametrize(
    "place",
    [
        "terraform.d/plugins",
        "home/.terraform.d/plugins",
        "home/.local/share/terraform/plugins",
        "data/terraform/plugins",
    ],
)
def test_the_mirrors_that_terraform_looks_at_unasked(place: str, tmp_path: Path) -> None:
    binary = mirror(tmp_path / place)
    assert terraform.find(AWS) == binary


@pytest.mark.parametrize("place", ["opt", "opt/tf", "opt/vendor/mirror"])
def test_add_on_software_is_looked_at_last(place: str, tmp_path: Path) -> None:
    binary = mirror(tmp_path / place)
    assert terraform.find(AWS) == binary


def test_another_version_is_none(tmp_path: Path) -> None:
    mirror(tmp_path / "opt/tf", "6.0.0")
    with pytest.raises(OfflineError) as missing:
        terraform.find(AWS)
    assert missing.value.what.startswith(
        f"registry.terraform.io/hashicorp/aws {AWS.version} for linux_amd64 is in no Terraform mirror of this machine"
    )
    assert (
        "`terraform providers mirror DIR` fetches it; then set SLIPWAY_TERRAFORM_PROVIDER_AWS=DIR." in missing.value.fix
    )
