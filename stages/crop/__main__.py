"""Crop the faces out of the pictures, in one process per core or on Ray.

A partition whose pictures and parameters have been seen before is taken from the store. A picture
without a usable face becomes a row of `REJECTS` with the reason.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.core import cluster, schema
from stages.core.program import InputError
from stages.core.progress import tracked
from stages.core.scratch import atomic_folder
from stages.core.stage import run
from stages.core.store import link_or_copy
from stages.core.tables import count_reasons, count_rows, read_table, write_json, write_rows
from stages.crop.params import Params
from stages.crop.partitions import Files, Partition, crop_all, find_detector, plan

log = logging.getLogger(__name__)


def finish_all(
    partitions: list[Partition], store: Path, params: Params, where: cluster.Cluster
) -> dict[str, Files]:
    """Every partition's files by name, while the log counts pictures."""
    finished: dict[str, Files] = {}

    def pictures() -> Iterator[None]:
        for partition, done, files in crop_all(partitions, store, params, where):
            if files:
                finished[partition.images.name] = files
            yield from [None] * done

    total = sum(partition.pictures for partition in partitions)
    for _ in tracked(pictures(), total, "picture"):
        pass
    return dict(sorted(finished.items()))


def publish(finished: Mapping[str, Files], faces: Path, rejects: Path, metrics: Path) -> str:
    """Write the stage's outputs and return them in words."""
    kept = 0
    with atomic_folder(faces) as folder:
        for name, (partition, _) in finished.items():
            rows = count_rows(partition)
            if rows:
                link_or_copy(partition, folder / name)
            kept += rows
    files = (file for _, file in finished.values() if file)
    left_out: list[dict[str, Any]] = [
        row for file in files for row in json.loads(file.read_bytes())
    ]
    write_rows(rejects, schema.REJECTS, left_out)
    reasons = count_reasons(read_table(rejects, ["reason"]))
    write_json(metrics, {"faces": kept, "pictures_left_out": len(left_out), "left_out": reasons})
    return f"{kept} faces; pictures left out: {reasons or 'none'}"


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
    find_detector(params.detector)
    partitions = plan(images, params)
    if not partitions:
        raise InputError(f"{images}: holds no partition; run scrape first")
    finished = finish_all(partitions, store, params, cluster.read(where))
    log.info("%s: %s", images.name, publish(finished, faces, rejects, metrics))


if __name__ == "__main__":
    run(main, where="cluster")
