"""Both formats hold the same rows, byte for byte the same however they came."""

import json
import resource
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core import label_schema, schema
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.core.tables import write_rows
from stages.shard import spill
from stages.shard.__main__ import main, order_of, spill_rows
from stages.shard.params import Params
from tests.faces_fixture import (
    NAMES,
    SIZE,
    SOURCES,
    Row,
    contents,
    examples,
    outputs,
    people,
    write_faces,
    write_inputs,
    write_shards,
)


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sharded")
    write_shards(folder)
    return folder


@pytest.fixture(scope="module")
def expected() -> dict[str, Row]:
    return {row["face_id"]: row for row in examples()}


def test_no_rows_are_refused(tmp_path: Path) -> None:
    faces, balanced = write_inputs(tmp_path)
    write_rows(balanced, label_schema.examples(labels_of(NAMES)), [])
    with pytest.raises(InputError, match="has no rows"):
        main(faces, balanced, *outputs(tmp_path), Params(shard_mb=1, seed=1), SOURCES)


def test_a_source_that_was_dropped_is_not_read(tmp_path: Path) -> None:
    faces, balanced = write_inputs(tmp_path)
    with pytest.raises(InputError, match="in source folder is not among the faces"):
        main(
            faces,
            balanced,
            *outputs(tmp_path),
            Params(shard_mb=1, seed=1),
            {"demo": SOURCES["demo"]},
        )
    assert not any(path.exists() for path in outputs(tmp_path))


def test_spilled_streams_are_read_in_order(tmp_path: Path) -> None:
    for part in ([1, 2], [3], [4, 5, 6]):
        spill.append(tmp_path / "a", pa.RecordBatch.from_pydict({"n": part}))
    assert spill.read(tmp_path / "a")["n"].to_pylist() == [1, 2, 3, 4, 5, 6]


def test_both_formats_have_one_order_which_the_hash_decides(sharded: Path) -> None:
    files = sorted((sharded / "shards" / "parquet").glob("train-*"))
    assert len(files) > 1
    assert files[0].name == f"train-00000-of-{len(files):05}.parquet"
    ids = [i for path in files for i in pq.read_table(path)["face_id"].to_pylist()]
    assert all(order_of(a, 1) < order_of(b, 1) for a, b in pairwise(ids))
    records = sorted((sharded / "shards" / "tfrecord").glob("*-train.*"))
    data = b"".join(path.read_bytes() for path in records)
    places = [data.index(i.encode()) for i in ids]
    assert places == sorted(places)


def test_the_figures_describe_every_shard(sharded: Path, expected: dict[str, Row]) -> None:
    figures = json.loads((sharded / "shard.json").read_text(encoding="utf-8"))
    assert figures["rows"] == len(expected)
    assert figures["size"] == SIZE
    assert len(figures["shards"]) == sum(
        figures[s]["shards"] for s in ("train", "test", "validation")
    )
    for one in figures["shards"]:
        for kind in ("tfrecord", "parquet"):
            path = sharded / "shards" / kind / one[kind]["file"]
            assert path.stat().st_size == one[kind]["bytes"]
    ages = sum(one["labels"]["age"] for one in figures["shards"])
    assert ages == sum(row["age"] is not None for row in expected.values())
    women = sum(one["labels"]["gender"].get("female", 0) for one in figures["shards"])
    assert women == sum(row["gender"] == "female" for row in expected.values())


@given(st.integers(1, 40), st.integers(1, 40))
@settings(max_examples=8)
def test_however_the_rows_come_the_files_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, sharded: Path, row_group: int, read: int
) -> None:
    folder = tmp_path_factory.mktemp("again")
    with pytest.MonkeyPatch.context() as patch:
        sizes = (None, read)
        patch.setattr("stages.core.tables.read_batches.__defaults__", sizes)
        inputs = write_inputs(folder, row_group)
        main(*inputs, *outputs(folder), Params(shard_mb=0.003, seed=1), SOURCES)
    assert contents(folder / "shards") == contents(sharded / "shards")


def test_the_partition_layout_does_not_matter(sharded: Path, tmp_path: Path) -> None:
    _, balanced = write_inputs(tmp_path)
    rows: dict[str, list[Row]] = {"demo": [], "folder": []}
    for (source, _), part in people().items():
        rows[source] += part
    for source, part in rows.items():
        for at in range(0, len(part), 7):
            write_rows(
                tmp_path / "cut" / source / f"{at:03}.parquet", schema.FACES, part[at : at + 7]
            )
    params = Params(shard_mb=0.003, seed=1)
    main(tmp_path / "cut", balanced, *outputs(tmp_path), params, SOURCES)
    assert contents(tmp_path / "shards") == contents(sharded / "shards")


def test_another_run_leaves_no_stale_file(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path)
    main(*inputs, *outputs(tmp_path), Params(shard_mb=0.003, seed=1), SOURCES)
    (tmp_path / "shards" / "parquet" / "train-00099-of-00100.parquet").write_bytes(b"stale")
    main(*inputs, *outputs(tmp_path), Params(shard_mb=9, seed=1), SOURCES)
    assert sorted(contents(tmp_path / "shards" / "parquet")) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
        "validation-00000-of-00001.parquet",
    ]
    assert [path.name for path in sorted((tmp_path / "shards").iterdir())] == [
        "parquet",
        "tfrecord",
    ]


def test_more_shards_than_rows_and_an_absent_split(tmp_path: Path) -> None:
    rows = [row for row in examples() if row["split"] == "train"]
    write_faces(tmp_path / "faces")
    write_rows(tmp_path / "balanced.parquet", label_schema.examples(labels_of(NAMES)), rows)
    paths = (tmp_path / "faces", tmp_path / "balanced.parquet")
    main(*paths, *outputs(tmp_path), Params(shard_mb=0.0001, seed=1), SOURCES)
    files = sorted((tmp_path / "shards" / "parquet").iterdir())
    assert all(pq.read_metadata(path).num_rows for path in files)
    assert sum(pq.read_metadata(path).num_rows for path in files) == len(rows)
    assert {path.name.split("-")[0] for path in files} == {"train"}


def test_the_seed_shuffles(tmp_path: Path) -> None:
    inputs = write_inputs(tmp_path)
    orders = []
    for seed in (1, 2):
        main(*inputs, *outputs(tmp_path), Params(shard_mb=1, seed=seed), SOURCES)
        orders.append(pq.read_table(next(outputs(tmp_path)[1].glob("train*")))["face_id"])
    assert orders[0].to_pylist() != orders[1].to_pylist()
    assert set(orders[0].to_pylist()) == set(orders[1].to_pylist())


def test_five_hundred_shards_open_one_file_at_a_time(tmp_path: Path) -> None:
    whole = pa.Table.from_pylist(examples(), label_schema.examples(labels_of(NAMES))).to_batches()
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 4, allowed[1]))
    try:
        counts = {"train": 500, "validation": 500, "test": 500}
        paths = spill_rows(whole, tmp_path, counts, seed=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
    files = [path for own in paths.values() for path in own]
    assert len(files) > 20
    assert sum(spill.read(path).num_rows for path in files) == len(examples())
