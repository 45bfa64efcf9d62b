"""Measure a trained model on faces it has not seen: figures, groups, curves, worst mistakes."""

import csv
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stages.core.program import InputError, run
from stages.core.scratch import atomic_path
from stages.core.tables import write_json, write_rows
from stages.evaluate import answers, gallery, metrics, results
from stages.evaluate.params import Params
from stages.evaluate.results import Result
from stages.formats import examples
from stages.network import devices, modelfile

MANY = 8  # labels, beyond which a line tells their mean
SHIFT = 0.03  # of the sides, by which a view is moved
log = logging.getLogger("evaluate")


def predict(model: Any, batches: Iterable[Any], count: int) -> dict[str, Any]:
    """A model's outputs for all batches of (pictures, targets), one array per output.

    count: of the `views` whose outputs are averaged.
    """
    parts = []
    for pictures, _ in batches:
        seen = [model.predict_on_batch(view) for view in views(np.asarray(pictures), count)]
        parts.append({name: np.mean([each[name] for each in seen], axis=0) for name in seen[0]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def views(pictures: Any, count: int) -> Iterator[Any]:
    """Pictures (N, height, width, channels) as they are; of 2, mirrored too; of 10, both also
    moved towards each corner, edges repeated.
    """
    height, width = pictures.shape[1:3]
    down, right = round(SHIFT * height), round(SHIFT * width)
    wide = np.pad(pictures, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
    corners = [(0, 0), (0, 2 * right), (2 * down, 0), (2 * down, 2 * right)] if count > 2 else []
    for top, left in [(down, right), *corners]:
        seen = wide[:, top : top + height, left : left + width]
        yield seen
        if count > 1:
            yield seen[:, :, ::-1]


def pictures_of(rows: set[int], batches: Iterable[Any]) -> dict[int, gallery.Pixels]:
    """The pictures of some rows, uint8 RGB, in one more pass: all would not fit in memory."""
    found, start = {}, 0
    for pictures, _ in batches:
        for row in range(start, start + len(pictures)):
            if row in rows:
                pixels = np.asarray(pictures[row - start]).astype(np.uint8)
                found[row] = np.repeat(pixels, 3 // pixels.shape[2], axis=2)
        start += len(pictures)
    return found


def main(name: str, model: Path, tfrecord: Path, out: Path, params: Params) -> None:
    devices.quiet()
    devices.reproducible(0)
    network, labels = modelfile.load(model)
    size = examples.size(tfrecord, params.split)
    if not size:
        raise InputError(f"{tfrecord}: split {params.split!r} has no examples to evaluate on")

    def read() -> Any:
        height, width, channels = network.input_shape[1:]
        given = (tfrecord, params.split, labels, (height, width), params.batch_size)
        return examples.dataset(*given, channels=channels)

    outputs = predict(network, read(), params.tta_views)
    wanted = [label.name for label in labels]
    truth = examples.columns(tfrecord, params.split, ["face_id", "identity", *wanted])
    train = examples.columns(tfrecord, "train", wanted)
    found = [
        Result(label, truth[label.name], answers.read(outputs, label), train[label.name])
        for label in labels
    ]
    figures = write_figures(out, found, truth, params.age_edges)
    shown = results.mistakes(found, params.worst_mistakes)
    pictures = pictures_of({row for rows in shown.values() for row in rows}, read())
    write_mistakes(out / "mistakes.png", name, found, shown, pictures)
    log.info("%s on %d faces of %s: %s", name, size, params.split, told(figures))


def write_figures(
    out: Path, found: list[Result], truth: dict[str, Any], edges: list[int]
) -> metrics.Figures:
    """Write every table and return the content of `metrics.json`."""
    size = len(truth["face_id"])
    figures = {"n": size} | results.summary(found)
    write_json(out / "metrics.json", figures)
    by_group = results.by_group(found, *results.groups(found, size, edges))
    write_json(out / "by_group.json", by_group)
    # TFRecord has no null: there nobody known is an empty text, and not one person.
    people = [identity or None for identity in truth["identity"]]
    names = {"face_id": truth["face_id"], "identity": people}
    write_rows(out / "predictions.parquet", *results.predictions(found, names))
    for name, rows in results.curves(found).items():
        _write_csv(out / "plots" / f"{name}.csv", results.CURVES[name], rows)
    return figures


def told(figures: metrics.Figures) -> str:
    """The leading figure of every label in one line; of many, their mean accuracy."""
    parts = {name: given for name, given in figures.items() if isinstance(given, dict)}
    heads = {name: given.get("accuracy", given.get("mae")) for name, given in parts.items()}
    shares = [given["accuracy"] for given in parts.values() if given.get("accuracy") is not None]
    if len(shares) > MANY:
        heads = {name: given["mae"] for name, given in parts.items() if "mae" in given}
        heads[f"mean accuracy of {len(shares)}"] = sum(shares) / len(shares)
    return ", ".join(f"{n} {value:.3g}" for n, value in heads.items() if value is not None)


def write_mistakes(
    path: Path,
    name: str,
    found: list[Result],
    shown: dict[str, list[int]],
    pictures: dict[int, gallery.Pixels],
) -> None:
    """Draw the worst mistakes, a row per label. shown: rows by label; pictures: by row."""
    rows = {}
    for result in found:
        label = result.label
        lines = {row: result.words(row) for row in shown[label.name]}
        rows[label.name.replace("_", " ")] = [
            gallery.Thumbnail(
                pictures[row],
                str(true),
                f"→ {said} {answers.certainty(result.given, row):.2f}",
            )
            for row, (true, said) in lines.items()
        ]
    with atomic_path(path) as beside:
        gallery.sheet(f"{name}: worst mistakes, truth → answer", rows).save(beside, "PNG")


def _write_csv(path: Path, header: list[str], rows: Iterable[Sequence[Any]]) -> None:
    with atomic_path(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    run(main)
