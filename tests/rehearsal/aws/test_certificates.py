"""The private certificate authority."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import certificates

pytestmark = pytest.mark.process

NAME = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.fixture
def issued(tmp_path: Path) -> Any:
    return certificates.issue(tmp_path / "certificates", [NAME, "*.eu-central-1.elb.amazonaws.com"])


def handshake(issued: Any, name: Any, trusted: Any) -> Any:
    """Connect to a server with our certificate; raises what the client raises."""
    one, other = socket.socketpair()

    def serve() -> None:
        try:
            issued.server_context().wrap_socket(other, server_side=True).close()
        except OSError:
            other.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        context = ssl.create_default_context(cafile=trusted)
        with context.wrap_socket(one, server_hostname=name) as client:
            return client.version()
    finally:
        one.close()
        thread.join()


@pytest.mark.parametrize("name", [NAME, "shop-1.eu-central-1.elb.amazonaws.com"])
def test_whoever_trusts_the_bundle_trusts_our_names(issued: Any, name: Any) -> None:
    assert handshake(issued, name, issued.bundle) == "TLSv1.3"


def test_no_other_name_is_covered(issued: Any) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(issued, "example.com", issued.bundle)


def test_another_authority_is_not_enough(issued: Any, tmp_path: Path) -> None:
    another = certificates.issue(tmp_path / "another", [NAME])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(issued, NAME, another.authority)


def test_the_bundle_holds_the_systems_authorities_too(issued: Any) -> None:
    system = ssl.create_default_context().cert_store_stats()["x509_ca"]
    ours = ssl.create_default_context(cafile=issued.bundle).cert_store_stats()["x509_ca"]
    assert ours == system + 1


def test_the_key_is_nobody_elses(issued: Any) -> None:
    assert stat.S_IMODE(issued.key.stat().st_mode) == 0o600
