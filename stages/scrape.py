"""Fetch the pictures of one source, a partition at a time; what is already known is not asked for.

Every URL or file tried becomes a row of `ATTEMPTS`, kept or not. A class that got too few pictures
fails by name and the others go on; only when none is left does the stage fail.
"""

import importlib
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages import schema
from stages.partition import SHAPING, Crawled, Partition, Scrape
from stages.progress import tracked
from stages.stage import InputError, run
from stages.store import Store, code, key, place
from stages.tables import (
    appearing_folder,
    count_reasons,
    read_batches,
    read_table,
    write_batches,
    write_json,
    write_rows,
)

HERE = Path(__file__).parent
CLASS_FAILED = "class_below_min_pictures"
log = logging.getLogger(__name__)


def find_source(name: str) -> ModuleType:
    """The module of a source; `InputError` lists those there are."""
    known = sorted(path.stem for path in Path(__file__).with_name("sources").glob("[a-z]*.py"))
    if name not in known:
        raise InputError(f"params.yaml: scrape.sources names {name!r}; allowed: {', '.join(known)}")
    return importlib.import_module(f"stages.sources.{name}")


def partition_key(source: str, partition: Partition, params: Scrape) -> str:
    """What the partition's rows depend on, and nothing else."""
    shaping = params.model_dump(include=set(SHAPING))
    return key(_code(source), source, partition.name, partition.fingerprint, shaping)


@cache
def _code(source: str) -> str:
    """What makes rows of answers. Making them anew asks nobody: answers have keys of their own."""
    return code(
        HERE / "scrape.py", HERE / "schema.py", HERE / "crawl", HERE / f"sources/{source}.py"
    )


def is_settled(crawled: Crawled, params: Scrape) -> bool:
    """Whether the next run may take this result as it is.

    A class that has its pictures is settled even if some address failed for the moment, else
    every added class would ask all others again; raising its edition retries such addresses.
    """
    found = all(row["reason"] != "search_failed" for row in crawled.attempts)
    return crawled.settled or (found and len(crawled.images) >= max(1, params.min_pictures))


def fail_small_class(attempts: pa.RecordBatch) -> pa.RecordBatch:
    """The attempts of a class that got too few pictures: those kept are now left out, with why."""
    reason = pc.fill_null(attempts["reason"], CLASS_FAILED)
    return attempts.set_column(attempts.schema.get_field_index("reason"), "reason", reason)


def main(
    source: str,
    given: Path,
    store: Path,
    images: Path,
    attempts: Path,
    metrics: Path,
    params: Scrape,
) -> None:
    """Write `images`/<partition>.parquet, the attempts of all partitions, and their counts."""
    module = find_source(source)
    partitions = module.plan(given, params)
    memory = Store(store)
    finished = _recall(source, partitions, params, memory)
    missing = [each for each in partitions if each.name not in finished]
    log.info("%s: %d partitions, %d to fetch", source, len(partitions), len(missing))
    crawled = module.crawl(missing, given, params, memory)
    for each in tracked(crawled, len(missing), "partition"):
        finished[each.partition.name] = _remember(source, each, params, memory)
    _publish(source, partitions, finished, params, images, attempts, metrics)


Files = tuple[Path, Path]  # a partition's IMAGES and ATTEMPTS


def _recall(
    source: str, partitions: list[Partition], params: Scrape, memory: Store
) -> dict[str, Files]:
    found = {}
    for partition in partitions:
        name = partition_key(source, partition, params)
        pictures, attempts = memory.find("images", name), memory.find("attempts", name)
        if pictures and attempts:
            found[partition.name] = (pictures, attempts)
    return found


def _remember(source: str, crawled: Crawled, params: Scrape, memory: Store) -> Files:
    name = partition_key(source, crawled.partition, params)
    pictures, attempts = memory.scratch(f"{name}.images"), memory.scratch(f"{name}.attempts")
    rows = sorted(crawled.images, key=lambda row: str(row["image_id"]))
    write_rows(pictures, schema.IMAGES, rows)
    write_rows(attempts, schema.ATTEMPTS, crawled.attempts)
    kinds = ("images", "attempts")
    if not is_settled(crawled, params):
        kinds = ("passing-images", "passing-attempts")  # used now, asked for again by the next run
    return memory.adopt(kinds[0], name, pictures), memory.adopt(kinds[1], name, attempts)


def _publish(
    source: str,
    partitions: list[Partition],
    finished: dict[str, Files],
    params: Scrape,
    images: Path,
    attempts: Path,
    metrics: Path,
) -> None:
    partitions = sorted(partitions, key=lambda each: each.name)
    failed: list[str] = []
    kept = 0
    with appearing_folder(images) as folder:
        for partition in partitions:
            pictures, _ = finished[partition.name]
            count = pq.read_metadata(pictures).num_rows
            if partition.celebrity and count < params.min_pictures:
                failed.append(partition.name)
            elif count:
                place(pictures, folder / f"{partition.name}.parquet")
                kept += count
    files = {each.name: finished[each.name][1] for each in partitions}
    tried = write_batches(attempts, schema.ATTEMPTS, _read_attempts(files, set(failed)))
    reasons = count_reasons(read_table(attempts, ["reason"]))
    counts = {"tried": tried, "kept": kept, "classes": len(partitions) - len(failed)}
    write_json(metrics, counts | {"classes_failed": failed, "left_out": reasons})
    _tell(source, counts, failed, reasons, params)
    if not kept:
        why = _listed(reasons.items()) + _most_often(read_table(attempts, ["detail"]))
        raise InputError(f"source {source} gave no picture; reasons: {why}; see {attempts}")


def _most_often(attempts: pa.Table) -> str:
    details = Counter(attempts["detail"].drop_null().to_pylist()).most_common(1)
    return f"; most often {details[0][0]}" if details else ""


def _read_attempts(files: dict[str, Path], failed: Collection[str]) -> Iterator[pa.RecordBatch]:
    for name, file in files.items():
        for batch in read_batches([file]):
            yield fail_small_class(batch) if name in failed else batch


def _tell(
    source: str, counts: dict[str, int], failed: list[str], reasons: dict[str, int], params: Scrape
) -> None:
    log.info("%s: kept %d of %d pictures", source, counts["kept"], counts["tried"])
    log.info("%s: left out: %s", source, _listed(reasons.items()) or "nothing")
    if failed:
        names = ", ".join(failed[:10]) + (" ..." if len(failed) > 10 else "")
        limit = params.min_pictures
        log.warning("%s: fewer than scrape.min_pictures = %d for: %s", source, limit, names)


def _listed(counts: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts)


if __name__ == "__main__":
    run(main)
