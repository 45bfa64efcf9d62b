"""Crop the faces out of the pictures, a partition at a time, in one process per core.

A partition whose pictures and parameters have been seen before is taken from the store. A picture
without a usable face becomes a row of `REJECTS` with the reason.
"""

import json
import logging
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import cv2
import pyarrow.parquet as pq
from pydantic import Field

from stages import schema
from stages.cropping import choose, crop_face, decode, encode
from stages.detectors.face import Detector, Face
from stages.progress import tracked
from stages.stage import InputError, Section, run
from stages.store import Store, code, digest, key, place
from stages.tables import (
    appearing_folder,
    count_reasons,
    read_batches,
    read_table,
    write_json,
    write_rows,
)

HERE = Path(__file__).parent
Row = dict[str, Any]
Files = tuple[Path, Path]  # a partition's FACES, and its rows of REJECTS as JSON
log = logging.getLogger(__name__)


class Params(Section):
    """The `crop` section of `params.yaml`."""

    detector: Literal["onnx", "mtcnn"]
    faces: Literal["single", "largest", "all"]
    margin: float = Field(ge=0, le=2)  # of the box's longer side, on each side
    size: int = Field(ge=16, le=1024)  # pixels, of the square crop
    align: bool  # turn the eyes level
    min_confidence: float = Field(ge=0, le=1)
    min_face_size: int = Field(ge=12)  # pixels
    quality: int = Field(ge=1, le=100)  # of the JPEG
    aligned: list[str]  # sources whose pictures are faces already: no detection


@dataclass(frozen=True)
class Task:
    """One partition to crop, and the store's key for its result."""

    images: Path
    key: str
    store: Path
    params: Params
    aligned: bool


def plan(images: Path, store: Path, params: Params) -> list[Task]:
    """A task per partition, keyed by what its faces depend on: pictures, parameters, code."""
    aligned = images.name in params.aligned
    shaping = params.model_dump(exclude={"aligned"})
    made_by = code(HERE / "crop.py", HERE / "cropping.py", HERE / "schema.py", HERE / "detectors")
    return [
        Task(path, key(made_by, digest(path), shaping, aligned), store, params, aligned)
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
    kept, reason = choose(found, params.faces, params.min_confidence, params.min_face_size)
    if reason:
        return [], reject(picture, reason)
    faces = []
    for rank, face in enumerate(kept):
        crop = crop_face(image, face, params.margin, params.size, params.align)
        faces.append(
            picture
            | describe(picture["image_id"], rank, face, len(found), encode(crop, params.quality))
        )
    return faces, None


def crop_aligned(row: Row, params: Params) -> tuple[list[Row], Row | None]:
    """A picture that is a face already: the same row, the whole picture resized, no detection."""
    picture = {name: value for name, value in row.items() if name != "image"}
    try:
        image = decode(row["image"]["bytes"])
    except ValueError:
        return [], reject(picture, "unreadable")
    height, width = image.shape[:2]
    nowhere = (0.0, 0.0)
    whole = Face((0.0, 0.0, float(width), float(height)), (nowhere,) * 5, confidence=1.0)
    crop = crop_face(image, whole, 0.0, params.size, align=False)
    face = describe(picture["image_id"], 0, whole, 1, encode(crop, params.quality))
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
def load_detector(name: str, min_face_size: int) -> Detector:
    """The detector of `stages/detectors/<name>.py`."""
    detector: Detector = import_module(f"stages.detectors.{name}").load(min_face_size)
    return detector


def crop_partition(task: Task) -> Files:
    """Crop one partition into the store; runs in a worker process."""
    faces: list[Row] = []
    rejects: list[Row] = []
    for row in _rows(task.images):
        if task.aligned:
            kept, rejected = crop_aligned(row, task.params)
        else:
            detect = load_detector(task.params.detector, task.params.min_face_size)
            kept, rejected = crop_picture(row, detect, task.params)
        faces += kept
        rejects += [rejected] if rejected else []
    store = Store(task.store)
    scratch = store.scratch(f"{task.key}.faces")
    write_rows(scratch, schema.FACES, faces)
    # Not Parquet: for a few rows, mostly none, its file takes a tenth of a small partition's time.
    told = json.dumps(rejects).encode()
    return store.adopt("faces", task.key, scratch), store.put("rejects", task.key, told)


def _rows(images: Path) -> Iterator[Row]:
    for batch in read_batches([images], rows=32):
        yield from batch.to_pylist()


def crop_partitions(tasks: list[Task]) -> Iterator[tuple[Task, Files]]:
    """Every task's files as they are finished; workers start only when there is something to do."""
    todo = []
    for task in tasks:
        store = Store(task.store)
        faces, rejects = store.find("faces", task.key), store.find("rejects", task.key)
        if faces and rejects:
            yield task, (faces, rejects)
        else:
            todo.append(task)
    if not todo:
        return
    workers = min(len(todo), len(os.sched_getaffinity(0)))
    # Not fork: the runtime's threads do not survive it.
    context = multiprocessing.get_context("spawn")
    # One thread each: the processes already share the cores.
    with ProcessPoolExecutor(workers, context, cv2.setNumThreads, (1,)) as pool:
        pending = {pool.submit(crop_partition, task): task for task in todo}
        for done in as_completed(pending):
            yield pending[done], done.result()


def main(
    images: Path, store: Path, faces: Path, rejects: Path, metrics: Path, params: Params
) -> None:
    """Write `faces`/<partition>.parquet, the rejects of all partitions, and their counts."""
    tasks = plan(images, store, params)
    if not tasks:
        raise InputError(f"{images}: holds no partition; run scrape first")
    cropped = tracked(crop_partitions(tasks), len(tasks), "partition")
    finished = {task.images.name: files for task, files in cropped}
    kept = 0
    with appearing_folder(faces) as folder:
        for name, (partition, _) in sorted(finished.items()):
            rows = pq.read_metadata(partition).num_rows
            if rows:
                place(partition, folder / name)
            kept += rows
    told = (json.loads(files[1].read_bytes()) for _, files in sorted(finished.items()))
    left_out = [row for rows in told for row in rows]
    write_rows(rejects, schema.REJECTS, left_out)
    reasons = count_reasons(read_table(rejects, ["reason"]))
    write_json(metrics, {"faces": kept, "pictures_left_out": len(left_out), "left_out": reasons})
    log.info("%s: %d faces; pictures left out: %s", images.name, kept, reasons or "none")


if __name__ == "__main__":
    run(main)
