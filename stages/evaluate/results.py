"""A model's answers compared with the truth, as the plain values that `evaluate` writes."""

from collections.abc import Iterable, Sequence
from typing import Any, assert_never

import numpy as np
import pyarrow as pa

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.evaluate import answers, metrics
from stages.evaluate.answers import Answers, Floats
from stages.formats.tfrecord import known as is_known

EVERYONE = "all"
CURVE = 4  # of the tolerance: how far the curve of the cumulative score goes


class Result:
    """One label's truths and answers on a split; every array (N,), in the order of the shards."""

    def __init__(self, label: Label, truth: Any, said: Answers, train: Any) -> None:
        self.label, self.answers = label, said
        self.known = is_known(truth)
        self.truth: Floats = truth.astype(np.float64)
        self.train: Floats = train[is_known(train)].astype(np.float64)

    def figures(self, rows: Any = True) -> metrics.Figures:
        """Figures of some rows, a mask (N,), as far as their truth is known."""
        kept = self.known & rows
        return metrics.figures(self.label, self.truth[kept], self.answers.values[kept])

    def words(self, row: int) -> tuple[str | None, str]:
        """Truth (None when unknown) and answer of one row as text."""
        truth = answers.words(self.truth[row], self.label) if self.known[row] else None
        return truth, answers.words(self.answers.values[row], self.label)


def summary(results: list[Result]) -> metrics.Figures:
    """`metrics.json`: every label's figures beside those of the trivial baseline."""
    return {
        result.label.name: {
            **result.figures(),
            "baseline": metrics.baseline(result.label, result.train, result.truth[result.known]),
        }
        for result in results
    }


def by_group(results: list[Result], ages: Sequence[str], genders: Sequence[str]) -> dict[str, Any]:
    """The figures of every age group × gender that occurs, and of "all" ages and genders.

    ages, genders: every row's group, (N,).
    """
    old, sex = np.array(ages, dtype=object), np.array(genders, dtype=object)
    table: dict[str, Any] = {}
    for age in [*_ordered(ages), EVERYONE]:
        for gender in [*sorted(set(genders)), EVERYONE]:
            rows = ((old == age) | (age == EVERYONE)) & ((sex == gender) | (gender == EVERYONE))
            if rows.any():
                parts = {r.label.name: metrics.overall(r.figures(rows)) for r in results}
                table.setdefault(age, {})[gender] = {"n": int(rows.sum())} | parts
    return table


def groups(results: list[Result], size: int, edges: list[int]) -> tuple[list[str], list[str]]:
    """Every row's age group and gender by its truth, `unknown` where there is none."""
    by_name = {result.label.name: result for result in results}
    age, gender = by_name.get("age"), by_name.get("gender")
    ages = [
        metrics.age_bin(age.truth[row] if age else np.nan, sorted(edges)) for row in range(size)
    ]
    genders = [(gender.words(row)[0] if gender else None) or "unknown" for row in range(size)]
    return ages, genders


def predictions(results: list[Result], names: dict[str, Any]) -> tuple[pa.Schema, list[Any]]:
    """One row per example: its names, and per label the truth, the answer and its probability."""
    fields = [(name, pa.string()) for name in names]
    columns: dict[str, Sequence[Any]] = {name: list(column) for name, column in names.items()}
    for result in results:
        name, arrow = result.label.name, result.label.arrow
        fields += [(name, arrow), (f"{name}_predicted", arrow)]
        fields += [(f"{name}_probability", pa.float32())]
        columns[name] = [
            _value(value, result.label) if known else None
            for value, known in zip(result.truth, result.known, strict=True)
        ]
        columns[f"{name}_predicted"] = [
            _value(value, result.label) for value in result.answers.values
        ]
        columns[f"{name}_probability"] = result.answers.scores.tolist()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return pa.schema(fields), rows


def mistakes(results: list[Result], worst: int) -> dict[str, list[int]]:
    """The rows of the worst wrong answers to each label, the worst first."""
    rows = {}
    for result in results:
        wrong = answers.wrongness(result.answers, result.truth, result.known)
        order = np.argsort(-wrong, kind="stable")[:worst]
        rows[result.label.name] = [int(row) for row in order if wrong[row] > 0]
    return rows


CURVES = {
    "confusion": ["label", "actual", "predicted"],
    "cumulative-score": ["label", "error", "share"],
    "roc": ["label", "false_positive_rate", "recall"],
    "precision-recall": ["label", "recall", "precision"],
}


def curves(results: list[Result]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table that DVC draws, by the names in `CURVES`; some may have none."""
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in CURVES}
    for result in results:
        for name, rows in _curves(result).items():
            tables[name] += [(result.label.name, *row) for row in rows]
    return tables


def _curves(result: Result) -> dict[str, Iterable[tuple[Any, ...]]]:
    """The rows of one label's tables, without its name."""
    label, known = result.label, result.known
    truth, scores = result.truth[known], result.answers.scores[known]
    pairs = (result.words(int(row)) for row in np.flatnonzero(known))
    match label:
        case Number():
            answer, until = result.answers.values[known], CURVE * label.tolerance
            return {"cumulative-score": metrics.cumulative_score(truth, answer, until)}
        case Category():
            return {"confusion": pairs}
        case Binary():
            return {
                "confusion": pairs,
                "roc": metrics.roc(truth, scores),
                "precision-recall": metrics.precision_recall(truth, scores),
            }
        case _:
            assert_never(label)


def _value(value: float, label: Label) -> float | str | bool:
    match label:
        case Number():
            return float(value)
        case Category():
            return label.classes[int(value)]
        case Binary():
            return bool(value)
        case _:
            assert_never(label)


def _ordered(ages: Iterable[str]) -> list[str]:
    """Age groups from young to old, `unknown` last."""

    def start(age: str) -> int:
        return int(age.rstrip("+").split("-")[0]) if age[0].isdigit() else 999

    return sorted(set(ages), key=start)
