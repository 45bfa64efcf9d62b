"""From finished partitions to the stage's outputs: pictures, attempts and their counts."""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stages.core import schema
from stages.core.program import InputError
from stages.core.scratch import atomic_folder
from stages.core.store import link_or_copy
from stages.core.tables import (
    count_reasons,
    count_rows,
    read_batches,
    read_table,
    write_batches,
    write_json,
)
from stages.forget.forgotten import FORGOTTEN
from stages.scrape.partition_store import Tables
from stages.scrape.source import Partition

CLASS_FAILED = "class_below_min_pictures"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """Every partition of a source with its tables; `forgotten` classes are only counted."""

    source: str
    partitions: Collection[Partition]
    tables: Mapping[str, Tables]
    forgotten: int
    min_pictures: int


def publish(finished: Finished, images: Path, attempts: Path, metrics: Path) -> None:
    """Write the stage's outputs; `InputError` when no picture is left.

    A class below `min_pictures` fails by name: its pictures are left out, its attempts say so.
    """
    partitions = sorted(finished.partitions, key=lambda partition: partition.name)
    kept, failed = _publish_images(finished, partitions, images)
    tables = {partition.name: finished.tables[partition.name].attempts for partition in partitions}
    rows = chain(_attempts(tables, set(failed)), name_nobody(finished.source, finished.forgotten))
    tried = write_batches(attempts, schema.ATTEMPTS, rows)
    reasons = count_reasons(read_table(attempts, ["reason"]))
    counts = {"tried": tried, "kept": kept, "classes": len(partitions) - len(failed)}
    write_json(metrics, counts | {"classes_failed": failed, "left_out": reasons})
    _log_counts(finished, counts, failed, reasons)
    if not kept:
        why = _list(reasons) + _most_often(read_table(attempts, ["detail"]))
        raise InputError(
            f"source {finished.source} gave no picture; reasons: {why}; see {attempts}"
        )


def name_nobody(source: str, classes: int) -> Iterator[pa.RecordBatch]:
    """The attempts of forgotten classes: a row each that says no more than that."""
    row = {"source": source, "reason": FORGOTTEN}
    yield from pa.Table.from_pylist([row] * classes, schema.ATTEMPTS).to_batches()


def fail_small_class(attempts: pa.RecordBatch) -> pa.RecordBatch:
    """The attempts of a class that got too few pictures: those kept are now left out, with why."""
    reason = pc.fill_null(attempts["reason"], CLASS_FAILED)
    return attempts.set_column(attempts.schema.get_field_index("reason"), "reason", reason)


def _publish_images(
    finished: Finished, partitions: list[Partition], images: Path
) -> tuple[int, list[str]]:
    """The number of pictures in the folder, and the classes that failed."""
    kept, failed = 0, list[str]()
    with atomic_folder(images) as folder:
        for partition in partitions:
            table = finished.tables[partition.name].images
            count = count_rows(table)
            if partition.celebrity and count < finished.min_pictures:
                failed.append(partition.name)
            elif count:
                link_or_copy(table, folder / f"{partition.name}.parquet")
                kept += count
    return kept, failed


def _attempts(tables: Mapping[str, Path], failed: Collection[str]) -> Iterator[pa.RecordBatch]:
    for name, table in tables.items():
        for batch in read_batches([table]):
            yield fail_small_class(batch) if name in failed else batch


def _log_counts(
    finished: Finished, counts: dict[str, int], failed: list[str], reasons: dict[str, int]
) -> None:
    source = finished.source
    log.info("%s: kept %d of %d pictures", source, counts["kept"], counts["tried"])
    log.info("%s: left out: %s", source, _list(reasons) or "nothing")
    if failed:
        names = ", ".join(failed[:10]) + (" ..." if len(failed) > 10 else "")
        limit = finished.min_pictures
        log.warning("%s: fewer than scrape.min_pictures = %d for: %s", source, limit, names)


def _list(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _most_often(attempts: pa.Table) -> str:
    details = Counter(attempts["detail"].drop_null().to_pylist()).most_common(1)
    return f"; most often {details[0][0]}" if details else ""
