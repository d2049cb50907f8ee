from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline.bridge import warm
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.outcomes import ProviderError
from offline.errors import OfflineError
from offline.processes import Recorded

pytestmark = pytest.mark.process

PROVIDER = f"""#!{sys.executable}
import os, sys, time
assert os.environ["TF_PLUGIN_MAGIC_COOKIE"] and "PLUGIN_CLIENT_CERT" not in os.environ
print("a word on stderr", file=sys.stderr, flush=True)
with open("starts", "a") as file:
    file.write(f"{{os.getpid()}}\\n")
print("1|5|unix|" + os.environ["TMPDIR"] + "/plugin|grpc", flush=True)
time.sleep(60)
"""


class Place:
    """A cache folder with a short path, and a provider that only shakes hands."""

    def __init__(self, root: Path) -> None:
        self.cache = root
        self.binary = root / "terraform-provider-fake"
        self.binary.write_text(PROVIDER)
        self.binary.chmod(0o755)
        self.leases: list[warm.Lease] = []

    @contextlib.contextmanager
    def lease(self, name: str = "one") -> Iterator[warm.Lease]:
        with warm.lease(self.cache / "warm", self.binary, name, self.cache / "work") as lease:
            yield lease

    def starts(self) -> list[int]:
        return [int(line) for line in (self.cache / "work" / "starts").read_text().splitlines()]


@pytest.fixture
def place() -> Iterator[Place]:
    folder = tempfile.mkdtemp(prefix="sw")
    yield Place(Path(folder))
    warm.stop_all(Path(folder))
    shutil.rmtree(folder)


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while not holds() and time.monotonic() < limit:
        time.sleep(0.02)
    return holds()


def test_a_configured_process_is_joined(place: Place) -> None:
    with place.lease() as first:
        assert not first.configured
        first.note_configured()
    with place.lease() as second:
        assert second.configured
        assert second.handshake == first.handshake
    assert len(place.starts()) == 1


def test_one_that_nobody_configured_is_started_anew(place: Place) -> None:
    with place.lease():
        pass
    with place.lease() as second:
        assert not second.configured
    assert len(place.starts()) == 2


def test_a_spoiled_one_serves_nobody_again(place: Place) -> None:
    with place.lease() as first:
        first.note_configured()
    first.spoil()
    first.release()
    assert eventually(lambda: Recorded.of(place.starts()[0]) is None)
    with place.lease() as second:
        assert not second.configured


def test_it_ends_when_nobody_has_used_it_for_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(warm.SECONDS, "0.01")
    with place.lease() as only:
        only.note_configured()
    time.sleep(0.05)
    assert Recorded.of(place.starts()[0])
    only.release()
    assert eventually(lambda: Recorded.of(place.starts()[0]) is None)
    assert eventually(lambda: not only.folder.exists())


def test_without_warmth_each_user_has_a_process_of_its_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(warm.SECONDS, "0")
    with place.lease() as only:
        assert only.folder.name == f"one-{os.getpid()}"
    only.release()
    assert eventually(lambda: Recorded.of(place.starts()[0]) is None)


def test_stopping_ends_them_all(place: Place) -> None:
    for name in ("one", "two"):
        with place.lease(name) as lease:
            lease.note_configured()
    assert warm.stop_all(place.cache) == 2
    assert eventually(lambda: all(Recorded.of(pid) is None for pid in place.starts()))
    assert list((place.cache / "warm").iterdir()) == []
    assert warm.stop_all(place.cache) == 0


def test_it_dies_with_a_killed_keeper(place: Place) -> None:
    with place.lease() as lease:
        lease.note_configured()
    keeper = warm._keeper(lease.folder)
    assert keeper
    os.kill(keeper.pid, 9)
    assert eventually(lambda: Recorded.of(place.starts()[0]) is None)


def test_a_user_knows_whether_it_is_alone(place: Place) -> None:
    with place.lease() as first:
        first.note_configured()
    with place.lease() as second:
        pass
    assert not first.alone()
    assert not second.alone()
    second.release()
    assert first.alone()


def test_one_that_does_not_start_says_why(place: Place) -> None:
    place.binary.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 1\n")
    with pytest.raises(OfflineError, match="terraform-provider-fake did not start: no such library"), place.lease():
        pass
    assert not (place.cache / "warm" / "one").exists()


def test_one_that_speaks_another_protocol_is_refused(place: Place) -> None:
    place.binary.write_text("#!/bin/sh\necho '1|6|unix|/x|grpc'\nexec sleep 60\n")
    provider = TerraformProvider(place.binary, place.cache)
    with pytest.raises(ProviderError, match=r"no provider of plugin protocol 5 answered, but: 1\|6\|unix\|/x\|grpc"):
        provider.configure({})


def test_a_cache_with_too_long_a_path_is_refused(place: Place) -> None:
    with (
        pytest.raises(OfflineError, match="is too long a path for a socket"),
        warm.lease(place.cache / ("x" * 90), place.binary, "one", place.cache),
    ):
        pass


def test_configuration_binary_and_environment_name_a_process(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first = warm.key(place.binary, {"region": "a"})
    assert warm.key(place.binary, {"region": "a"}) == first
    assert warm.key(place.binary, {"region": "b"}) != first
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert warm.key(place.binary, {"region": "a"}) != first


def test_a_call_before_the_configuration_is_refused(place: Place) -> None:
    with pytest.raises(ProviderError, match="ReadResource was asked of a provider that is not configured"):
        TerraformProvider(place.binary, place.cache).read("aws_vpc", None, b"")


def test_a_provider_that_breaks_down_is_spoiled_and_its_last_words_told(place: Place) -> None:
    provider = TerraformProvider(place.binary, place.cache)
    with pytest.raises(ProviderError, match=r"(?s)broke down in PrepareProviderConfig: .*a word on stderr"):
        provider.configure({})
    assert provider.lease
    assert (provider.lease.folder / "spoiled").exists()
