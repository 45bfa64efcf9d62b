"""What the threads of one crawl share."""

import itertools
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from stages.core.progress import Progress
from stages.scrape.crawl.partition_progress import PartitionProgress


class Stopped(BaseException):
    """The crawl is to end now: its consumer left, or a thread failed. Not caught with errors."""


class InOrder(queue.PriorityQueue[Any]):
    """Gives the task whose position is lowest; sentinels (None) come last.

    First in, first out would finish all classes together, at the very end.
    """

    def __init__(self, position: Callable[[Any], tuple[int, int]]) -> None:
        super().__init__()
        self._position, self._count = position, itertools.count()

    def _put(self, item: Any) -> None:
        position = () if item is None else self._position(item)
        # The count comes before the item: two tasks are never compared.
        super()._put((item is None, position, next(self._count), item))

    def _get(self) -> Any:
        return super()._get()[-1]


class Run:
    """Finished partitions on their way to the consumer, failures of threads, and the stop sign.

    `ahead` bounds how many partitions are begun before the consumer has taken them. `progress`
    counts the pictures tried.
    """

    def __init__(self, ahead: int) -> None:
        self.progress = Progress(0, "picture")
        self._finished: queue.Queue[PartitionProgress | BaseException] = queue.Queue()
        self._ahead = threading.Semaphore(ahead)
        self._stopping = threading.Event()

    def begin(self) -> None:
        """Wait until another partition may be begun; raises `Stopped`."""
        self._ahead.acquire()
        self.check()

    def taken(self) -> None:
        """The consumer is done with a partition."""
        self._ahead.release()

    def finish(self, progress: PartitionProgress) -> None:
        """Hand a finished partition to the consumer."""
        self._finished.put(progress)

    def next(self) -> PartitionProgress:
        """The next finished partition; raises what a thread failed with."""
        finished = self._finished.get()
        if isinstance(finished, BaseException):
            raise finished
        return finished

    def pause(self, seconds: float) -> None:
        """Sleep; raises `Stopped` as soon as the crawl is to end."""
        if self._stopping.wait(seconds):
            raise Stopped

    def check(self) -> None:
        """Raise `Stopped` when the crawl is to end."""
        if self._stopping.is_set():
            raise Stopped

    def stop(self) -> None:
        """Wake everyone who waits here, to end."""
        self._stopping.set()
        self._ahead.release()

    def serve(self, tasks: "queue.Queue[Any]", handle: Callable[[Any], None]) -> None:
        """A thread's work: handle tasks until None comes, or the crawl is to end."""
        with self.reporting():
            while (task := tasks.get()) is not None:
                self.check()
                handle(task)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Have the consumer raise whatever the block raises; in a thread it would be lost."""
        try:
            yield
        except Stopped:
            return
        except BaseException as error:
            self._finished.put(error)
