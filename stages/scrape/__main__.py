"""Fetch the pictures of one source, a partition at a time; what is already known is not asked for.

Every URL or file tried becomes a row of `ATTEMPTS`, kept or not. A class that got too few pictures
fails by name and the others go on; only when none is left does the stage fail.
"""

import importlib
import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.core import cluster, schema
from stages.core.program import InputError, run
from stages.core.progress import tracked
from stages.core.store import Store, code, key, link_or_copy
from stages.core.tables import (
    atomic_folder,
    count_reasons,
    read_batches,
    read_table,
    write_batches,
    write_json,
    write_rows,
)
from stages.forget import purge
from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.scrape.remove_forgotten import remove_forgotten
from stages.scrape.source import SHAPING, Crawled, Partition, Scrape

HERE = Path(__file__).parent
CLASS_FAILED = "class_below_min_pictures"
SHARE = 256  # partitions that a worker elsewhere fetches in one crawl, at most
log = logging.getLogger(__name__)


def find_source(name: str) -> ModuleType:
    """The module of a source; `InputError` lists those there are."""
    known = sorted(path.parent.name for path in HERE.glob("sources/[a-z]*/__init__.py"))
    if name not in known:
        raise InputError(f"params.yaml: scrape.sources names {name!r}; allowed: {', '.join(known)}")
    return importlib.import_module(f"stages.scrape.sources.{name}")


def partition_key(source: str, partition: Partition, params: Scrape) -> str:
    """What the partition's rows depend on, and nothing else."""
    shaping = params.model_dump(include=set(SHAPING))
    return key(_code(source), source, partition.name, partition.fingerprint, shaping)


@cache
def _code(source: str) -> str:
    """What makes rows of answers. Making them anew asks nobody: answers have keys of their own."""
    return code(
        HERE / "__main__.py",
        HERE / "remove_forgotten.py",
        HERE / "rows.py",
        HERE / "crawl",
        HERE / "datasets",
        HERE / f"sources/{source}",
        HERE.parent / "core/schema.py",
    )


def is_final(crawled: Crawled, params: Scrape) -> bool:
    """Whether the next run may take this result as it is.

    A class that has its pictures is final even if some address failed for the moment, else
    every added class would ask all others again; raising its edition retries such addresses.
    """
    found = all(row["reason"] != "search_failed" for row in crawled.attempts)
    return crawled.final or (found and len(crawled.images) >= max(1, params.min_pictures))


def is_forgotten(partition: Partition, forgotten: Forgotten) -> bool:
    """Whether the class is not to be looked for: by its name, or by what would be asked."""
    query = partition.celebrity.query if partition.celebrity else None
    return forgotten.found_in(partition.name, query)


def name_nobody(source: str, classes: int) -> Iterator[pa.RecordBatch]:
    """The attempts of forgotten classes: a row each that says no more than that."""
    row = {"source": source, "reason": FORGOTTEN}
    yield from pa.Table.from_pylist([row] * classes, schema.ATTEMPTS).to_batches()


def fail_small_class(attempts: pa.RecordBatch) -> pa.RecordBatch:
    """The attempts of a class that got too few pictures: those kept are now left out, with why."""
    reason = pc.fill_null(attempts["reason"], CLASS_FAILED)
    return attempts.set_column(attempts.schema.get_field_index("reason"), "reason", reason)


def main(
    source: str,
    given: Path,
    forgotten: Path,
    store: Path,
    images: Path,
    attempts: Path,
    metrics: Path,
    params: Scrape,
    where: Mapping[str, Any] = cluster.HERE,
) -> None:
    """Write `images`/<partition>.parquet, the attempts of all partitions, and their counts."""
    module = find_source(source)
    planned = module.plan(given, params)
    memory = Store(store)
    gone = purge.purge_if_changed(forgotten, memory)
    partitions = [each for each in planned if not is_forgotten(each, gone)]
    finished = _recall(source, partitions, params, memory)
    missing = [each for each in partitions if each.name not in finished]
    log.info("%s: %d partitions, %d to fetch", source, len(partitions), len(missing))
    fetched = fetch(Share(source, missing, given, params, store, gone), cluster.read(where))
    finished |= dict(tracked(fetched, len(missing), "partition"))
    nameless = len(planned) - len(partitions)
    _publish(source, partitions, nameless, finished, params, images, attempts, metrics)


Files = tuple[Path, Path]  # a partition's IMAGES and ATTEMPTS


@dataclass(frozen=True)
class Share:
    """The partitions that one crawl fetches: all of them, or one worker's of several."""

    source: str
    partitions: list[Partition]
    given: Path
    params: Scrape
    store: Path
    forgotten: Forgotten


def fetch(whole: Share, where: cluster.Cluster) -> Iterator[tuple[str, Files]]:
    """Each partition's name and files as it is finished: in one crawl here, or in many on Ray."""
    if where.address is None or not whole.partitions:
        yield from crawl_share(whole)
        return
    with cluster.pool(where) as pool:
        for _, finished in pool.map_unordered(finish_share, divide(whole, pool.workers)):
            yield from finished.items()


def divide(whole: Share, workers: int) -> list[Share]:
    """A share for each worker, or more of them where there are many partitions."""
    count = len(whole.partitions)
    size = min(SHARE, -(-count // workers))
    starts = range(0, count, size)
    params = whole.params.shared_by(min(workers, len(starts)))
    parts = (whole.partitions[start : start + size] for start in starts)
    return [replace(whole, partitions=part, params=params) for part in parts]


def crawl_share(share: Share) -> Iterator[tuple[str, Files]]:
    """Fetch partitions into the store."""
    memory = Store(share.store)
    module = find_source(share.source)
    for each in module.crawl(share.partitions, share.given, share.params, memory):
        known = remove_forgotten(each, share.forgotten)
        yield each.partition.name, _remember(share.source, known, share.params, memory)


def finish_share(share: Share) -> dict[str, Files]:
    """Fetch what is not in the store yet, be it that another worker was lost in the middle."""
    finished = _recall(share.source, share.partitions, share.params, Store(share.store))
    missing = [each for each in share.partitions if each.name not in finished]
    return finished | dict(crawl_share(replace(share, partitions=missing)))


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
    if not is_final(crawled, params):
        kinds = (
            "transient-images",
            "transient-attempts",
        )  # used now, asked for again by the next run
    return memory.adopt(kinds[0], name, pictures), memory.adopt(kinds[1], name, attempts)


def _publish(
    source: str,
    partitions: list[Partition],
    nameless: int,
    finished: dict[str, Files],
    params: Scrape,
    images: Path,
    attempts: Path,
    metrics: Path,
) -> None:
    partitions = sorted(partitions, key=lambda each: each.name)
    failed: list[str] = []
    kept = 0
    with atomic_folder(images) as folder:
        for partition in partitions:
            pictures, _ = finished[partition.name]
            count = pq.read_metadata(pictures).num_rows
            if partition.celebrity and count < params.min_pictures:
                failed.append(partition.name)
            elif count:
                link_or_copy(pictures, folder / f"{partition.name}.parquet")
                kept += count
    files = {each.name: finished[each.name][1] for each in partitions}
    batches = chain(_read_attempts(files, set(failed)), name_nobody(source, nameless))
    tried = write_batches(attempts, schema.ATTEMPTS, batches)
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
    from stages.scrape import __main__ as scrape  # noqa: PLW0406  workers find it by this name, not as __main__

    run(scrape.main, where="cluster")
