"""Fetching partitions into the store: in one crawl here, or in one for each worker elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stages.core import cluster, plugins
from stages.core.progress import tracked
from stages.core.store import Store
from stages.forget.forgotten import Forgotten
from stages.scrape.params import Params
from stages.scrape.partition_store import PartitionStore, Tables
from stages.scrape.remove_forgotten import remove_forgotten
from stages.scrape.source import Partition, Source

MAX_PARTITIONS = 256  # of a job of several


@dataclass(frozen=True)
class Job:
    """The partitions that one crawl fetches: all of them, or one worker's."""

    source: str
    partitions: list[Partition]
    path: Path
    params: Params
    store: Path
    forgotten: Forgotten

    @property
    def finished(self) -> PartitionStore:
        """Where the job's partitions go."""
        return PartitionStore(self.source, self.params, Store(self.store))


def find_source(name: str) -> Source:
    """The source of a name; `InputError` lists those there are."""
    source: Source = plugins.find("stages.scrape.sources", name, "scrape.sources")
    return source


def fetch(job: Job, where: cluster.Cluster) -> Iterator[tuple[str, Tables]]:
    """Each partition's name and tables as it is finished, here or on the workers of a cluster."""
    if where.address is None or not job.partitions:
        yield from crawl(job)
        return
    with cluster.pool(where) as pool:
        jobs = pool.map_unordered(finish, divide(job, pool.workers))
        finished = (item for _, tables in jobs for item in tables.items())
        yield from tracked(finished, len(job.partitions), "partition")


def divide(job: Job, workers: int) -> list[Job]:
    """A job for each worker, or more of them where there are many partitions."""
    count = len(job.partitions)
    size = min(MAX_PARTITIONS, -(-count // workers))
    starts = range(0, count, size)
    params = job.params.shared_by(min(workers, len(starts)))
    parts = (job.partitions[start : start + size] for start in starts)
    return [replace(job, partitions=part, params=params) for part in parts]


def crawl(job: Job) -> Iterator[tuple[str, Tables]]:
    """Fetch every partition of the job into the store."""
    source, finished = find_source(job.source), job.finished
    for crawled in source.crawl(job.partitions, job.path, job.params, Store(job.store)):
        allowed = remove_forgotten(crawled, job.forgotten)
        yield crawled.partition.name, finished.remember(allowed)


def finish(job: Job) -> dict[str, Tables]:
    """Fetch what is not in the store yet: a worker that was lost may have begun the job."""
    known = job.finished.recall(job.partitions)
    missing = [partition for partition in job.partitions if partition.name not in known]
    return known | dict(crawl(replace(job, partitions=missing)))
