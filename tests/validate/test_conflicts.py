"""Which faces contradict each other."""

from typing import Any

import pyarrow as pa
import pytest

from stages.validate.conflicts import conflicts

NEAR = ("0123456789abcdef", "0123456789abcdee")  # a bit apart
FLAT = "8000000000000000"


def found(rows: list[tuple[Any, ...]], bits: int | None = None) -> list[str | None]:
    """Rows are image_id, phash, age, gender."""
    names = ("image_id", "phash", "age", "gender")
    kinds = (pa.string(), pa.string(), pa.float64(), pa.string())
    columns = list(zip(*rows, strict=True)) or [()] * 4
    table = pa.table(
        {
            name: pa.array(column, kind)
            for name, column, kind in zip(names, columns, kinds, strict=True)
        }
    )
    answer: list[str | None] = conflicts(table, ["age", "gender"], bits).to_pylist()
    return answer


def test_equal_files_must_agree() -> None:
    rows = [
        ("a", None, 1.0, "male"),
        ("b", None, 5.0, "male"),
        ("a", None, 2.0, "female"),
        ("a", None, 1.0, "male"),
        ("b", None, 5.0, "male"),
    ]
    assert found(rows) == ["age, gender", None, "age, gender", "age, gender", None]


def test_what_is_missing_contradicts_nothing() -> None:
    assert found([("a", None, None, "male"), ("a", None, 2.0, None)]) == [None, None]


def test_pictures_without_an_id_are_alike_to_none() -> None:
    assert found([(None, None, 1.0, "male"), (None, None, 2.0, "male")]) == [None, None]


@pytest.mark.parametrize(("bits", "told"), [(None, None), (0, None), (1, "gender")])
def test_near_duplicates_count_as_far_as_asked(bits: int | None, told: str | None) -> None:
    rows = [("a", NEAR[0], 1.0, "male"), ("b", NEAR[1], 1.0, "female")]
    assert found(rows, bits) == [told, told]


def test_flat_pictures_are_alike_without_being_copies() -> None:
    assert found([("a", FLAT, 1.0, "male"), ("b", FLAT, 2.0, "male")], bits=4) == [None, None]


def test_no_rows() -> None:
    assert found([], bits=4) == []
