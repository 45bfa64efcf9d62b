"""Drop train rows of crowded ages or classes, or repeat those of rare ones, which drown else.

Only train rows are dropped or repeated. A row without the label is in no bin and stays: its other
labels still teach. Validation and test keep the world as it is.
"""

import csv
import logging
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils import resample

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import labels_of
from stages.core.program import InputError, run
from stages.core.schema import SPLITS
from stages.core.scratch import atomic_path
from stages.core.tables import read_table, write_batches, write_json
from stages.undersample.params import RATIO, Params

Indices = npt.NDArray[np.int64]
NO_BIN = -1

log = logging.getLogger(__name__)


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
    found: Indices = places.fill_null(NO_BIN).to_numpy().astype(np.int64)
    return found


def cap_rows(cap: int | str, counts: list[int]) -> int:
    """The most rows a bin may keep, given the sizes of the bins that have any."""
    if cap == "none" or not counts:
        return max(counts, default=0)
    if cap == "median":
        return int(np.median(counts))
    ratio = RATIO.fullmatch(str(cap))
    return int(float(ratio[1]) * min(counts)) if ratio else int(cap)


def floor_rows(floor: int | str, counts: list[int]) -> int:
    """The fewest rows a bin must have, given the sizes of the bins that have any."""
    if floor == "none" or not counts:
        return 0
    return int(np.median(counts)) if floor == "median" else int(floor)


def choose(bins: Indices, params: Params) -> Indices:
    """Which of the rows in these bins to take, some of them repeatedly, as increasing indices."""
    counts = np.unique(bins, return_counts=True)[1].tolist()
    most = cap_rows(params.cap, counts)
    kept = resampled(bins, lambda there: min(there, most), params.seed)
    fewest = floor_rows(params.floor, counts)
    return kept[resampled(bins[kept], lambda there: max(there, fewest), params.seed)]


def resampled(bins: Indices, size: Callable[[int], int], seed: int) -> Indices:
    """Increasing indices of rows, drawn so that every bin has the size that its own makes."""
    present, counts = np.unique(bins, return_counts=True)
    wanted = {int(b): size(int(n)) for b, n in zip(present, counts, strict=True)}
    total = sum(wanted.values())
    rows = np.arange(bins.size)
    if list(wanted.values()) == counts.tolist():
        return rows
    if len(wanted) == 1:  # imbalanced-learn refuses a single class
        more = np.empty(0, int) if total < rows.size else rows
        drawn = total - more.size
        extra = resample(rows, replace=drawn > rows.size, n_samples=drawn, random_state=seed)
        kept = np.concatenate([more, extra])
    else:
        how = RandomUnderSampler if total < rows.size else RandomOverSampler
        sampler = how(sampling_strategy=wanted, random_state=seed)
        sampler.fit_resample(rows[:, None], bins)
        kept = sampler.sample_indices_
    return np.sort(np.asarray(kept, dtype=np.int64))


def undersample(examples: pa.Table, bins: Indices, params: Params) -> Indices:
    """The rows to take, as increasing indices: of train what the bins' cap and floor want."""
    train = pc.equal(examples["split"], "train").to_numpy() & (bins != NO_BIN)
    candidates = np.flatnonzero(train)
    kept = candidates[choose(bins[candidates], params)]
    return np.sort(np.concatenate([np.flatnonzero(~train), kept]))


def histogram(splits: list[str], bins: Indices, names: list[str]) -> dict[str, dict[str, int]]:
    """Rows per split and bin, empty bins included, `null` last."""
    sides = np.array(splits, dtype=str)
    return {
        side: {
            name: int(np.sum((sides == side) & (bins == number)))
            for number, name in [*enumerate(names), (NO_BIN, "null")]
        }
        for side in SPLITS
    }


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


def write_histograms(path: Path, stages: dict[str, dict[str, dict[str, int]]]) -> None:
    """The histograms as a CSV that DVC plots."""
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["bin", "split", "stage", "count"])
        for stage, sides in stages.items():
            for side, counts in sides.items():
                writer.writerows([name, side, stage, count] for name, count in counts.items())


def main(examples: Path, balanced: Path, results: Path, histograms: Path, params: Params) -> None:
    """Read `EXAMPLES`, write those that are kept, and rows per bin before and after."""
    rows = read_table(examples)
    names, bins = binned(rows, params)
    kept = undersample(rows, bins, params)
    left = rows.take(kept)
    write_batches(balanced, rows.schema, left.to_batches())
    before = histogram(rows["split"].to_pylist(), bins, names)
    after = histogram(left["split"].to_pylist(), bins[kept], names)
    write_histograms(histograms, {"before": before, "after": after})
    train = {"before": sum(before["train"].values()), "after": sum(after["train"].values())}
    different = np.unique(kept).size
    changed = {"dropped": rows.num_rows - different, "repeated": kept.size - different}
    write_json(results, {"train": train, **changed, "bins": after["train"]})
    told = (changed["dropped"], train["before"], changed["repeated"])
    log.info("dropped %d of %d train rows, repeated %d", *told)


if __name__ == "__main__":
    run(main)
