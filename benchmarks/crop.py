"""Faces per second, from a picture's bytes to its crops' bytes: ours against the `mtcnn` package.

    python -m benchmarks.crop [--pictures 300] [--folder DIR | --zip FILE]

All ways decode, detect, crop and encode the same pictures; the medians of interleaved rounds are
given. Other programs slow ours most, which uses every core: the cores they took are given too.
Without a folder or a zip the pictures are drawn. Takes about two minutes for 300 pictures.
"""

import argparse
import importlib
import json
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import machine
from benchmarks.pictures import read_pictures
from stages.crop.detector import Detector
from stages.crop.detectors import mtcnn as reference
from stages.crop.detectors import onnx
from stages.pictures.crops import crop_face
from stages.pictures.decoder import Pixels, decode
from stages.pictures.encoder import encode
from stages.pictures.face import Box, Face
from stages.pictures.limits import Limits

LIMITS = Limits(max_pixels=50_000_000)

RESULTS = Path(__file__).parent / "results" / "crop.json"
NAMES = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
MIN_FACE_SIZE, MARGIN, SIZE, QUALITY = 20, 0.4, 160, 95
WORKERS = 2
PACKAGES = ("mtcnn", "tensorflow", "onnxruntime", "opencv-python-headless", "pillow", "numpy")
TARGETS = {
    "times the library, one picture at a time": (12, "at least"),
    "times the library in its best batches": (2, "at least"),
    "share of faces with IoU >= 0.95": (0.995, "at least"),
    "seconds until the workers are ready": (2, "at most"),
    "MB a worker, peak": (300, "at most"),
}

worker: dict[str, Detector] = {}  # its detector, once start() has run in the process


def start(ready: Any) -> None:
    cv2.setNumThreads(1)  # one process per core
    worker["detect"] = onnx.load(MIN_FACE_SIZE)
    ready.put(time.monotonic())


def finish(picture: Pixels, faces: list[Face]) -> list[bytes]:
    return [encode(crop_face(picture, face, MARGIN, SIZE, False), QUALITY) for face in faces]


def work(data: bytes) -> tuple[list[Box], list[bytes], int, int]:
    """Boxes and crops of one picture, with the worker's id and its peak memory in kB."""
    picture = decode(data, LIMITS)
    faces = worker["detect"](picture)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return [face.box for face in faces], finish(picture, faces), os.getpid(), peak


def library_faces(found: list[dict[str, Any]]) -> list[Face]:
    return [
        Face(
            tuple(face["box"]),
            tuple(tuple(face["keypoints"][name]) for name in NAMES),  # type: ignore[arg-type]
            face["confidence"],
        )
        for face in found
    ]


def one_by_one(library: Any, pictures: list[bytes]) -> None:
    for data in pictures:
        picture = decode(data, LIMITS)
        found = library.detect_faces(picture, min_face_size=MIN_FACE_SIZE)
        finish(picture, library_faces(found))


def in_batches(library: Any, pictures: list[bytes], size: int) -> None:
    """Batches of equal size only: padding mixed ones would change the library's boxes."""
    for begin in range(0, len(pictures), size):
        batch = [decode(data, LIMITS) for data in pictures[begin : begin + size]]
        for picture, found in zip(
            batch, library.detect_faces(batch, min_face_size=MIN_FACE_SIZE), strict=True
        ):
            finish(picture, library_faces(found))


def stable_sort(tensor: Any, scores: Any, ascending: bool = True) -> Any:
    order = np.argsort(scores, kind="stable")
    return tensor[order if ascending else order[::-1]]


def overlap(a: Box, b: Box) -> float:
    """Shared area over that of the union."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(across, 0) * max(down, 0)
    return shared / max(a[2] * a[3] + b[2] * b[3] - shared, 1e-9)


def agreement(ours: list[list[Box]], pictures: list[bytes]) -> tuple[float, int]:
    """Share of all faces, ours or the library's, that both have; and their number."""
    library = reference.load(MIN_FACE_SIZE)
    bboxes: Any = importlib.import_module("mtcnn.utils.bboxes")
    bboxes.sort_by_scores = stable_sort
    same = faces = 0
    for mine, data in zip(ours, pictures, strict=True):
        theirs = [face.box for face in library(decode(data, LIMITS))]
        faces += max(len(mine), len(theirs))
        same += sum(any(overlap(box, other) >= 0.95 for other in mine) for box in theirs)
    return same / max(faces, 1), faces


def measure(pictures: list[bytes], rounds: int) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    ready, begin = context.Queue(), time.monotonic()
    # Before TensorFlow is loaded: a child's peak memory starts at its parent's.
    with context.Pool(WORKERS, start, (ready,)) as pool:
        started = max(ready.get() for _ in range(WORKERS)) - begin
        outcomes = pool.map(work, pictures, chunksize=4)
        from mtcnn import MTCNN

        library = MTCNN()
        ways: dict[str, Callable[[list[bytes]], object]] = {
            f"ours, {WORKERS} workers": lambda some: pool.map(work, some, chunksize=4),
            "mtcnn, one picture at a time": lambda some: one_by_one(library, some),
            "mtcnn, batches of 32": lambda some: in_batches(library, some, 32),
            "mtcnn, batches of 64": lambda some: in_batches(library, some, 64),
        }
        times, others = defaultdict(list), defaultdict(list)
        for turn in range(rounds + 1):
            for name, way in ways.items():
                elsewhere, begin = machine.other_work(), time.perf_counter()
                way(pictures[:64] if turn == 0 else pictures)
                if turn:  # the first turn warms up
                    times[name].append(time.perf_counter() - begin)
                    others[name].append((machine.other_work() - elsewhere) / times[name][-1])
    speeds = {name: len(pictures) / statistics.median(taken) for name, taken in times.items()}
    ours, single, *batches = speeds.values()
    share, faces = agreement([boxes for boxes, *_ in outcomes], pictures)
    peaks = {process: peak for *_, process, peak in outcomes}
    figures = [ours / single, ours / max(batches), share, started, max(peaks.values()) / 1024]
    return {
        "pictures": len(pictures),
        "faces": faces,
        "pictures_per_second": speeds,
        "cores_taken_by_others": {name: statistics.median(some) for name, some in others.items()},
        "figures": dict(zip(TARGETS, figures, strict=True)),
        "machine": machine.facts(PACKAGES),
    }


def report(result: dict[str, Any]) -> None:
    print(f"{result['pictures']} pictures, {result['faces']} faces")
    for name, speed in result["pictures_per_second"].items():
        taken = result["cores_taken_by_others"][name]
        print(f"{name:<42}{speed:>9.1f} pictures/s, {taken:.2f} cores taken by other programs")
    for name, figure in result["figures"].items():
        limit, bound = TARGETS[name]
        met = figure >= limit if bound == "at least" else figure <= limit
        print(f"{name:<42}{figure:>9.3f} {bound} {limit}: {'met' if met else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--folder", type=Path)
    source.add_argument("--zip", type=Path)
    options = parser.parse_args()
    pictures = read_pictures(options.pictures, options.folder, options.zip)
    if not pictures:
        sys.exit("no pictures found")
    result = measure(pictures, options.rounds)
    report(result)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
