"""A file gives its texts and pictures, however they are packed."""

import base64
import io
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.forget import contents
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
