"""CelebA in its official layout: annotations and pictures that do not match are reported."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stages.core.labels.known import CELEBA
from stages.core.program import InputError
from stages.scrape.sources import celeba
from stages.scrape.sources.celeba import lists, tfds_folder
from tests.scrape.sources.data_sets import FORMS, crawled, jpeg, labels, lay, params, real, reasons

HEADER = " ".join(name.title() for name in CELEBA)  # the case of letters is not ours
ANNOTATIONS = "Anno/list_attr_celeba.txt"


def row(name: str, *has: str) -> str:
    return f"{name} " + "  ".join("1" if attribute in has else "-1" for attribute in CELEBA)


def table(*rows: str, count: int | None = None, header: str = HEADER) -> bytes:
    lines = (str(len(rows) if count is None else count), f"{header} ", *rows)
    return ("\r\n".join(lines) + "\r\n").encode()


def pictures(*names: str) -> dict[str, bytes]:
    return {f"Img/img_align_celeba/{name}": jpeg(number) for number, name in enumerate(names)}


@pytest.mark.parametrize("suffix", FORMS)
def test_attributes_partition_and_person(tmp_path: Path, suffix: str) -> None:
    files = pictures("000001.jpg", "000002.jpg") | {
        ANNOTATIONS: table(row("000001.jpg", "male", "5_o_clock_shadow"), row("000002.jpg")),
        "Eval/list_eval_partition.txt": b"000001.jpg 2\n",
        "Anno/identity_CelebA.txt": b"000002.jpg 02880\n",
        "README.txt": b"of no use here",
    }
    found = crawled(celeba, lay(tmp_path / "celeba", files, suffix))
    first, second = labels(found).values()
    assert {name for name, text in first.items() if text == "1"} == {"male", "5_o_clock_shadow"}
    assert set(first) == {*CELEBA, "gender", "official_split"}
    assert (first["gender"], first["official_split"]) == ("male", "test")
    assert (second["gender"], second.get("official_split")) == ("female", None)
    assert [image["identity"] for image in found[0].images] == [None, "celeba-2880"]


def comma_separated(header: str, *rows: str) -> bytes:
    return (
        "\ufeff" + "".join(f"{','.join(line.split())}\r\n" for line in (header, *rows))
    ).encode()


def test_lists_as_csv_give_the_same_rows(tmp_path: Path) -> None:
    rows = (row("000001.jpg", "male", "young"), row("000002.jpg"))
    as_text = {
        "list_attr_celeba.txt": table(*rows),
        "list_eval_partition.txt": b"000001.jpg 2\n000002.jpg 0\n",
        "identity_CelebA.txt": b"000001.jpg 7\n000002.jpg 8\n",
    }
    as_csv = {
        "list_attr_celeba.csv": comma_separated(f"image_id {HEADER}", *rows),
        "list_eval_partition.csv": comma_separated(
            "image_id partition", "000001.jpg 2", "000002.jpg 0"
        ),
        "identity_CelebA.csv": comma_separated("image_id identity", "000001.jpg 7", "000002.jpg 8"),
    }
    shown = pictures("000001.jpg", "000002.jpg")
    text = crawled(celeba, lay(tmp_path / "text", shown | as_text))
    kaggle = crawled(celeba, lay(tmp_path / "csv", shown | as_csv, ".zip"))
    assert [each.images for each in kaggle] == [each.images for each in text]
    assert reasons(kaggle) == dict.fromkeys(reasons(text))  # every row is kept


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("image_id,partition\n1.jpg\n", ("1.jpg", "malformed_row")),
        ("image_id,partition\n1.jpg,\n", ("1.jpg", "malformed_row")),
        ("image_id,partition\n1.jpg,7\n", ("1.jpg", "malformed_row")),
    ],
)
def test_a_wrong_row_of_a_csv_is_a_problem(text: str, problem: tuple[str, str]) -> None:
    rows = lists.read_splits("list_eval_partition.csv", text)
    assert (rows.by_picture, [each[:2] for each in rows.problems]) == ({}, [problem])


def test_a_csv_of_other_attributes_is_refused() -> None:
    with pytest.raises(InputError, match=r"list\.csv:1: must name CelebA's 40 attributes"):
        lists.read_attributes("list.csv", "image_id,Male\n1.jpg,1\n")


def test_pictures_in_a_zip_beside_the_annotations(tmp_path: Path) -> None:
    root = lay(tmp_path / "celeba", {ANNOTATIONS: table(row("000001.jpg"))})
    lay(root / "img_align_celeba", {"img_align_celeba/000001.jpg": jpeg(1)}, ".zip")
    assert reasons(crawled(celeba, root)) == {"img_align_celeba/000001.jpg": None}


def test_what_does_not_match_is_reported(tmp_path: Path) -> None:
    files = pictures("1.jpg", "2.jpg", "3.jpg", "4.jpg") | {
        ANNOTATIONS: table(
            row("1.jpg"),
            row("2.jpg")[:-3],
            row("3.jpg").replace("-1", "0"),
            row("1.jpg", "male"),
            row("9.jpg"),
            count=202_599,
        ),
        "Img/img_align_celeba/sub/img_align_celeba/1.jpg": jpeg(9),
        "list_eval_partition.txt": b"1.jpg 7\n1.jpg\n",
        "identity_CelebA.txt": b"1.jpg somebody\n",
    }
    found = crawled(celeba, lay(tmp_path / "celeba", files))
    attempts = [attempt for each in found for attempt in each.attempts]
    assert [(each["url"].split("/")[-1], each["reason"]) for each in attempts] == [
        ("file:1.jpg", "annotated_twice"),
        ("file:1.jpg", "malformed_row"),
        ("file:1.jpg", "malformed_row"),
        ("file:1.jpg", "malformed_row"),
        ("file:2.jpg", "malformed_row"),
        ("file:3.jpg", "malformed_row"),
        ("file:9.jpg", "no_picture"),
        ("1.jpg", None),
        ("4.jpg", "no_annotation"),
        ("1.jpg", "duplicate_name"),
        ("file:list_attr_celeba.txt", "row_count_differs"),
    ]
    assert attempts[-1]["detail"] == "its first line counts 202599 rows, there are 5"
    assert attempts[3]["detail"] == "row 1 of identity_CelebA.txt"
    assert labels(found)["Img/img_align_celeba/1.jpg"]["male"] == "0"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (pictures("1.jpg"), "list_attr_celeba.txt is missing; source celeba needs it beside"),
        (
            {ANNOTATIONS: table(row("1.jpg")), "1.jpg": b""},
            "no picture in a folder, zip or tar named",
        ),
        (pictures("1.jpg") | {ANNOTATIONS: b""}, ":1: '': must be the number of rows"),
        (
            pictures("1.jpg") | {ANNOTATIONS: table(header=HEADER[:-6])},
            ":2: must name CelebA's 40 attributes once each.*: young",
        ),
        (
            pictures("1.jpg") | {ANNOTATIONS: table(header=HEADER + " Young")},
            "missing, unknown or double: young",
        ),
    ],
)
def test_another_layout_is_refused(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    given = lay(tmp_path / "celeba", files)
    with pytest.raises(InputError, match=told) as caught:
        celeba.plan(given, params())
    assert "\n" not in str(caught.value)


def test_the_headers_order_counts() -> None:
    header = " ".join(reversed(CELEBA))
    text = table("1.jpg 1 " + "-1 " * 39, header=header).decode()
    assert lists.read_attributes("x", text).by_picture == {"1.jpg": "0" * 39 + "1"}


@pytest.mark.slow
def test_the_real_ones() -> None:
    found = crawled(celeba, real("celeba8k.zip"), min_picture_side=32)
    counts = Counter(attempt["reason"] for each in found for attempt in each.attempts)
    assert counts == {None: 8_000, "no_picture": 12_000}
    smiling = Counter(each["smiling"] for each in labels(found).values())
    assert smiling == {"1": 3_839, "0": 4_161}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with five examples as TFDS's own `celeb_a` writes them."""
    tfds = pytest.importorskip("tensorflow_datasets")
    folder = tmp_path_factory.mktemp("tfds") / "celeb_a" / "2.1.0"
    folder.mkdir(parents=True)
    names = HEADER.split()
    features = tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(24, 20, 3), encoding_format="jpeg"),
            "attributes": tfds.features.FeaturesDict(dict.fromkeys(names, np.bool_)),
        }
    )
    lengths = {"train": 3, "test": 2}
    for split, rows in lengths.items():
        write_shard(folder / f"celeb_a-{split}.tfrecord-00000-of-00001", features, names, rows)
    tfds.folder_dataset.write_metadata(
        data_dir=str(folder),
        features=features,
        split_infos=[
            tfds.core.SplitInfo(name=name, shard_lengths=[rows], num_bytes=1)
            for name, rows in lengths.items()
        ],
        version="2.1.0",
        check_data=False,
    )
    return folder.parents[1]


def write_shard(path: Path, features: Any, names: list[str], rows: int) -> None:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in range(rows):
            attributes = {name: name.lower() == "male" and number == 1 for name in names}
            image = np.full((24, 20, 3), 40 * number, np.uint8)
            example = {"image": image, "attributes": attributes}
            writer.write(features.serialize_example(features.encode_example(example)))


@pytest.mark.slow  # imports TensorFlow
def test_what_tfds_has_prepared(prepared: Path) -> None:
    found = crawled(celeba, prepared, files_per_partition=2)
    assert [(each.partition.name, len(each.images)) for each in found] == [
        ("train-00000", 2),
        ("train-00001", 1),
        ("test-00000", 2),
    ]
    by_url = labels(found)
    assert list(by_url) == [
        "celeb_a/train/0",
        "celeb_a/train/1",
        "celeb_a/train/2",
        "celeb_a/test/0",
        "celeb_a/test/1",
    ]
    second = by_url["celeb_a/train/1"]
    assert (second["male"], second["gender"], second["official_split"]) == ("1", "male", "train")
    assert found[2].images[0]["image"]["bytes"][:3] == b"\xff\xd8\xff"


@pytest.mark.slow  # imports TensorFlow
def test_a_prepared_folder_that_lacks_something_is_refused(prepared: Path, tmp_path: Path) -> None:
    info = tmp_path / "celeb_a" / "2.1.0" / "dataset_info.json"
    info.parent.mkdir(parents=True)
    info.write_text("{}")
    with pytest.raises(InputError, match="not a folder that TFDS has prepared"):
        celeba.plan(tmp_path, params())
    for name in ("dataset_info.json", "features.json"):
        (info.parent / name).write_bytes((prepared / "celeb_a" / "2.1.0" / name).read_bytes())
    with pytest.raises(InputError, match="is missing; let TFDS prepare celeb_a again"):
        celeba.plan(tmp_path, params())


def test_the_last_version_counts(tmp_path: Path) -> None:
    for version in ("2.0.1", "2.0.10", "2.0.9"):
        folder = tmp_path / "celeb_a" / version
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").write_text("{}")
    assert tfds_folder.find(tmp_path) == tmp_path / "celeb_a" / "2.0.10"
    assert tfds_folder.find(folder) == folder
    assert tfds_folder.find(tmp_path / "nothing") is None
