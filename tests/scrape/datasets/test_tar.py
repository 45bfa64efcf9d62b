"""Tars, compressed or not: indexed once, nothing followed, nothing unpacked without a bound."""

import gzip
import io
import os
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core.program import InputError
from stages.pictures.decoder import Rejected
from stages.scrape.datasets import tar as tars
from stages.scrape.datasets.files import open_files
from stages.scrape.datasets.member import Member
from tests.scrape.sources.data_sets import lay, named, tar


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # of the scratch folder


def listed(path: Path) -> list[Member]:
    with open_files(path) as files:
        return files.members()


TRICKS = [
    (named("../../up.jpg"), b"up", None),  # a name like any other: nothing is written
    (named("/etc/passwd.jpg"), b"absolute", None),
    (named("block.jpg", type=tarfile.BLKTYPE, devmajor=8), b"", "not_a_file"),
    (named("character.jpg", type=tarfile.CHRTYPE, devmajor=1, devminor=5), b"", "not_a_file"),
    (named("hard.jpg", type=tarfile.LNKTYPE, linkname="../../up.jpg"), b"", "not_a_file"),
    (named("pipe.jpg", type=tarfile.FIFOTYPE), b"", "not_a_file"),
    (named("sparse.jpg", type=tarfile.GNUTYPE_SPARSE), b"", "not_a_file"),
    (named("symbolic.jpg", type=tarfile.SYMTYPE, linkname="/etc/passwd"), b"", "not_a_file"),
]


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz"])
def test_links_and_devices_are_reported_and_never_followed(tmp_path: Path, name: str) -> None:
    path = tar(tmp_path / name, [(info, content) for info, content, _ in TRICKS])
    with open_files(path) as files:
        assert [(each.name, each.reason) for each in files.members()] == [
            (info.name, reason) for info, _, reason in TRICKS
        ]
        for info, content, reason in TRICKS:
            if reason:
                with pytest.raises(Rejected, match="unreadable"):
                    files.read(info.name)
            else:
                assert files.read(info.name) == content
    assert not (tmp_path.parent.parent / "up.jpg").exists()


def test_the_last_of_equal_names_counts_and_a_dot_before_is_none(tmp_path: Path) -> None:
    members = [("./", b""), ("./a.jpg", b"first"), ("a.jpg", b"last"), ("./b/c.jpg", b"c")]
    with open_files(tar(tmp_path / "x.tar", [(named(name), c) for name, c in members])) as files:
        assert files.members() == [
            Member("a.jpg", 5, "duplicate_name"),
            Member("a.jpg", 4),
            Member("b/c.jpg", 1),
        ]
        assert files.folders() == {"b"}
        assert files.read("a.jpg") == b"last"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_other_scripts(tmp_path: Path, form: int) -> None:
    name = "홍길동/" + "é" * 120 + ".jpg"
    with tarfile.open(tmp_path / "x.tar", "w", format=form) as archive:
        archive.addfile(named(name), io.BytesIO())
    assert listed(tmp_path / "x.tar") == [Member(name, 0)]


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    return named(name, size=size, type=kind).tobuf(tarfile.GNU_FORMAT)


END = bytes(1024)


@pytest.mark.parametrize(
    "content",
    [
        header("a.jpg", 8**11 - 1) + b"short",
        header("a.jpg", 2**80) + END,
        header("a.jpg", -512) + END,
        header("a", 0) + header("b", -1024) + END,
        header("a", 2**40, tarfile.GNUTYPE_LONGNAME) + b"b" * 512 + END,
        header("a", -1, tarfile.XHDTYPE) + b"b" * 512 + END,
        header("a", 30_000_000, tarfile.XHDTYPE) + bytes(30_000_256) + header("b", 0) + END,
        header("a", 512, tarfile.XHDTYPE) + b"99999 path=x\n".ljust(512, b"\0") + END,
        (header("a", 512, tarfile.XHDTYPE) + b"9 path=x\n".ljust(512, b"\0")) * 5000 + END,
        header("a.jpg", 0),  # no end
        header("a.jpg", 0) + b"x" * 512 + header("b.jpg", 0) + END,
        header("a.jpg", 512) + bytes(100),
        b"",
    ],
)
def test_a_header_that_lies_is_one_line_and_takes_no_memory(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    tracemalloc.start()
    start = time.monotonic()
    with pytest.raises(InputError, match=r"x\.tar: not a readable tar \("):
        listed(tmp_path / "x.tar")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    assert time.monotonic() - start < 5
    tracemalloc.stop()


@pytest.mark.parametrize("kept", [5, 12, 40, -1])
def test_a_gzip_that_is_cut_off_is_one_line(tmp_path: Path, kept: int) -> None:
    path = lay(tmp_path / "x", {"a.jpg": os.urandom(1000)}, ".tar.gz")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"x\.tar\.gz: damaged"):
        listed(path)


def test_a_bomb_is_unpacked_to_its_bound_only_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tars, "SPARE_BYTES", 2_000_000)
    path = lay(tmp_path / "x", {"bomb.jpg": bytes(100_000_000)}, ".tar.gz")
    with pytest.raises(InputError, match=r"unpacks to more than \d{7} bytes"):
        listed(path)
    left = [each for each in (tmp_path / ".store").rglob("*") if each.is_file()]
    assert [each.name for each in left if each.stat().st_size] == []


def test_the_unpacked_copy_goes_when_the_tar_is_closed(tmp_path: Path) -> None:
    path = lay(tmp_path / "x", {"a.jpg": b"a"}, ".tar.gz")
    with open_files(path):
        assert list((tmp_path / ".store").rglob("tar"))
    assert not list((tmp_path / ".store").rglob("tar"))


@settings(
    max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([".tar", ".tar.gz"]),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_tar_is_rows_or_one_line(
    tmp_path: Path, suffix: str, changes: list[tuple[int, int]]
) -> None:
    whole = lay(tmp_path / "x", {"a.jpg": b"a" * 600, "é" * 80: b"b", "c/": b""}, ".tar")
    content = bytearray(whole.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    packed = gzip.compress(content) if suffix == ".tar.gz" else bytes(content)
    damaged = tmp_path / f"damaged{suffix}"
    damaged.write_bytes(packed)
    try:
        with open_files(damaged) as files:
            for each in files.members():
                if each.reason is None:
                    assert len(files.read(each.name)) == each.size
    except (InputError, Rejected):
        pass
