"""Which models and which faces are compared, and what the tables say."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from stages.core.labels.kinds import Number
from stages.core.labels.known import LABELS
from stages.tools.compare import models


@dataclass
class Stub:
    """What `models` asks of a revision."""

    name: str
    answers: pa.Table
    outputs: Any = ("results/compact/predictions.parquet", "results/compact/metrics.json")

    def table(self, path: str, columns: list[str]) -> pa.Table:
        assert path == "results/compact/predictions.parquet"
        return self.answers


def answers(first: int, last: int, error: float) -> pa.Table:
    """A face of each of some people, their ages missed by so many years."""
    numbers = range(first, last)
    return pa.table(
        {
            "face_id": [f"f{n}" for n in numbers],
            "identity": [f"p{n}" for n in numbers],
            "age": [30.0 + n for n in numbers],
            "age_predicted": [30.0 + n + error for n in numbers],
        }
    )


def compared(before: pa.Table, after: pa.Table) -> models.Compared:
    sides: Any = (Stub("old", before), Stub("new", after))
    return models.compared("compact", *sides, [40])


def test_models_of_one_side_only_are_told() -> None:
    path = "results/{}/predictions.parquet"
    old: Any = Stub("old", None, {path.format("compact"), path.format("plain")})
    new: Any = Stub("new", None, {path.format("compact"), path.format("tall")})
    assert models.models(old, new) == (["compact"], ["tall: in new only.", "plain: in old only."])


def test_the_same_test_set_is_paired() -> None:
    assert "the same 10 faces" in compared(answers(0, 10, 1), answers(0, 10, 3)).faces


def test_a_test_set_that_grew_is_compared_on_the_common_faces() -> None:
    found = compared(answers(0, 10, 1), answers(0, 12, 3))
    assert "On the 10 faces that are in both" in found.faces
    assert found.differences[0].people == 10


def test_half_in_common_is_enough_to_pair() -> None:
    assert "intervals are paired" in compared(answers(0, 12, 1), answers(6, 18, 3)).faces
    assert "intervals are unpaired" in compared(answers(0, 12, 1), answers(7, 19, 3)).faces


def test_test_sets_with_little_in_common_are_unpaired_and_said_to_differ() -> None:
    found = compared(answers(0, 10, 1), answers(8, 18, 3))
    assert found.faces.startswith("The test sets differ: 10 faces before, 10 after, 2 of them")
    assert found.differences[0].verdict == "worse"


def test_tables_mark_what_is_beyond_noise_and_count_what_is_too_little() -> None:
    overall, groups = models.tables(compared(answers(0, 16, 1), answers(0, 16, 3)))
    assert overall.rows[0] == [
        "age", "MAE, years", "16", "1.00", "3.00", "+2.00", "+2.00 … +2.00", "▼ worse",
    ]  # fmt: skip
    assert overall.rows[2][-2:] == ["+0.000 … +0.000", "≈"]  # both within five years
    assert overall.quiet == {2}
    assert [row[2:4] for row in groups.rows] == [
        ["all", "unknown"], ["0-39", "all"], ["0-39", "unknown"], ["40+", "all"],
        ["40+", "unknown"],
    ]  # fmt: skip
    assert groups.notes == ["5 intervals: chance alone leaves 0 out of about 0."]
    few = models.tables(compared(answers(7, 17, 1), answers(7, 17, 3)))[1]
    assert "2 figures are of fewer than 6 people: too few to tell." in few.notes


def test_a_second_number_is_compared_in_its_own_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LABELS, "height", Number("height", 0, 250, "cm", tolerance=10))

    def heights(error: float) -> pa.Table:
        table = answers(0, 16, error)
        return table.rename_columns([name.replace("age", "height") for name in table.column_names])

    overall, groups = models.tables(compared(heights(1), heights(3)))
    assert [row[:2] for row in overall.rows] == [
        ["height", title] for title in ("MAE, cm", "RMSE, cm", "CS@10")
    ]
    assert {row[1] for row in groups.rows} == {"MAE, cm"}


def test_the_same_answers_make_no_rows() -> None:
    (only,) = models.tables(compared(answers(0, 10, 1), answers(0, 10, 1)))
    assert (only.rows, only.notes[-1]) == ((), "No change.")
