"""Figures of answers against truths, as plain numbers that JSON can hold; None is "not known".

Every function takes known values only. Arrays are (N,): classes as whole numbers, numbers in
their label's unit.
"""

from typing import Any, assert_never

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve, roc_curve

from stages.core.labels.kinds import Binary, Category, Label, Number

Floats = npt.NDArray[np.float64]
Figures = dict[str, Any]

POINTS = 500  # of a curve, beyond which a plot looks no different


def figures(label: Label, actual: Floats, predicted: Floats) -> Figures:
    """The figures of one label: `number` for a number, `classes` for the others."""
    match label:
        case Number():
            return number(actual, predicted, label.tolerance)
        case Category() | Binary():
            return classes(actual, predicted, label.classes)
        case _:
            assert_never(label)


def number(actual: Floats, predicted: Floats, tolerance: int) -> Figures:
    """MAE and RMSE, and the cumulative score: the share of errors of at most the tolerance.

    The cumulative score is that of Geng et al. 2007, "Automatic Age Estimation Based on Facial
    Aging Patterns".
    """
    sums = _errors(actual, predicted, tolerance).sum(axis=1)
    return _known(_of_errors(sums, tolerance))


def classes(actual: Floats, predicted: Floats, names: tuple[str, ...]) -> Figures:
    """Accuracy, macro F1, and precision and recall per class.

    Macro F1 is over the classes that occur, as truth or as answer. Precision is None for a class
    never answered, recall for one that never occurs.
    """
    table = confusion(actual, predicted, len(names))
    hits, truths, answers = table.diagonal(), table.sum(1), table.sum(0)
    return _known(_of_counts(np.concatenate([hits, truths, answers]))) | {
        "classes": {
            name: {
                "n": int(truths[place]),
                "precision": _ratio(hits[place], answers[place]),
                "recall": _ratio(hits[place], truths[place]),
            }
            for place, name in enumerate(names)
        },
    }


def parts(label: Label, actual: Floats, predicted: Floats) -> Floats:
    """What each of N faces adds to the sums that `of_sums` makes figures of: (S, N).

    Every figure over all classes is a function of sums, so those of many resamples are one
    product of matrices.
    """
    match label:
        case Number():
            return _errors(actual, predicted, label.tolerance)
        case Category() | Binary():
            each = np.eye(len(label.classes))
            truths, answers = each[np.asarray(actual, int)].T, each[np.asarray(predicted, int)].T
            return np.concatenate([truths * answers, truths, answers])
        case _:
            assert_never(label)


def of_sums(label: Label, sums: Floats) -> dict[str, Floats]:
    """The figures of sums (S, ...) of `parts`, each (...,); NaN where one is not known."""
    match label:
        case Number():
            return _of_errors(sums, label.tolerance)
        case Category() | Binary():
            return _of_counts(sums)
        case _:
            assert_never(label)


def _errors(actual: Floats, predicted: Floats, tolerance: int) -> Floats:
    error = np.abs(np.asarray(actual, np.float64) - predicted)
    return np.stack([np.ones_like(error), error, np.square(error), error <= tolerance])


def _of_errors(sums: Floats, tolerance: int) -> dict[str, Floats]:
    count, absolute, squared, close = sums
    with np.errstate(invalid="ignore"):
        mae, rmse = absolute / count, np.sqrt(squared / count)
        return {"n": count, "mae": mae, "rmse": rmse, f"cs_{tolerance}": close / count}


def _of_counts(sums: Floats) -> dict[str, Floats]:
    hits, truths, answers = np.split(np.asarray(sums, np.float64), 3)
    there = truths + answers > 0
    f1 = 2 * hits / np.where(there, truths + answers, 1)
    count = truths.sum(axis=0)
    with np.errstate(invalid="ignore"):
        accuracy, macro = hits.sum(axis=0) / count, f1.sum(axis=0) / there.sum(axis=0)
    return {"n": count, "accuracy": accuracy, "macro_f1": macro}


def _known(figures: dict[str, Floats]) -> Figures:
    plain = {name: None if np.isnan(value) else float(value) for name, value in figures.items()}
    return plain | {"n": int(figures["n"])}


def confusion(actual: Floats, predicted: Floats, count: int) -> npt.NDArray[np.int64]:
    """How often each class (row) was answered as each (column): (count, count)."""
    pairs = np.asarray(actual, np.int64) * count + np.asarray(predicted, np.int64)
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def baseline(label: Label, train: Floats, actual: Floats) -> Figures:
    """The figures of a model that never looks: the median or most frequent class of `train`."""
    if not len(train):
        return {name: None for name in overall(figures(label, train, train)) if name != "n"}
    values = overall(figures(label, actual, np.full(len(actual), _usual(label, train))))
    return {name: value for name, value in values.items() if name != "n"}


def _usual(label: Label, train: Floats) -> float:
    match label:
        case Number():
            return float(np.median(train))
        case Category() | Binary():
            return float(np.bincount(np.asarray(train, np.int64)).argmax())
        case _:
            assert_never(label)


def overall(figures: Figures) -> Figures:
    """Figures without those of single classes."""
    return {name: value for name, value in figures.items() if name != "classes"}


def age_bin(age: float, edges: list[int]) -> str:
    """The bin of an age between edges, as `20-29`; `unknown` when it is NaN."""
    if np.isnan(age):
        return "unknown"
    starts = [0, *edges]
    place = int(np.searchsorted(edges, age, side="right"))
    return f"{starts[place]}-{edges[place] - 1}" if place < len(edges) else f"{starts[place]}+"


def roc(actual: Floats, score: Floats) -> list[tuple[float, float]]:
    """False positive rate and recall at every cut of the score; [] unless both classes occur."""
    if len(np.unique(actual)) < 2:
        return []
    false, true, _ = roc_curve(actual, score)
    return _thinned(false, true)


def precision_recall(actual: Floats, score: Floats) -> list[tuple[float, float]]:
    """Recall and precision at every cut of the score; [] unless both classes occur."""
    if len(np.unique(actual)) < 2:
        return []
    precision, recall, _ = precision_recall_curve(actual, score, drop_intermediate=True)
    return _thinned(recall[::-1], precision[::-1])


def cumulative_score(actual: Floats, predicted: Floats, until: int) -> list[tuple[int, float]]:
    """Errors from 0 to `until`, and the share of answers that miss by at most each; [] of none."""
    if not len(actual):
        return []
    error = np.abs(np.asarray(actual, np.float64) - predicted)
    return [(most, float((error <= most).mean())) for most in range(until + 1)]


def _thinned(across: Floats, up: Floats) -> list[tuple[float, float]]:
    kept = np.unique(np.linspace(0, len(across) - 1, min(len(across), POINTS)).round().astype(int))
    return [(float(across[place]), float(up[place])) for place in kept]


def _ratio(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
