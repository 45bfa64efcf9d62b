"""Balance the training faces: drop rows of crowded bins, repeat rows of small ones.

Only rows of train are dropped or repeated; validation and test stay as they are. A row without a
value of the label is in no bin and stays: its other labels still teach.
"""

import csv
import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stages.core.schema import SPLITS
from stages.core.scratch import atomic_path
from stages.core.stage import run
from stages.core.tables import read_table, write_batches, write_json
from stages.undersample.bins import NO_BIN, Indices, binned
from stages.undersample.params import Params
from stages.undersample.resampling import choose

Histogram = dict[str, dict[str, int]]  # rows by split and bin
log = logging.getLogger("undersample")


def undersample(examples: pa.Table, bins: Indices, params: Params) -> Indices:
    """The rows to take, as increasing indices; those outside train and its bins exactly once."""
    train = pc.equal(examples["split"], "train").to_numpy() & (bins != NO_BIN)
    candidates = np.flatnonzero(train)
    kept = candidates[choose(bins[candidates], params)]
    return np.sort(np.concatenate([np.flatnonzero(~train), kept]))


def histogram(splits: list[str], bins: Indices, names: list[str]) -> Histogram:
    """Rows per split and bin, empty bins included, `null` last."""
    column = np.array(splits, dtype=str)
    return {
        split: {
            name: int(np.sum((column == split) & (bins == number)))
            for number, name in [*enumerate(names), (NO_BIN, "null")]
        }
        for split in SPLITS
    }


def write_histograms(path: Path, steps: dict[str, Histogram]) -> None:
    """The histograms as a CSV that DVC plots. steps: before and after."""
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["bin", "split", "step", "count"])
        for step, splits in steps.items():
            for split, counts in splits.items():
                writer.writerows([name, split, step, count] for name, count in counts.items())


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
    dropped, repeated = rows.num_rows - different, kept.size - different
    counts = {"train": train, "dropped": dropped, "repeated": repeated}
    write_json(results, {**counts, "bins": after["train"]})
    log.info("%d train faces: %d dropped, %d repeated", train["before"], dropped, repeated)


if __name__ == "__main__":
    run(main)
