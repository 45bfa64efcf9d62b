"""A model's predictions for its test set, as `evaluate` wrote them, with the true values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import LABELS
from stages.evaluate import metrics
from stages.evaluate.metrics import Floats

UNKNOWN = "unknown"
Names = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Predictions:
    """Answers to N faces; every array is (N,).

    people: the identity; a face without an identity counts as a person of its own. ages, genders:
    the group by true value. labels: true and predicted values by label, numbered as in
    `stages.evaluate.answers`, NaN where not known.
    """

    faces: Names
    people: Names
    ages: Names
    genders: Names
    labels: dict[str, tuple[Floats, Floats]]
    age_order: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.faces)

    def take(self, rows: npt.NDArray[np.int64]) -> "Predictions":
        """The predictions at `rows`, in that order."""
        labels = {name: (true[rows], said[rows]) for name, (true, said) in self.labels.items()}
        own = {name: getattr(self, name)[rows] for name in ("faces", "people", "ages", "genders")}
        return replace(self, labels=labels, **own)

    def known(self, label: Label) -> npt.NDArray[np.bool_]:
        """Where the label's truth is known."""
        truths, answers = self.labels[label.name]
        return ~(np.isnan(truths) | np.isnan(answers))


def columns() -> list[str]:
    """The columns of `predictions.parquet` that are read."""
    return ["face_id", "identity", *(each for name in LABELS for each in (name, said(name)))]


def said(label: str) -> str:
    """The column of the answers."""
    return f"{label}_predicted"


def read(table: pa.Table, age_edges: Sequence[int]) -> Predictions:
    """The content of `predictions.parquet`; age groups begin at `age_edges`, years."""
    there = [name for name in LABELS if {name, said(name)} <= {*table.column_names}]
    labels = {
        name: (_numbers(table[name], LABELS[name]), _numbers(table[said(name)], LABELS[name]))
        for name in there
    }
    starts = sorted(age_edges)
    years = labels["age"][0] if "age" in labels else np.full(table.num_rows, np.nan)
    genders = table["gender"] if "gender" in there else pa.nulls(table.num_rows, pa.string())
    return Predictions(
        faces=_texts(pc.binary_join_element_wise(_named(table["identity"]), table["face_id"], "/")),
        people=_texts(pc.coalesce(table["identity"], table["face_id"])),
        ages=np.array([metrics.age_bin(year, starts) for year in years], dtype=object),
        genders=_texts(pc.fill_null(genders, UNKNOWN)),
        labels=labels,
        age_order=(*(metrics.age_bin(start, starts) for start in (0, *starts)), UNKNOWN),
    )


def common(before: Predictions, after: Predictions) -> tuple[Predictions, Predictions]:
    """The faces that both have, in the same order; the first row of a face that has two."""
    _, rows, rows_after = np.intersect1d(before.faces, after.faces, return_indices=True)
    return before.take(rows), after.take(rows_after)


def _numbers(column: Any, label: Label) -> Floats:
    """Numbers, indices of classes, 0 and 1; NaN for null and for a class that no longer exists."""
    match label:
        case Category():
            column = pc.index_in(column, value_set=pa.array(label.classes))
        case Number() | Binary():
            pass
        case _:
            assert_never(label)
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _named(identities: Any) -> Any:
    return pc.fill_null(identities, "")


def _texts(column: Any) -> Names:
    return np.array(column.to_pylist(), dtype=object)
