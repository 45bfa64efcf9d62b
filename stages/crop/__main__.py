"""Crop the faces out of the pictures, a partition at a time, in one process per core or on Ray.

A partition whose pictures and parameters have been seen before is taken from the store. A picture
without a usable face becomes a row of `REJECTS` with the reason.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq

from stages.core import cluster, schema
from stages.core.program import InputError
from stages.core.progress import tracked
from stages.core.scratch import atomic_folder
from stages.core.stage import run
from stages.core.store import Store, code, digest, key, link_or_copy
from stages.core.tables import (
    count_reasons,
    read_batches,
    read_table,
    to_parquet,
    write_json,
    write_rows,
)
from stages.crop.params import Params
from stages.pictures.cropping import choose, crop_face, crop_whole, decode, encode
from stages.pictures.face import Detector, Face

HERE = Path(__file__).parent
BLANK = 1.0  # grey levels of deviation; the flattest face of FER2013 has 3.9
Row = dict[str, Any]
Files = tuple[Path, Path | None]  # a partition's FACES, and its rows of REJECTS, if any, as JSON
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One partition to crop, and the store's key for its result."""

    images: Path
    key: str
    store: Path
    params: Params
    precropped: float | None  # the margin, of a source that is not searched


def check_detector(name: str) -> None:
    """`InputError` for a detector that is not there; it lists those that are."""
    modules = sorted((HERE / "detectors").glob("[a-z]*.py"))
    known = [each.stem for each in modules if "\ndef load(" in each.read_text(encoding="utf-8")]
    if name not in known:
        raise InputError(f"params.yaml: crop.detector = {name!r}; allowed: {', '.join(known)}")


def plan(images: Path, store: Path, params: Params) -> list[Task]:
    """A task per partition, keyed by what its faces depend on: pictures, parameters, code."""
    precropped = params.precropped.get(images.name)
    shaping = params.model_dump(exclude={"precropped"})
    made_by = code(
        HERE,
        HERE / "detectors",
        HERE / "mtcnn",
        HERE.parent / "pictures",
        HERE.parent / "core/schema.py",
    )
    return [
        Task(path, key(made_by, digest(path), shaping, precropped), store, params, precropped)
        for path in sorted(images.glob("*.parquet"))
    ]


def crop_picture(row: Row, detect: Detector, params: Params) -> tuple[list[Row], Row | None]:
    """The faces of one row of `IMAGES`, or one row of `REJECTS`."""
    picture = {name: value for name, value in row.items() if name != "image"}
    try:
        image = decode(row["image"]["bytes"])
    except ValueError:
        return [], reject(picture, "unreadable")
    found = detect(image)
    kept, reason = choose(found, params.faces, params.min_confidence, params.min_face_side)
    if reason:
        return [], reject(picture, reason)
    faces = []
    for rank, face in enumerate(kept):
        crop = crop_face(image, face, params.margin, params.size, params.align)
        faces.append(
            picture
            | describe(
                picture["image_id"], rank, face, len(found), encode(crop, params.jpeg_quality)
            )
        )
    return faces, None


def crop_precropped(row: Row, margin: float, params: Params) -> tuple[list[Row], Row | None]:
    """A picture that is a face already: the same row, the picture's middle, no detection."""
    picture = {name: value for name, value in row.items() if name != "image"}
    try:
        image = decode(row["image"]["bytes"])
    except ValueError:
        return [], reject(picture, "unreadable")
    if image.std() < BLANK:
        return [], reject(picture, "blank")
    height, width = image.shape[:2]
    nowhere = (0.0, 0.0)
    whole = Face((0.0, 0.0, float(width), float(height)), (nowhere,) * 5, confidence=1.0)
    crop = crop_whole(image, margin, params.size)
    face = describe(picture["image_id"], 0, whole, 1, encode(crop, params.jpeg_quality))
    return [picture | face | {"keypoints": None, "confidence": None}], None


def describe(image_id: str, rank: int, face: Face, faces_in_image: int, jpeg: bytes) -> Row:
    """The columns that `FACES` has beyond `IMAGES`."""
    face_id = f"{image_id}-{rank}"
    return {
        "face_id": face_id,
        "box": dict(zip(("x", "y", "width", "height"), face.box, strict=True)),
        "keypoints": [value for point in face.keypoints for value in point],
        "confidence": face.confidence,
        "faces_in_image": faces_in_image,
        "face": {"bytes": jpeg, "path": f"{face_id}.jpg"},
    }


def reject(picture: Row, reason: str) -> Row:
    """A row of `REJECTS` for a whole picture."""
    columns = ("source", "identity", "image_id", "url")
    return {name: picture[name] for name in columns} | {"face_id": None, "reason": reason}


@cache  # one per worker process
def load_detector(name: str, min_face_side: int) -> Detector:
    """The detector of `stages/crop/detectors/<name>.py`."""
    detector: Detector = import_module(f"stages.crop.detectors.{name}").load(min_face_side)
    return detector


def crop_partition(task: Task) -> Files:
    """Crop one partition into the store; runs in a worker process."""
    cv2.setNumThreads(1)  # the workers already share the cores
    faces: list[Row] = []
    rejects: list[Row] = []
    for row in _rows(task.images):
        if task.precropped is not None:
            kept, rejected = crop_precropped(row, task.precropped, task.params)
        else:
            detect = load_detector(task.params.detector, task.params.min_face_side)
            kept, rejected = crop_picture(row, detect, task.params)
        faces += kept
        rejects += [rejected] if rejected else []
    return remember(Store(task.store), task.key, faces, rejects)


def remember(store: Store, key: str, faces: list[Row], rejects: list[Row]) -> Files:
    """Keep a partition's rows: as one file where nothing was left out, else as two.

    For to begin a file is what a partition of one face costs most, but for detection.
    """
    table = to_parquet(schema.FACES, faces)
    if not rejects:
        return store.put("faces-alone", key, table), None
    told = store.put("rejects", key, json.dumps(rejects).encode())
    return store.put("faces", key, table), told


def recall(store: Store, key: str) -> Files | None:
    """What was kept under a key, or None when it is not there, or not whole."""
    alone = store.find("faces-alone", key)
    if alone:
        return alone, None
    faces, rejects = store.find("faces", key), store.find("rejects", key)
    return (faces, rejects) if faces and rejects else None


def _rows(images: Path) -> Iterator[Row]:
    for batch in read_batches([images], rows=32):
        yield from batch.to_pylist()


def crop_partitions(tasks: list[Task], where: cluster.Cluster) -> Iterator[tuple[Task, Files]]:
    """Every task's files as they are finished, those in the store first."""
    todo = []
    for task in tasks:
        known = recall(Store(task.store), task.key)
        if known:
            yield task, known
        else:
            todo.append(task)
    if todo:
        with cluster.pool(where) as pool:
            yield from pool.map_unordered(crop_partition, todo)


def main(
    images: Path,
    store: Path,
    faces: Path,
    rejects: Path,
    metrics: Path,
    params: Params,
    where: Mapping[str, Any] = cluster.HERE,
) -> None:
    """Write `faces`/<partition>.parquet, the rejects of all partitions, and their counts."""
    check_detector(params.detector)
    tasks = plan(images, store, params)
    if not tasks:
        raise InputError(f"{images}: holds no partition; run scrape first")
    cropped = tracked(crop_partitions(tasks, cluster.read(where)), len(tasks), "partition")
    finished = {task.images.name: files for task, files in cropped}
    kept = 0
    with atomic_folder(faces) as folder:
        for name, (partition, _) in sorted(finished.items()):
            rows = pq.read_metadata(partition).num_rows
            if rows:
                link_or_copy(partition, folder / name)
            kept += rows
    told = (file.read_bytes() for _, (_, file) in sorted(finished.items()) if file)
    left_out = [row for rows in told for row in json.loads(rows)]
    write_rows(rejects, schema.REJECTS, left_out)
    reasons = count_reasons(read_table(rejects, ["reason"]))
    write_json(metrics, {"faces": kept, "pictures_left_out": len(left_out), "left_out": reasons})
    log.info("%s: %d faces; pictures left out: %s", images.name, kept, reasons or "none")


if __name__ == "__main__":
    from stages.crop import __main__ as crop  # noqa: PLW0406  workers find it by this name, not as __main__

    run(crop.main, where="cluster")
