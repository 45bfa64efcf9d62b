"""The search finds what is planted, wherever and however: a proof that cannot fail is none."""

import base64
import gzip
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.forget import contents, proof
from stages.forget.proof import Traces
from stages.scrape.crawl.answer import Answer, now

JPEG, FACE = b"\xff\xd8\xff as fetched", b"\xff\xd8\xff a face"
ID, FACE_HASH = (hashlib.sha256(each).hexdigest() for each in (JPEG, FACE))
URL = "http://cdn.test/x y/1.jpg?v=1&w=2"
TRACES = Traces(frozenset({"ada-lorne", "Ada Lorne"}), frozenset({URL}), frozenset({ID, FACE_HASH}))


def table(row: dict[str, object]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row] * 50), file, compression="zstd")
    return file.getvalue()


def archive(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return file.getvalue()


PLANTED = {
    "a slug in a table": table({"identity": "ada-lorne"}),
    "a name in a table": table({"metadata": {"title": "Bo Tanaka and Ada Lorne"}}),
    "a picture in a table": table({"image": {"bytes": JPEG, "path": "x"}}),
    "a face in a table": table({"image": {"bytes": FACE, "path": "x"}}),
    "an id in a table": table({"face_id": f"{ID}-0"}),
    "an address in a table": table({"url": URL}),
    "a key of a JSON": json.dumps({"ada-lorne": 1}).encode(),
    "a name in JSON's escapes": b'{"name": "Ad\\u0061 Lorne"}',
    "an address in a page": b'<a href="http://cdn.test/x%20y/1.jpg?v=1&amp;w=2">',
    "an address in JSON": b'{"murl": "https:\\/\\/cdn.test\\/x%20y\\/1.jpg?v=1&w=2"}',
    "a query in a log": b"GET /images/async?q=Ada+Lorne&first=1",
    "a row of CSV": b"identity\nada_lorne\n",
    "a picture in a page": b"<img src=data:image/jpeg;base64," + base64.b64encode(FACE) + b">",
    "a picture": JPEG,
    "an answer of the store": Answer("http://a", "http://a", now(), body=JPEG).to_bytes(),
    "a picture in an archive": archive("x", JPEG),
    "a name in an archive": archive("models/ada-lorne.txt", b""),
    "a compressed log": gzip.compress(b"Ada Lorne"),
    "a name among bytes": b"\x00\x01\xffAda Lorne\xff\x00" * 3,
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found(tmp_path: Path, planted: str) -> None:
    for name, content in {"3f6c": PLANTED[planted], "other": b"Bo Tanaka"}.items():
        (tmp_path / name).write_bytes(content)
    (outcome,) = proof.search([tmp_path], TRACES)
    assert list(outcome.found) == ["3f6c"]
    assert outcome.files == 2
    assert outcome.bytes == len(PLANTED[planted]) + 9


def test_records_are_found(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    for place, value in enumerate((b"ada-lorne", FACE, b"bo-tanaka")):
        feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        example = tf.train.Example(features=tf.train.Features(feature={"x": feature}))
        with tf.io.TFRecordWriter(str(tmp_path / f"{place}")) as writer:
            writer.write(example.SerializeToString())
    (outcome,) = proof.search([tmp_path], TRACES)
    assert sorted(outcome.found) == ["0", "1"]


def test_names_of_files_and_folders_are_searched(tmp_path: Path) -> None:
    for name in ("ada-lorne/1.txt", "bo/ada_lorne.parquet"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("nothing")
    (outcome,) = proof.search([tmp_path], TRACES)
    assert sorted(outcome.found) == ["ada-lorne/1.txt", "bo/ada_lorne.parquet"]


@pytest.mark.parametrize(
    "text", ["Bo Tanaka", "ada", "Ada Lornette", "Nada Lorne", f"{URL}3", f"0{ID[1:]}"]
)
def test_what_is_like_it_is_not_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    assert proof.search([tmp_path], TRACES)[0].found == {}


def test_a_name_of_one_word_is_found_on_its_own_only(tmp_path: Path) -> None:
    for name, text in {
        "a": '{"x": "prince"}',
        "b": "http://x/prince/1",
        "c": "a prince is",
    }.items():
        (tmp_path / name).write_text(text)
    (outcome,) = proof.search([tmp_path], Traces(frozenset({"prince"})))
    assert sorted(outcome.found) == ["a", "b"]


def test_code_git_and_environments_are_passed_over_and_links_count_once(tmp_path: Path) -> None:
    for name in (".git/x", "venv/pyvenv.cfg", "venv/x", "code.py", "page.md", "skipped/x", "data"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Ada Lorne")
    os.link(tmp_path / "data", tmp_path / "linked")
    (tmp_path / "away").symlink_to(tmp_path / "page.md")
    (outcome,) = proof.search([tmp_path], TRACES, skip=[tmp_path / "skipped"])
    assert list(outcome.found) == ["data"]
    assert outcome.files == 1


@pytest.mark.parametrize("query", ["sig=REDACTED", "sig=s3cret"])
def test_an_address_with_credentials_is_found_with_and_without_them(query: str) -> None:
    traces = Traces(urls=frozenset({"https://ada:pw@x.test/1.jpg?sig=s3cret"}))
    assert traces.count(f"http://x.test/1.jpg?{query}") == 1
    assert traces.count("http://x.test/1.jpg") == 0


def test_what_cannot_be_read_is_reported_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(archive("x", b"y"))
    (tmp_path / "b").write_text("Ada Lorne")

    def parts(path: Path) -> Iterator[contents.Part]:
        if path.name == "a.zip":
            yield contents.Unread("x: encrypted")
        else:
            yield path.read_text()
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(contents, "parts", parts)
    (report,) = proof.search([tmp_path], TRACES)
    assert report.unread == {"a.zip": "x: encrypted", "b": "Permission denied"}
    assert list(report.found) == ["b"]
