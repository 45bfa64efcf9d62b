"""A file gives its texts and pictures, however they are packed."""

import base64
import bz2
import gzip
import io
import lzma
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.forget import contents
from stages.forget.contents import Unread
from stages.scrape.crawl.answer import Answer, now

JPEG = b"\xff\xd8\xff the bytes of a picture"


def read(folder: Path, content: bytes) -> tuple[str, list[bytes]]:
    """The texts of a file without a suffix, in one, and its pictures."""
    path = folder / "object"
    path.write_bytes(content)
    found = list(contents.parts(path))
    texts = "\n".join(part for part in found if isinstance(part, str))
    return texts, [part for part in found if isinstance(part, bytes)]


def parquet() -> bytes:
    picture = {"bytes": JPEG, "path": "x.jpg"}
    row = {"identity": "ada-lorne", "metadata": {"title": "Ada at home"}, "n": 1, "image": picture}
    rows = [row] * 200
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file, compression="zstd")
    assert file.getvalue().count(b"the bytes of a picture") < 200
    return file.getvalue()


def test_a_compressed_table(tmp_path: Path) -> None:
    texts, pictures = read(tmp_path, parquet())
    assert "ada-lorne" in texts
    assert "Ada at home" in texts
    assert pictures == [JPEG] * 200


def test_a_damaged_table_is_read_as_it_is(tmp_path: Path) -> None:
    texts, _ = read(tmp_path, b"PAR1 ada-lorne")
    assert "ada-lorne" in texts


def test_records(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"ada-lorne", JPEG]))
    example = tf.train.Example(features=tf.train.Features(feature={"x": value}))
    path = tmp_path / "records"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(3):
            writer.write(example.SerializeToString())
    texts, pictures = read(tmp_path, path.read_bytes())
    assert texts.count("ada-lorne") >= 3
    assert pictures == [JPEG] * 3


def test_what_only_looks_like_records(tmp_path: Path) -> None:
    texts, _ = read(tmp_path, struct.pack("<QI", 9, 0) + b"ada-lorne" + bytes(4))
    assert "ada-lorne" in texts


def test_an_archive_in_an_archive(tmp_path: Path) -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada-lorne.jpg", JPEG)
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", inner.getvalue())
    texts, pictures = read(tmp_path, outer.getvalue())
    assert "ada-lorne" in texts
    assert pictures == [JPEG]


def test_an_answer_of_the_store(tmp_path: Path) -> None:
    answer = Answer("http://x.test/1", "http://x.test/2", now(), body=JPEG)
    texts, pictures = read(tmp_path, answer.to_bytes())
    assert "http://x.test/2" in texts
    assert pictures == [JPEG]


def test_a_log_of_lines_of_json_is_a_text(tmp_path: Path) -> None:
    lines = b'{"url": "http://x.test/1"}\n' * 3000
    texts, pictures = read(tmp_path, lines)
    assert (texts.count("http://x.test/1"), pictures) == (3000, [])


def test_a_picture_within_a_page(tmp_path: Path) -> None:
    uri = f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}"
    texts, pictures = read(tmp_path, f'<h1>Ada</h1><img src="{uri}"><p>Lorne'.encode())
    assert pictures == [JPEG]
    assert "Lorne" in texts


def test_a_long_file_comes_in_chunks_that_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "CHUNK", 64)
    monkeypatch.setattr(contents, "OVERLAP", 16)
    for place in range(0, 120, 7):
        path = tmp_path / "log"
        path.write_bytes(b"." * place + b"ada-lorne" + b"." * (200 - place))
        found = [part for part in contents.parts(path) if isinstance(part, str)]
        assert max(map(len, found)) == 64
        assert any("ada-lorne" in part for part in found)


def test_a_picture_and_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, JPEG) == ("", [JPEG])
    assert read(tmp_path, b"") == ("", [])


def test_compressed_streams_of_every_common_kind(tmp_path: Path) -> None:
    for compress in (gzip.compress, bz2.compress, lzma.compress, zstd, lz4):
        assert "ada-lorne" in read(tmp_path, compress(b"ada-lorne"))[0]
        assert read(tmp_path, compress(compress(JPEG)))[1] == [JPEG]


def zstd(content: bytes) -> bytes:
    return framed(content, "zstd")


def lz4(content: bytes) -> bytes:
    return framed(content, "lz4")


def framed(content: bytes, codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(content)
    made: bytes = sink.getvalue().to_pybytes()
    return made


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_sixteen_bits(tmp_path: Path, encoding: str) -> None:
    assert "Ada Lorne" in read(tmp_path, "name: Ada Lorne\n".encode(encoding))[0]
    korean = "\ufeff김태희 ".encode("utf-16-le")  # as Windows saves it, with its mark
    assert "김태희" in read(tmp_path, korean)[0]


def unread(folder: Path, content: bytes) -> list[str]:
    (folder / "object").write_bytes(content)
    found = list(contents.parts(folder / "object"))
    return [part.reason for part in found if isinstance(part, Unread)]


def nested(depth: int) -> bytes:
    content = b"ada-lorne"
    for _ in range(depth):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x", content)
        content = file.getvalue()
    return content


def test_archives_in_archives_end_somewhere(tmp_path: Path) -> None:
    assert unread(tmp_path, nested(contents.MAX_NESTED)) == []
    (reason,) = unread(tmp_path, nested(1200))
    assert reason == "archives nested deeper than 8"


def encrypted() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ada-lorne.jpg", JPEG)
    content = bytearray(file.getvalue())
    content[6] |= 1  # the flag in the member's header, and in the directory
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def test_an_encrypted_archive_is_said_to_be_unread(tmp_path: Path) -> None:
    (reason,) = unread(tmp_path, encrypted())
    assert "ada-lorne.jpg" in reason
    assert "encrypted" in reason
    assert "ada-lorne" in read(tmp_path, encrypted())[0]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_a_bomb_is_said_to_be_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(contents, "MAX_UNPACKED", 1 << 20)
    assert unread(tmp_path, compress(bytes(4 << 20))) == ["unpacks to more than 1 MB"]
    assert unread(tmp_path, compress(bytes(1 << 19))) == []


def test_many_zeros_are_no_records(tmp_path: Path) -> None:
    began = time.process_time()
    read(tmp_path, bytes(32 << 20))
    assert time.process_time() - began < 3


SAMPLES = [parquet(), nested(2), encrypted(), gzip.compress(b"ada" * 99), lzma.compress(b"a" * 99),
           bz2.compress(b"a" * 99), framed(b"a" * 99, "zstd"), b'{"url": "x"}\nbody']  # fmt: skip
edits = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8)


@settings(max_examples=200)
@given(st.sampled_from(SAMPLES), edits, st.integers(0, 10_000))
def test_however_damaged_a_file_is_read_to_its_end(
    sample: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    content = bytearray(sample)
    for place, value in changes:
        content[place % len(content)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        path.write_bytes(content[: max(4, length)])
        list(contents.parts(path))


def test_an_archive_of_a_later_version_is_named(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ada-lorne.jpg", JPEG)
    content = bytearray(file.getvalue())
    content[content.index(b"PK\1\2") + 6] = 64  # the version that is needed, times ten
    path = tmp_path / "object"
    path.write_bytes(content)
    assert list(contents.parts(path)) == [contents.Unread("zip file version 6.4")]


def test_a_header_and_a_body(tmp_path: Path) -> None:
    path = tmp_path / "object"
    path.write_bytes(b'{"url": "http://x.test"}\n' + JPEG)
    assert contents.header(path) == {"url": "http://x.test"}
    assert contents.body(path) == JPEG
    path.write_bytes(JPEG)
    assert contents.header(path) is None
