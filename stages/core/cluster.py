"""Process partitions in processes of this machine, or on the workers of a Ray cluster.

Ray (https://docs.ray.io) is an optional extra, imported only when `cluster.address` needs it. The
work is a module's function that gets one task at a time and writes its results to files itself. So
the project's folder must be on a disk that all workers see under the same path; messages are small.
"""

import logging
import multiprocessing
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import Field

from stages.core.lifetime import end_with_parent
from stages.core.program import InputError, Section, section

GATHERED = 16  # most tasks sent together: small tasks sent singly would wait for the driver
RETRIES = 5  # of tasks whose worker was lost
CONNECT_TIMEOUT = 10.0  # seconds
OBJECT_STORE = 80_000_000  # bytes of Ray's own memory, about the least that it takes
Task = TypeVar("Task")
Result = TypeVar("Result")


class Cluster(Section):
    """Where scrape, crop and shard work. No byte depends on it, so nothing runs again."""

    address: str | None = Field(
        min_length=1, description="null: this machine; Ray: local, host:port or ray://host:port."
    )
    workers: int | None = Field(
        ge=1, le=100_000, description="Partitions worked on at once; null: one per core."
    )


class Pool(Protocol):
    """A number of worker processes, on this machine or on others."""

    workers: int

    def map_unordered(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Every task with its result, in the order they finish; raises what `work` raises."""
        ...


HERE: Mapping[str, Any] = {"address": None, "workers": None}  # as in params.yaml


def read(values: Mapping[str, Any]) -> Cluster:
    """The checked section; `InputError` names a wrong key."""
    return section(Cluster, {"cluster": values}, "cluster")


@contextmanager
def pool(where: Cluster) -> Iterator[Pool]:
    """The pool for these parameters; `InputError` if Ray is not installed or no cluster answers."""
    if where.address is None:
        yield Processes(where.workers)
        return
    ray = _connect(where.address, where.workers)
    try:
        yield Ray(ray, where.workers)
    finally:
        ray.shutdown()


def batches(tasks: Sequence[Task], workers: int) -> list[Sequence[Task]]:
    """Batches of up to `GATHERED` tasks, small enough for all workers to finish together."""
    size = max(1, min(GATHERED, len(tasks) // (GATHERED * workers)))
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def work_through(
    folder: Path, work: Callable[[Task], Result], tasks: Sequence[Task]
) -> list[Result]:
    """What a worker runs: the results of some tasks, whose paths are relative to `folder`."""
    os.chdir(folder)
    return [work(task) for task in tasks]


class Processes:
    """Processes of this machine, started when there is work."""

    def __init__(self, workers: int | None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))

    def map_unordered(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Every task with its result, in any order; a killed worker ends the run."""
        if not tasks:
            return
        # Not fork: the threads of libraries do not survive it.
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(tasks))
        executor = ProcessPoolExecutor(workers, context, initializer=end_with_parent)
        try:
            pending = {
                executor.submit(work_through, Path.cwd(), work, batch): batch
                for batch in batches(tasks, self.workers)
            }
            for done in as_completed(pending):
                yield from zip(pending[done], done.result(), strict=True)
        finally:
            executor.shutdown(cancel_futures=True)


class Ray:
    """Ray's workers. Another worker repeats the tasks of a lost one, and writes its files again."""

    def __init__(self, ray: Any, workers: int | None) -> None:
        self._ray = ray
        self.workers = workers or int(ray.cluster_resources().get("CPU", 1))

    def map_unordered(
        self, work: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Every task with its result, in any order; `work`'s caches last as long as a process."""
        remote = self._ray.remote(num_cpus=1, max_retries=RETRIES)(work_through)
        waiting = iter(batches(tasks, self.workers))
        pending: dict[Any, Sequence[Task]] = {}
        while True:
            for batch in islice(waiting, self.workers - len(pending)):
                pending[remote.remote(Path.cwd(), work, batch)] = batch
            if not pending:
                return
            (done, *_), _ = self._ray.wait(list(pending))
            yield from zip(pending.pop(done), self._result(done), strict=True)

    def _result(self, done: Any) -> Any:
        try:
            return self._ray.get(done)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error  # as if it had been raised here


def _connect(address: str, workers: int | None) -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    where = f"params.yaml: cluster.address = {address!r}"
    try:
        import ray
    except ModuleNotFoundError:
        raise InputError(
            f"{where}: needs Ray: pip install 'faceline[cluster]'; null works without it"
        ) from None
    options: dict[str, Any] = {"runtime_env": {"env_vars": {"PYTHONPATH": str(Path.cwd())}}}
    if address == "local":
        options |= {"num_cpus": workers, "object_store_memory": OBJECT_STORE}
        options |= {"include_dashboard": False}
    try:
        _require_listener(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **options)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise InputError(
            f"{where}: must be null, local, or host:port or ray://host:port of a running cluster "
            f"({why})"
        ) from None
    return ray


def _require_listener(address: str) -> None:
    """OSError if nothing is listening; ValueError if the port is invalid. Ray tries for minutes."""
    parts = urlsplit(f"//{address.removeprefix('ray://')}")
    if parts.hostname and parts.port:
        socket.create_connection((parts.hostname, parts.port), CONNECT_TIMEOUT).close()
