"""What changed in literal tables of examples."""

from typing import Any

import pyarrow as pa

from stages.tools.compare import dataset


def examples(*rows: tuple[str | None, str, str, float | None]) -> pa.Table:
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    named = dict(zip(("identity", "face_id", "split", "age"), columns, strict=True))
    return pa.table(named | {"source": ["demo"] * len(rows)})


OLD = examples(
    ("abe", "a0", "train", 30.0), ("abe", "a1", "train", 24.9), ("zoe", "z0", "test", None),
    (None, "x", "test", 61.0),
)  # fmt: skip
NEW = examples(
    ("abe", "a0", "test", 30.0), ("bea", "b0", "train", 25.0), (None, "x", "train", 61.0),
)  # fmt: skip


def test_new_classes_first_then_gone_and_changed() -> None:
    table = dataset.classes(OLD, NEW, {"abe": 3, "zoe": 1}, {"abe": 3, "bea": 2}, ("old", "new"))
    assert table.rows == [
        ("bea", "new", "0", "2", "0", "1", "+1"),
        ("zoe", "gone", "1", "0", "1", "0", "-1"),
        ("abe", "", "3", "3", "2", "1", "-1"),
    ]
    assert table.notes == ["3 → 3 classes: 1 new, 1 gone, 2 in both."]


def test_ages_of_all_faces_and_of_those_to_train_on() -> None:
    assert dataset.ages(OLD, NEW, OLD, NEW, [25, 60]) == [
        ("0-24", "1", "0", "-1", "1 → 0"),
        ("25-59", "1", "2", "+1", "1"),
        ("60+", "1", "1", "=", "0 → 1"),
        ("unknown", "1", "0", "-1", "0"),
    ]


def test_no_rows_where_no_age_changed() -> None:
    assert dataset.ages(OLD, OLD, OLD, OLD, [25]) == []


def test_without_an_age_column_every_age_is_unknown() -> None:
    assert dataset.histogram(OLD.drop_columns("age"), [25]) == {"0-24": 0, "25+": 0, "unknown": 4}


def test_splits_count_faces_and_people() -> None:
    assert dataset.splits(OLD, NEW) == [
        ("train", "2", "2", "=", "1"),
        ("validation", "0", "0", "=", "0"),
        ("test", "2", "1", "-1", "1"),
    ]


def test_who_changed_split_counts_faces_that_are_in_both() -> None:
    assert dataset.moved(OLD, NEW) == [
        "2 faces are in both; 2 of them changed split, of abe, unnamed."
    ]
    assert dataset.moved(OLD, OLD) == ["4 faces are in both; 0 of them changed split."]


def test_changed_reasons() -> None:
    before, after = {"crop: no face": 3, "crop: small": 1}, {"crop: no face": 3, "crop: blurred": 2}
    assert dataset.changed(before, after) == [
        ("crop: small", "1", "0", "-1"),
        ("crop: blurred", "0", "2", "+2"),
    ]
