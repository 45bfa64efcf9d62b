"""The bins of a label: ranges of a number, the classes of others."""

from itertools import pairwise
from typing import assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.undersample.params import Params

Indices = npt.NDArray[np.int64]
NO_BIN = -1


def binned(examples: pa.Table, params: Params) -> tuple[list[str], Indices]:
    """The names of the bins, and the bin of each row; without a label all rows are in none."""
    if params.label is None:
        return [], np.full(examples.num_rows, NO_BIN)
    label, values = check_label(examples, params.label), examples[params.label]
    match label:
        case Number():
            starts = cuts(label, params.edges)
            return bin_names(starts), bins_of(values, starts)
        case Category():
            names = list(label.classes)
        case Binary():
            names = ["false", "true"]  # as Arrow writes them
        case _:
            assert_never(label)
    return names, classes_of(values, names)


def check_label(examples: pa.Table, name: str) -> Label:
    """The label to balance by; `InputError` unless the rows have it."""
    labels = {label.name: label for label in labels_of(examples.column_names)}
    if name not in labels:
        allowed = list(labels)
        raise InputError(f"params.yaml: undersample.label = {name!r} must be one of {allowed}")
    return labels[name]


def cuts(label: Number, edges: list[int]) -> list[int]:
    """Where bins begin, from the label's lowest value to one above its highest.

    `InputError` names an edge outside that range.
    """
    for edge in edges:
        if not label.low <= edge <= label.high + 1:
            allowed = f"must be from {label.low} to {label.high + 1} for {label.name}"
            raise InputError(f"params.yaml: undersample.edges: {edge} {allowed}")
    return sorted({label.low, *edges, label.high + 1})


def bin_names(starts: list[int]) -> list[str]:
    """`[0, 10, 30]` is bins `0-9` and `10-29`."""
    return [f"{low}-{high - 1}" for low, high in pairwise(starts)]


def bins_of(values: pa.ChunkedArray, starts: list[int]) -> Indices:
    """The bin of each value, [start, next start); `NO_BIN` for null."""
    numbers = values.to_numpy().astype(np.float64)  # null becomes NaN
    inside = np.digitize(numbers, starts[1:-1]).astype(np.int64)
    return np.where(np.isnan(numbers), NO_BIN, inside)


def classes_of(values: pa.ChunkedArray, names: list[str]) -> Indices:
    """The place of each value among the names; `NO_BIN` for null."""
    places = pc.index_in(values.cast(pa.string()), pa.array(names))
    bins: Indices = places.fill_null(NO_BIN).to_numpy().astype(np.int64)
    return bins
