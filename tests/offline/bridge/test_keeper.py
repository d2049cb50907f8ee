"""What a provider process is told by its environment."""

from __future__ import annotations

from pathlib import Path

from offline.bridge.keeper import COOKIE, variables

FOLDER = Path("/cache/bridge/warm/one")
GITHUB = "/parts/terraform-provider-github_v6.13.0"


def test_it_speaks_plainly_and_keeps_its_files_together() -> None:
    told = variables({"PLUGIN_CLIENT_CERT": "…", "HOME": "/root"}, FOLDER, GITHUB)
    assert told.items() >= {**COOKIE, "HOME": "/root", "TMPDIR": str(FOLDER)}.items()
    assert "PLUGIN_CLIENT_CERT" not in told


def test_it_does_not_write_down_what_it_sends_and_gets() -> None:
    """Unless told otherwise it logs every request with its body, and so the values of secrets."""
    told = variables({}, FOLDER, GITHUB)
    assert {told["TF_LOG_PROVIDER_GITHUB"], told["TF_LOG_SDK"]} == {"ERROR"}
    assert variables({}, FOLDER, "/x/terraform-provider-docker-build")["TF_LOG_PROVIDER_DOCKER_BUILD"] == "ERROR"


def test_who_looks_for_a_fault_may_have_it_written_down() -> None:
    assert (
        variables({"TF_LOG_PROVIDER_AWS": "DEBUG"}, FOLDER, "/x/terraform-provider-aws_v5.100.0_x5").items()
        >= {
            "TF_LOG_PROVIDER_AWS": "DEBUG",
            "TF_LOG_SDK": "ERROR",
        }.items()
    )
