"""Crop the pictures of a partition, in chunks that workers share, into the store.

A partition is the unit of file and of memory: what is in the store under its key is not cropped
again. Its chunks are the unit of work, so one large partition keeps all cores busy.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import pyarrow as pa

from stages.core import cluster, code, plugins, schema
from stages.core.store import Store, digest, discard, key
from stages.core.tables import count_rows, read_batches, read_table, to_parquet
from stages.crop.detector import Detector, DetectorPlugin
from stages.crop.faces import Row, crop_picture, crop_precropped
from stages.crop.params import Params

FOLDER = Path(__file__).parent
DETECTORS = "stages.crop.detectors"
CHUNK = 32  # pictures
Files = tuple[Path, Path | None]  # rows of FACES, and those of REJECTS, if any, as JSON


@dataclass(frozen=True)
class Partition:
    """A partition to crop. cache_key: of its faces in the store."""

    images: Path
    pictures: int
    cache_key: str


@dataclass(frozen=True)
class Chunk:
    """Some pictures of a partition: a worker's task. margin: of a source that is not searched."""

    images: Path
    start: int
    stop: int
    cache_key: str
    store: Path
    params: Params
    margin: float | None


def find_detector(name: str) -> DetectorPlugin:
    """The plug-in of `stages/crop/detectors/<name>.py`; `InputError` lists those there are."""
    plugin: DetectorPlugin = plugins.find(DETECTORS, name, "crop.detector")
    return plugin


def plan(images: Path, params: Params) -> list[Partition]:
    """Every partition, keyed by what its faces depend on: pictures, parameters, code."""
    margin = params.precropped.get(images.name)
    shaping = params.model_dump(exclude={"precropped"})
    shaped_by = code.fingerprint(crop_code(params.detector))
    return [
        Partition(path, count_rows(path), key(shaped_by, digest(path), shaping, margin))
        for path in sorted(images.glob("*.parquet"))
    ]


def crop_code(detector: str) -> list[Path]:
    """The modules that shape the faces."""
    return code.closure([Path(__file__), FOLDER / "detectors" / f"{detector}.py"])


def chunks(partition: Partition, store: Path, params: Params) -> list[Chunk]:
    """The partition's pictures in runs of `CHUNK`; one run that is the whole has its key."""
    margin = params.precropped.get(partition.images.parent.name)
    starts = range(0, max(partition.pictures, 1), CHUNK)
    return [
        Chunk(
            partition.images, start, start + CHUNK,
            partition.cache_key if len(starts) == 1 else key(partition.cache_key, start),
            store, params, margin,
        )
        for start in starts
    ]  # fmt: skip


def crop_all(
    partitions: list[Partition], store: Path, params: Params, where: cluster.Cluster
) -> Iterator[tuple[Partition, int, Files | None]]:
    """Crop what is not in the store. Each step says how many pictures of a partition are done.

    The partition's last step comes with its files.
    """
    waiting: dict[Path, tuple[Partition, list[Chunk]]] = {}
    todo: list[Chunk] = []
    for partition in partitions:
        known = recall(Store(store), partition.cache_key)
        if known:
            yield partition, partition.pictures, known
            continue
        parts = chunks(partition, store, params)
        waiting[partition.images] = (partition, list(parts))
        todo += parts
    if not todo:
        return
    with cluster.pool(where) as pool:
        for chunk, files in pool.map_unordered(crop_chunk, todo):
            partition, left = waiting[chunk.images]
            left.remove(chunk)
            done = min(chunk.stop, partition.pictures) - chunk.start
            whole = None if left else finish(partition, files, store, params)
            yield partition, done, whole


def crop_chunk(chunk: Chunk) -> Files:
    """Crop some pictures into the store; runs in a worker process."""
    cv2.setNumThreads(1)  # the workers share the cores
    store = Store(chunk.store)
    known = recall(store, chunk.cache_key)
    if known:
        return known
    faces: list[Row] = []
    rejects: list[Row] = []
    for row in _rows(chunk.images, chunk.start, chunk.stop):
        if chunk.margin is not None:
            kept, rejected = crop_precropped(row, chunk.margin, chunk.params)
        else:
            detect = load_detector(chunk.params.detector, chunk.params.min_face_side)
            kept, rejected = crop_picture(row, detect, chunk.params)
        faces += kept
        rejects += [rejected] if rejected else []
    return remember(
        store, chunk.cache_key, to_parquet(pa.Table.from_pylist(faces, schema.FACES)), rejects
    )


def finish(partition: Partition, files: Files, store: Path, params: Params) -> Files:
    """The partition's files, made of those of its chunks when the last one is done."""
    parts = chunks(partition, store, params)
    if len(parts) == 1:
        return files
    whole = Store(store)
    pieces = [crop_chunk(part) for part in parts]  # from the store
    rows = [row for faces, _ in pieces for row in read_table(faces).to_pylist()]
    rejects = [row for _, file in pieces if file for row in json.loads(file.read_bytes())]
    result = remember(
        whole, partition.cache_key, to_parquet(pa.Table.from_pylist(rows, schema.FACES)), rejects
    )
    for piece in pieces:
        for file in filter(None, piece):
            discard(file)
    return result


@cache  # one per worker process
def load_detector(name: str, min_face_side: int) -> Detector:
    """The detector of `stages/crop/detectors/<name>.py`."""
    return find_detector(name).load(min_face_side)


def remember(store: Store, cache_key: str, faces: bytes, rejects: list[Row]) -> Files:
    """Keep faces and rejects: as one file where nothing was left out, otherwise as two.

    After detection, creating the file is the main cost of a partition of one face.
    """
    if not rejects:
        return store.put("faces-alone", cache_key, faces), None
    left_out = store.put("rejects", cache_key, json.dumps(rejects).encode())
    return store.put("faces", cache_key, faces), left_out


def recall(store: Store, cache_key: str) -> Files | None:
    """What was kept under a key, or None when it is not there, or not whole."""
    alone = store.find("faces-alone", cache_key)
    if alone:
        return alone, None
    faces, rejects = store.find("faces", cache_key), store.find("rejects", cache_key)
    return (faces, rejects) if faces and rejects else None


def _rows(images: Path, start: int, stop: int) -> Iterator[Row]:
    """The pictures from `start` to before `stop`; the others stay encoded."""
    first = 0
    for batch in read_batches([images], rows=32):
        begin, end = max(start - first, 0), min(stop - first, batch.num_rows)
        yield from batch.slice(begin, max(end - begin, 0)).to_pylist()
        first += batch.num_rows
        if first >= stop:
            return
