"""CelebA as TensorFlow Datasets prepares it (`celeb_a`), read where it lies, never downloaded."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from stages.core.program import InputError
from stages.core.schema import SPLITS
from stages.pictures.decoder import Rejected
from stages.pictures.inspection import Picture, inspect
from stages.scrape.datasets import reading
from stages.scrape.datasets.codes import CELEBA_ATTRIBUTES
from stages.scrape.datasets.reading import Describe, Item
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

INFO = "dataset_info.json"


def find(path: Path) -> Path | None:
    """The prepared folder: `path`, or the last version of `celeb_a` in it as a data directory."""
    if (path / INFO).is_file():
        return path
    versions = sorted(path.glob(f"celeb_a/*/{INFO}"), key=lambda path: _version(path.parent.name))
    return versions[-1].parent if versions else None


def plan(source: str, prepared: Path, params: Params) -> list[Partition]:
    """A partition per `params.files_per_partition` examples of each split.

    A shard's size and time of change stand for its content. `InputError` when the features are
    not those of `celeb_a`.
    """
    builder = _open(prepared)
    size = params.files_per_partition
    partitions = []
    for split, info in builder.info.splits.items():
        files = [Path(path) for path in info.filepaths]
        _check_files(prepared, files)
        made_of = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
        for start in range(0, info.num_examples, size):
            stop = min(start + size, info.num_examples)
            span = {"split": split, "start": start, "stop": stop}
            fingerprint = {"engine": source, "tfds": builder.info.full_name, "files": made_of}
            name = f"{split}-{start // size:05d}"
            partitions.append(Partition(name, fingerprint | span))
    return partitions


def crawl(
    source: str, partitions: list[Partition], prepared: Path, describe: Describe, params: Params
) -> Iterator[Crawled]:
    """Every example of each partition is an attempt, the good ones are images."""
    if not partitions:
        return
    builder = _open(prepared)
    for partition in partitions:
        crawled = Crawled(partition)
        for rank, example in enumerate(_examples(builder, partition), start=1):
            body: bytes = example["image"]
            item = _item(partition, rank, example["attributes"], body)
            reading.add(crawled, source, item, rank, describe, _inspect(body, params))
        yield crawled


def _item(partition: Partition, rank: int, attributes: dict[str, Any], body: bytes) -> Item:
    split, number = partition.fingerprint["split"], partition.fingerprint["start"] + rank - 1
    has = {name.lower(): value for name, value in attributes.items()}
    bits = "".join("1" if has[name] else "0" for name in CELEBA_ATTRIBUTES)
    note = (bits, split if split in SPLITS else "", "")
    return Item(f"celeb_a/{split}/{number}", note, hashlib.sha256(body).hexdigest())


def _inspect(body: bytes, params: Params) -> tuple[Picture, bytes] | Rejected:
    if len(body) > params.max_bytes:
        return Rejected("too_large")
    try:
        return inspect(body, params.limits), body
    except Rejected as rejected:
        return rejected


def _examples(builder: Any, partition: Partition) -> Iterator[dict[str, Any]]:
    tfds = _import_tfds()
    span = partition.fingerprint
    yield from tfds.as_numpy(
        builder.as_dataset(
            split=f"{span['split']}[{span['start']}:{span['stop']}]",
            shuffle_files=False,
            decoders={"image": tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
    )


def _open(prepared: Path) -> Any:
    """The builder of a prepared folder; it can read and nothing else."""
    tfds = _import_tfds()
    try:
        builder = tfds.builder_from_directory(prepared)
        features = set(builder.info.features)
        attributes = builder.info.features["attributes"] if "attributes" in features else ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        detail = " ".join(str(error).split())[:200]
        raise InputError(f"{prepared}: not a folder that TFDS has prepared ({detail})") from None
    if "image" not in features or {name.lower() for name in attributes} != set(CELEBA_ATTRIBUTES):
        raise InputError(f"{prepared}: must be TFDS's celeb_a; its features are {sorted(features)}")
    return builder


def _check_files(prepared: Path, files: list[Path]) -> None:
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise InputError(f"{prepared}: {missing[0]} is missing; let TFDS prepare celeb_a again")


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def _import_tfds() -> ModuleType:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # it greets on stderr
    import tensorflow_datasets as tfds  # seconds to import, with TensorFlow

    module: ModuleType = tfds
    return module
