"""Pictures of a folder: every file is reported, the good ones become rows."""

import hashlib
import io
import os
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import ExifTags, Image

from stages.core import schema
from stages.core.program import InputError
from stages.core.store import Store
from stages.scrape.params import Params
from stages.scrape.source import Crawled
from stages.scrape.sources import folder


def params(**changes: Any) -> Params:
    usual: dict[str, Any] = {
        "sources": {"folder": "pictures"},
        "max_results": 1,
        "min_pictures": 0,
        "licence": "any",
        "min_picture_side": 20,
        "max_pixels": 1_000_000,
        "max_bytes": 100_000,
        "download_timeout": 1.0,
        "max_attempts": 1,
        "request_interval": 0.0,
        "threads": 4,
        "proxy": None,
        "contact": "",
        "files_per_partition": 100,
        "site": None,
    }
    return Params(**(usual | changes))


def jpeg(seed: int, size: tuple[int, int] = (40, 50), tags: Image.Exif | None = None) -> bytes:
    width, height = size
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", exif=Image.Exif() if tags is None else tags)
    return file.getvalue()


def lay(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def crawled(root: Path, **changes: Any) -> list[Crawled]:
    given = params(**changes)
    return list(folder.crawl(folder.plan(root, given), root, given, Store(root)))


def reasons(found: list[Crawled]) -> dict[str, str | None]:
    return {row["url"]: row["reason"] for each in found for row in each.attempts}


def test_a_good_file_is_a_row(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2001:02:03 04:05:06"
    content = jpeg(1, (40, 50), tags)
    people = b"id,name,born,gender\nA1,Ann,1980-05-06,F\n"
    lay(tmp_path, {"all/A1.png": content, "people.csv": people})
    (each,) = crawled(tmp_path)
    (row,) = each.images
    digest = hashlib.sha256(content).hexdigest()
    assert row | {"phash": ""} == {
        "image_id": digest,
        "source": "folder",
        "identity": "a1",
        "url": "file:all/A1.png",
        "page_url": None,
        "fetched_at": None,
        "licence": None,
        "phash": "",
        "width": 40,
        "height": 50,
        "metadata": [
            ("birth_date", "1980-05-06"),
            ("person:gender", "female"),
            ("taken", "2001-02-03"),
        ],
        "image": {"bytes": content, "path": f"{digest}.jpeg"},
    }
    assert each.final
    pa.Table.from_pylist(each.images, schema.IMAGES)
    pa.Table.from_pylist(each.attempts, schema.ATTEMPTS)


def test_every_file_ends_with_its_reason(tmp_path: Path) -> None:
    good = jpeg(1)
    root = lay(
        tmp_path / "in",
        {
            "a.jpg": good,
            "again.jpg": good,
            "cut.jpg": good[: len(good) // 2],
            "empty.jpg": b"",
            "large.jpg": bytes(100_001),
            "notes.txt": b"hello",
            "small.jpg": jpeg(2, (19, 40)),
            "wide.jpg": jpeg(3, (1001, 1000))[:90_000],
        },
    )
    (lay(tmp_path, {"secret.jpg": jpeg(4)}) / "out").mkdir()
    (root / "file-away.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "folder-away").symlink_to(tmp_path / "out")
    (root / "here.jpg").symlink_to(root / "a.jpg")
    (root / "nowhere.jpg").symlink_to(root / "missing.jpg")
    os.mkfifo(root / "pipe.jpg")
    assert reasons(crawled(root)) == {
        "file:a.jpg": None,
        "file:again.jpg": "duplicate",
        "file:cut.jpg": "truncated",
        "file:empty.jpg": "empty_body",
        "file:file-away.jpg": "outside_folder",
        "file:folder-away": "outside_folder",
        "file:here.jpg": "duplicate",
        "file:large.jpg": "too_large",
        "file:notes.txt": "not_an_image",
        "file:nowhere.jpg": "unreadable",
        "file:pipe.jpg": "not_a_file",
        "file:small.jpg": "too_small",
        "file:wide.jpg": "too_many_pixels",
    }


def test_folders_name_identities_where_no_list_does(tmp_path: Path) -> None:
    lay(tmp_path, {"Ann Lee/1.jpg": jpeg(1), "x/bo/2.jpg": jpeg(2), "3.jpg": jpeg(3)})
    (each,) = crawled(tmp_path)
    assert [(row["url"], row["identity"]) for row in each.images] == [
        ("file:3.jpg", None),
        ("file:Ann Lee/1.jpg", "ann-lee"),
        ("file:x/bo/2.jpg", "bo"),
    ]


@pytest.mark.parametrize("name", ["홍길동", "Zoë Müller", "김 태희", "Đặng Thị", "José-María"])
def test_letters_composed_or_not_are_one_name(tmp_path: Path, name: str) -> None:
    """macOS writes names of files decomposed; people and spreadsheets write them composed."""
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert composed != decomposed
    lay(tmp_path, {"people.csv": f"id,gender\n{composed},f\n".encode()})
    lay(tmp_path, {f"{decomposed}/1.jpg": jpeg(1), f"x/{decomposed}.jpg": jpeg(2)})
    (each,) = crawled(tmp_path)
    assert len({row["identity"] for row in each.images}) == 1
    assert all(("person:gender", "f") in row["metadata"] or row["identity"] for row in each.images)


def test_annotations_that_match_nothing_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lay(tmp_path, {"people.csv": b"id\na1\nb2\n", "all/c3.jpg": jpeg(1), "all/a1.jpg": jpeg(2)})
    folder.plan(tmp_path, params())
    assert [message.partition("people.csv: ")[2] for message in caplog.messages] == [
        "no picture of 1 of 2 people: b2",
        "1 of 2 files are nobody's on the list",
    ]


def test_nobody_on_the_list_is_nobody(tmp_path: Path) -> None:
    lay(tmp_path, {"people.csv": b"id\na1\n", "all/a1.jpg": jpeg(1), "all/b2.jpg": jpeg(2)})
    (each,) = crawled(tmp_path)
    assert [row["identity"] for row in each.images] == ["a1", None]


def test_partitions_hold_so_many_files_in_order(tmp_path: Path) -> None:
    lay(tmp_path, {f"{number}.jpg": jpeg(number) for number in range(5)})
    partitions = folder.plan(tmp_path, params(files_per_partition=2))
    assert [(each.name, each.items) for each in partitions] == [
        ("part-00000", ("0.jpg", "1.jpg")),
        ("part-00001", ("2.jpg", "3.jpg")),
        ("part-00002", ("4.jpg",)),
    ]


def test_a_duplicate_is_found_across_partitions_but_not_across_people(tmp_path: Path) -> None:
    one = jpeg(1)
    lay(tmp_path, {"a/1.jpg": one, "a/2.jpg": jpeg(2), "a/3.jpg": one, "b/1.jpg": one})
    assert reasons(crawled(tmp_path, files_per_partition=2)) == {
        "file:a/1.jpg": None,
        "file:a/2.jpg": None,
        "file:a/3.jpg": "duplicate",
        "file:b/1.jpg": None,
    }


def test_a_fingerprint_changes_with_names_bytes_and_labels(tmp_path: Path) -> None:
    people = b"id,gender\na1,m\nb2,f\n"
    files = {"a1.jpg": jpeg(1), "b2.jpg": jpeg(2), "people.csv": people}
    size = params(files_per_partition=1)
    before = folder.plan(lay(tmp_path, files), size)
    lay(tmp_path, {"b2.jpg": jpeg(3)})
    bytes_changed = folder.plan(tmp_path, size)
    lay(tmp_path, {"b2.jpg": jpeg(2), "people.csv": people.replace(b"f", b"m")})
    label_changed = folder.plan(tmp_path, size)
    for after in (bytes_changed, label_changed):
        same = [one.fingerprint == two.fingerprint for one, two in zip(before, after, strict=True)]
        assert same == [True, False]


def test_a_file_that_changes_meanwhile_is_not_remembered(tmp_path: Path) -> None:
    lay(tmp_path, {"a.jpg": jpeg(1), "b.jpg": jpeg(2)})
    partitions = folder.plan(tmp_path, params())
    lay(tmp_path, {"a.jpg": jpeg(3)})
    (tmp_path / "b.jpg").unlink()
    (each,) = folder.crawl(partitions, tmp_path, params(), Store(tmp_path))
    assert [row["reason"] for row in each.attempts] == ["changed", "changed"]
    assert not each.final


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file"):
        folder.plan(tmp_path, params())
    with pytest.raises(InputError, match="no such folder"):
        folder.plan(tmp_path / "x", params())
