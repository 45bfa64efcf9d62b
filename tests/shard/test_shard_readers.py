"""The shards are read back by the tools people use, offline."""

import io
import math
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.dataset
import pytest
from PIL import Image

from stages.core.labels.known import GENDER, labels_of
from stages.formats import parquet
from tests.faces_fixture import NAMES, SIZE, Row, examples, write_shards


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sharded")
    write_shards(folder)
    return folder


@pytest.fixture(scope="module")
def expected() -> dict[str, Row]:
    return {row["face_id"]: row for row in examples()}


def test_tfds_reads_every_row(sharded: Path, expected: dict[str, Row]) -> None:
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(sharded / "shards" / "tfrecord"))
    assert builder.info.features["gender"].names == list(GENDER.classes)
    assert builder.info.features["face"].shape == (SIZE, SIZE, 3)
    assert builder.name == "faceline"
    assert builder.info.splits["train"].num_shards > 1
    decoders = {"face": tfds.decode.SkipDecoding()}
    found = 0
    for split in ("train", "validation", "test"):
        for row in tfds.as_numpy(builder.as_dataset(split=split, decoders=decoders)):
            own = expected[row["face_id"].decode()]
            found += 1
            assert row["face"] == own["face"]["bytes"]
            assert split == own["split"]
            assert row["identity"].decode() == (own["identity"] or "")
            assert row["source"].decode() == own["source"]
            age = math.nan if own["age"] is None else own["age"]
            np.testing.assert_equal(float(row["age"]), age)
            classes = (None, *GENDER.classes)
            assert classes[row["gender"] + 1] == own["gender"]
            assert (None, False, True)[row["eyeglasses"] + 1] == own["eyeglasses"]
    assert found == len(expected) == sum(s.num_examples for s in builder.info.splits.values())
    pixels = next(iter(builder.as_dataset(split="train")))["face"]
    assert pixels.shape == (SIZE, SIZE, 3)


def test_hugging_face_datasets_shows_pictures(
    sharded: Path, expected: dict[str, Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    import datasets  # the settings come first

    folder = sharded / "shards" / "parquet"
    files = {s: str(folder / f"{s}-*.parquet") for s in ("train", "validation", "test")}
    found = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in found.items()} == {
        split: sum(row["split"] == split for row in expected.values()) for split in files
    }
    row = found["train"][0]
    own = expected[row["face_id"]]
    assert isinstance(found["train"].features["face"], datasets.Image)
    assert row["face"].size == (SIZE, SIZE)
    with Image.open(io.BytesIO(own["face"]["bytes"])) as picture:
        assert row["face"].tobytes() == picture.convert("RGB").tobytes()
    assert [row[name] for name in NAMES] == [own[name] for name in NAMES]


def test_pandas_duckdb_and_arrow_read_the_same(sharded: Path, expected: dict[str, Row]) -> None:
    folder = sharded / "shards" / "parquet"
    frame = pd.read_parquet(folder)
    assert len(frame) == len(expected)
    assert frame["age"].isna().sum() == sum(row["age"] is None for row in expected.values())
    query = f"select face_id, face.bytes, gender from '{folder}/*.parquet'"
    for face_id, data, gender in duckdb.sql(query).fetchall():
        assert data == expected[face_id]["face"]["bytes"]
        assert gender == expected[face_id]["gender"]
    whole = pyarrow.dataset.dataset(folder).to_table()
    assert whole.num_rows == len(expected)
    assert whole.schema.names == parquet.columns(labels_of(NAMES)).names
    for row in whole.to_pylist():
        own = expected[row["face_id"]]
        assert {name: row[name] for name in (*NAMES, "url", "keypoints", "box")} == {
            name: own[name] for name in (*NAMES, "url", "keypoints", "box")
        }
