"""Measure a trained model on faces that it has not seen: figures, groups, curves, mistakes."""

import csv
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stages.core.program import InputError
from stages.core.scratch import atomic_path
from stages.core.stage import run
from stages.core.tables import write_json, write_rows
from stages.evaluate import answers, gallery, metrics, results
from stages.evaluate.params import Params
from stages.evaluate.results import Result
from stages.formats import batches, tfrecord
from stages.network import devices, modelfile

MANY = 8  # with more labels, the log line gives their mean accuracy
SHIFT = 0.03  # of height and width: how far a view is shifted
log = logging.getLogger("evaluate")


def predict(model: Any, faces: Iterable[Any], count: int) -> dict[str, Any]:
    """A model's outputs for all batches of (faces, targets), one array (N, ...) per output.

    count: the number of `views` whose outputs are averaged.
    """
    parts = []
    for batch, _ in faces:
        seen = [model.predict_on_batch(view) for view in views(np.asarray(batch), count)]
        parts.append({name: np.mean([each[name] for each in seen], axis=0) for name in seen[0]})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def views(faces: Any, count: int) -> Iterator[Any]:
    """1, 2 or 10 views of faces (N, height, width, channels), for test-time augmentation.

    The first is the faces themselves, the second their mirror image; the others are both of these,
    shifted towards each corner with edges repeated.
    """
    height, width = faces.shape[1:3]
    down, right = round(SHIFT * height), round(SHIFT * width)
    wide = np.pad(faces, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
    corners = [(0, 0), (0, 2 * right), (2 * down, 0), (2 * down, 2 * right)] if count > 2 else []
    for top, left in [(down, right), *corners]:
        seen = wide[:, top : top + height, left : left + width]
        yield seen
        if count > 1:
            yield seen[:, :, ::-1]


def faces_of(rows: set[int], faces: Iterable[Any]) -> dict[int, gallery.Pixels]:
    """The faces of some rows, uint8 RGB, from another pass, as all would not fit in memory."""
    chosen, start = {}, 0
    for batch, _ in faces:
        for row in range(start, start + len(batch)):
            if row in rows:
                pixels = np.asarray(batch[row - start]).astype(np.uint8)
                chosen[row] = np.repeat(pixels, 3 // pixels.shape[2], axis=2)
        start += len(batch)
    return chosen


def main(name: str, model: Path, tfrecord_folder: Path, out: Path, params: Params) -> None:
    devices.quiet()
    devices.reproducible(0)
    network, card = modelfile.load(model)
    labels = card.labels
    builder = tfrecord.open_shards(tfrecord_folder)
    size = tfrecord.size(builder, params.split)
    if not size:
        raise InputError(
            f"{tfrecord_folder}: split {params.split!r} has no examples to evaluate on"
        )

    def faces() -> Any:
        height, width, channels = network.input_shape[1:]
        arguments = (tfrecord_folder, params.split, labels, (height, width), params.batch_size)
        return batches.dataset(*arguments, channels=channels)

    outputs = predict(network, faces(), params.tta_views)
    names = [label.name for label in labels]
    truth = tfrecord.columns(builder, params.split, ["face_id", "identity", *names])
    train = tfrecord.columns(builder, "train", names)
    by_label = [
        Result(label, truth[label.name], answers.read(outputs, label), train[label.name])
        for label in labels
    ]
    figures = write_figures(out, by_label, truth, params.age_edges)
    shown = results.mistakes(by_label, params.worst_mistakes)
    pixels = faces_of({row for rows in shown.values() for row in rows}, faces())
    write_mistakes(out / "mistakes.png", name, by_label, shown, pixels)
    log.info("%s on %d faces of %s: %s", name, size, params.split, summary(figures))


def write_figures(
    out: Path, by_label: list[Result], truth: dict[str, Any], edges: list[int]
) -> metrics.Figures:
    """Write every table and return the content of `metrics.json`."""
    size = len(truth["face_id"])
    figures = {"n": size} | results.summary(by_label)
    write_json(out / "metrics.json", figures)
    by_group = results.by_group(by_label, *results.groups(by_label, size, edges))
    write_json(out / "by_group.json", by_group)
    # TFRecord has no null: an empty text stands for faces whose person is not known.
    people = [identity or None for identity in truth["identity"]]
    names = {"face_id": truth["face_id"], "identity": people}
    write_rows(out / "predictions.parquet", *results.predictions(by_label, names))
    for name, rows in results.curves(by_label).items():
        _write_csv(out / "plots" / f"{name}.csv", results.CURVES[name], rows)
    return figures


def summary(figures: metrics.Figures) -> str:
    """The leading figure of every label in one line; with many labels, their mean accuracy."""
    parts = {name: part for name, part in figures.items() if isinstance(part, dict)}
    heads = {name: part.get("accuracy", part.get("mae")) for name, part in parts.items()}
    shares = [part["accuracy"] for part in parts.values() if part.get("accuracy") is not None]
    if len(shares) > MANY:
        heads = {name: part["mae"] for name, part in parts.items() if "mae" in part}
        heads[f"mean accuracy of {len(shares)}"] = sum(shares) / len(shares)
    return ", ".join(f"{n} {value:.3g}" for n, value in heads.items() if value is not None)


def write_mistakes(
    path: Path,
    name: str,
    by_label: list[Result],
    shown: dict[str, list[int]],
    faces: dict[int, gallery.Pixels],
) -> None:
    """Draw the worst mistakes, a row per label. shown: rows by label; faces: by row."""
    rows = {}
    for result in by_label:
        label = result.label
        lines = {row: result.words(row) for row in shown[label.name]}
        rows[label.name.replace("_", " ")] = [
            gallery.Thumbnail(
                faces[row],
                str(true),
                f"→ {said} {answers.certainty(result.answers, row):.2f}",
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
