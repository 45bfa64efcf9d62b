"""Folders, zips and tars, read without trusting either."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from stages.core.program import InputError
from stages.pictures.decoder import Rejected
from stages.scrape.datasets.files import open_files, read_annotation
from stages.scrape.datasets.member import Member
from tests.scrape.sources.data_sets import FORMS, lay


@pytest.mark.parametrize("suffix", FORMS)
def test_a_folder_and_its_archives_are_one_thing(tmp_path: Path, suffix: str) -> None:
    given = lay(tmp_path / "x", {"b/2.jpg": b"two", "a.txt": b"1", ".hidden/3.jpg": b"3"}, suffix)
    with open_files(given) as files:
        assert files.members() == [Member("a.txt", 1), Member("b/2.jpg", 3)]
        assert files.folders() == {"b"}
        assert files.read("b/2.jpg") == b"two"


def test_a_folders_links_and_pipes_are_reported(tmp_path: Path) -> None:
    root = lay(tmp_path / "x", {"a.jpg": b"a"})
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (root / "away.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "here.jpg").symlink_to(root / "a.jpg")
    (root / "nowhere.jpg").symlink_to(root / "missing.jpg")
    os.mkfifo(root / "pipe.jpg")
    with open_files(root) as files:
        assert {member.name: member.reason for member in files.members()} == {
            "a.jpg": None,
            "away.jpg": "outside_folder",
            "here.jpg": None,
            "nowhere.jpg": "unreadable",
            "pipe.jpg": "not_a_file",
        }


def test_a_zips_tricks_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../up.jpg", b"up")
        archive.writestr("__MACOSX/._a.jpg", b"?")
        archive.writestr(link, b"/etc/passwd")
        archive.writestr("lzma.jpg", b"0" * 1000, zipfile.ZIP_LZMA)
        archive.writestr("twice.jpg", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("twice.jpg", b"last")
    with open_files(path) as files:
        assert [(member.name, member.reason) for member in files.members()] == [
            ("../../up.jpg", None),  # a name like any other: nothing is written
            ("link.jpg", "not_a_file"),
            ("lzma.jpg", "unknown_compression"),
            ("twice.jpg", "duplicate_name"),
            ("twice.jpg", None),
        ]
        assert files.read("twice.jpg") == b"last"


def test_an_encrypted_member_is_reported(tmp_path: Path) -> None:
    path = lay(tmp_path / "x", {"a.jpg": b"a"}, ".zip")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with open_files(path) as files:
        assert files.members() == [Member("a.jpg", 1, "encrypted")]


def test_a_member_larger_than_its_header_says_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jpg", bytes(50_000_000))
    size = (50_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    with open_files(path) as files:
        assert files.members() == [Member("bomb.jpg", 10)]
        with pytest.raises(Rejected) as caught:
            files.read("bomb.jpg")
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(("name", "content"), [("a.zip", b"no zip"), ("a.zip", b"PK\x05\x06")])
def test_what_is_neither_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"a\.zip: neither a folder nor a readable \.zip, \.tar"):
        open_files(tmp_path / name).__enter__()
    with pytest.raises(InputError, match="no such folder, zip or tar"):
        open_files(tmp_path / "missing").__enter__()


def test_an_annotation_is_read_up_to_its_limit(tmp_path: Path) -> None:
    given = lay(tmp_path / "x", {"a.txt": b"four"})
    with open_files(given) as files:
        assert read_annotation(files, Member("a.txt", 4), 4, given) == b"four"
        with pytest.raises(InputError, match=r"a\.txt: 4 bytes; at most 3 are read"):
            read_annotation(files, Member("a.txt", 4), 3, given)
        with pytest.raises(InputError, match=r"a\.txt: encrypted"):
            read_annotation(files, Member("a.txt", 4, "encrypted"), 4, given)
        with pytest.raises(InputError, match=r"gone\.txt: unreadable"):
            read_annotation(files, Member("gone.txt"), 4, given)


def understated(path: Path, size: int) -> Path:
    """A zip whose only member unpacks to a megabyte, while its headers say another size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"0" * 1_000_000)
    content = path.read_bytes().replace(
        (1_000_000).to_bytes(4, "little"), size.to_bytes(4, "little")
    )
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [0, 10, 999_999, 1_000_001, 2**31])
def test_a_size_that_a_zips_header_lies_about_is_not_believed(tmp_path: Path, size: int) -> None:
    with open_files(understated(tmp_path / "x.zip", size)) as files:
        assert files.members() == [Member("a.jpg", size)]
        with pytest.raises(Rejected, match="unreadable"):
            files.read("a.jpg")


def test_a_member_without_a_name(tmp_path: Path) -> None:
    nameless = zipfile.ZipInfo("")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr(nameless, b"?")
        archive.writestr("b.jpg", b"b")
    with open_files(tmp_path / "y.zip") as files:
        assert files.members() == [Member("", 1, "name_is_empty"), Member("b.jpg", 1)]
