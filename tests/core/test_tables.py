"""Tables on disk: whole or not at all, the same bytes for the same rows, damage named."""

from pathlib import Path

import pyarrow as pa
import pytest

from stages.core.program import InputError
from stages.core.tables import (
    count_reasons,
    count_rows,
    partitions,
    read_batches,
    read_table,
    write_batches,
    write_rows,
)

SCHEMA = pa.schema([("name", pa.string()), ("reason", pa.string())])
ROWS = [{"name": "a", "reason": None}, {"name": "b", "reason": "x"}, {"name": "c", "reason": "x"}]


def test_rows_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "t.parquet"
    assert write_rows(path, SCHEMA, ROWS) == 3
    assert read_table(path).to_pylist() == ROWS
    assert count_rows(path) == 3
    assert [batch.num_rows for batch in read_batches([path, path], rows=2)] == [2, 1, 2, 1]
    assert read_table(path, ["reason"]).column_names == ["reason"]


def test_an_empty_table_keeps_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    assert write_rows(path, SCHEMA, []) == 0
    assert read_table(path).schema.equals(SCHEMA)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_rows(tmp_path / name, SCHEMA, ROWS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_rows(path, SCHEMA, ROWS)
    before = path.read_bytes()

    def broken() -> "object":
        yield pa.RecordBatch.from_pylist(ROWS, SCHEMA)
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        write_batches(path, SCHEMA, broken())  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("damage", [b"", b"PAR1 not at all PAR1"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(damage)
    with pytest.raises(InputError, match=r"broken\.parquet: not a readable Parquet file"):
        list(read_batches([path]))
    with pytest.raises(InputError, match=r"broken\.parquet: not a readable Parquet file"):
        count_rows(path)


def test_partitions_are_those_of_the_named_sources_in_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/9", "gone/1"):
        write_rows(tmp_path / f"{name}.parquet", SCHEMA, ROWS)
    found = [str(path.relative_to(tmp_path)) for path in partitions(tmp_path, ["b", "a"])]
    assert found == ["a/9.parquet", "b/1.parquet", "b/2.parquet"]


def test_reasons_are_counted_most_frequent_first() -> None:
    rows = [{"reason": reason} for reason in ("b", "a", None, "a", "c")]
    table = pa.Table.from_pylist(rows, pa.schema([("reason", pa.string())]))
    assert list(count_reasons(table).items()) == [("a", 2), ("b", 1), ("c", 1)]
