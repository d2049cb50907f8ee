from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from offline.bridge.assets import Archive, Asset
from offline.errors import OfflineError


def folder(tmp_path: Path, text: str = "print(1)") -> Archive:
    (tmp_path / "code" / "inner").mkdir(parents=True)
    (tmp_path / "code" / "main.py").write_text(text)
    (tmp_path / "code" / "inner" / "b.py").write_text("b")
    return Archive({"hash": "abc", "path": str(tmp_path / "code")})


def test_a_text_is_put_where_the_provider_reads_it(tmp_path: Path) -> None:
    name = Asset({"hash": "abc", "text": "hello"}).place(tmp_path / "assets")
    assert name == "abc"
    assert (tmp_path / "assets" / name).read_text() == "hello"


def test_an_archive_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    packed = folder(one).content()
    again = folder(other)
    (other / "code" / "main.py").touch()
    assert packed == again.content()
    assert folder(tmp_path / "third", "print(2)").content() != packed


def test_an_archive_of_assets_nests(tmp_path: Path) -> None:
    inner = folder(tmp_path)
    archive = Archive({"hash": "x", "assets": {"lib": inner, "top.py": Asset({"hash": "y", "text": "top"})}})
    name = archive.place(tmp_path / "assets")
    with zipfile.ZipFile(tmp_path / "assets" / name) as made:
        assert sorted(made.namelist()) == ["lib/inner/b.py", "lib/main.py", "top.py"]
        assert made.read("top.py") == b"top"


def test_a_zip_file_is_taken_as_it_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "given.zip", "w") as made:
        made.writestr("a", "b")
    assert (
        Archive({"hash": "x", "path": str(tmp_path / "given.zip")}).content() == (tmp_path / "given.zip").read_bytes()
    )


def test_where_only_the_hash_is_known_only_the_name_is(tmp_path: Path) -> None:
    assert Archive({"hash": "abc"}).place(tmp_path / "assets") == "abc.zip"
    assert not (tmp_path / "assets").exists()


@pytest.mark.parametrize("kind", [Asset, Archive])
def test_what_is_to_be_downloaded_is_refused(kind: type[Asset], tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match=r"comes from https://x/y, and the offline bridge fetches nothing"):
        kind({"hash": "h", "uri": "https://x/y"}).place(tmp_path)
