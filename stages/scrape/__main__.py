"""Fetch the pictures of one source, a partition at a time; what is already known is not asked for.

Every URL or file tried becomes a row of `ATTEMPTS`, kept or not. A class that got too few pictures
fails by name and the others go on; only when none is left does the stage fail.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stages.core import cluster
from stages.core.stage import run
from stages.core.store import Store
from stages.forget import purge
from stages.forget.forgotten import Forgotten
from stages.scrape.jobs import Job, fetch, find_source
from stages.scrape.params import Params
from stages.scrape.publishing import Finished, publish
from stages.scrape.source import Partition

log = logging.getLogger(__name__)


def is_forgotten(partition: Partition, forgotten: Forgotten) -> bool:
    """Whether the class is not to be looked for: by its name, or by what would be asked."""
    query = partition.celebrity.query if partition.celebrity else None
    return forgotten.found_in(partition.name, query)


def main(
    source: str,
    path: Path,
    forgotten: Path,
    store: Path,
    images: Path,
    attempts: Path,
    metrics: Path,
    params: Params,
    where: Mapping[str, Any] = cluster.HERE,
) -> None:
    """Write `images`/<partition>.parquet, the attempts of all partitions, and their counts."""
    planned = find_source(source).plan(path, params)
    hidden = purge.purge_if_changed(forgotten, Store(store))
    partitions = [partition for partition in planned if not is_forgotten(partition, hidden)]
    job = Job(source, partitions, path, params, store, hidden)
    tables = job.finished.recall(partitions)
    missing = [partition for partition in partitions if partition.name not in tables]
    log.info("%s: %d partitions, %d to fetch", source, len(partitions), len(missing))
    fetched = fetch(replace(job, partitions=missing), cluster.read(where))
    tables |= dict(fetched)
    left_out = len(planned) - len(partitions)
    finished = Finished(source, partitions, tables, left_out, params.min_pictures)
    publish(finished, images, attempts, metrics)


if __name__ == "__main__":
    run(main, where="cluster")
