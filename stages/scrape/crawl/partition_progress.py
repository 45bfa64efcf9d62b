"""What became of one partition so far, in the order in which its source offered the pictures.

Order and ranks follow page and position, never the time at which a thread was done, so the same
answers give the same rows.
"""

import datetime
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stages.pictures.inspection import Picture
from stages.scrape.crawl.engine import SearchResult
from stages.scrape.source import Partition


@dataclass(frozen=True)
class Kept:
    """A good picture; its bytes stay in the store's file `entry` until the rows are made."""

    image_id: str
    fetched_at: datetime.datetime
    picture: Picture
    entry: Path


@dataclass(frozen=True)
class LeftOut:
    """Why there is no picture; `transient` when another run may have more luck."""

    reason: str
    detail: str | None = None
    transient: bool = False


@dataclass
class Attempt:
    """One URL. Result pages that gave nothing have no rank; pictures count from 1."""

    result: SearchResult
    rank: int | None = None
    outcome: Kept | LeftOut | None = None


class PartitionProgress:
    """The attempts of a partition; safe for several threads.

    It is finished when its search and every attempt that the search led to are. Each of them
    ends with a call of `close`, which returns True for the last.
    """

    def __init__(self, partition: Partition, number: int) -> None:
        self.partition = partition
        self.number = number  # its position among the partitions of the crawl
        self.attempts: list[Attempt] = []
        self.offered = 0
        self._urls: set[str] = set()
        self._lock = threading.Lock()
        self._open = 1  # the search itself

    def note(self, url: str, outcome: LeftOut) -> None:
        """Record a result page that gave no picture."""
        with self._lock:
            self.attempts.append(Attempt(SearchResult(url), outcome=outcome))

    def offer(self, results: Iterable[SearchResult], limit: int | None) -> list[Attempt]:
        """Give ranks to results whose URL is new, up to `limit` in all, and return their attempts.

        Only one thread at a time may search for a partition: it calls in the order of pages.
        """
        fresh: list[Attempt] = []
        with self._lock:
            for result in results:
                if self.offered == limit:
                    break
                if result.url not in self._urls:
                    self._urls.add(result.url)
                    self.offered += 1
                    fresh.append(Attempt(result, self.offered))
            self.attempts += fresh
            self._open += len(fresh)
        return fresh

    def close(self) -> bool:
        """End the search or one attempt; True for the last that was open."""
        with self._lock:
            self._open -= 1
            return self._open == 0
