"""What `scrape` and its sources agree on: parameters, partitions, and the `Source` contract."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from stages.core.catalogue import Celebrity
from stages.core.store import Store
from stages.scrape.params import Params

# What a partition's rows depend on; the other parameters only change how they are fetched.
ROW_PARAMS = frozenset({"max_results", "licence", "min_picture_side", "max_pixels", "max_bytes"})

NO_NETWORK = "no_network"  # the reason where our own network may be at fault: never remembered


@dataclass(frozen=True)
class Partition:
    """The unit of work, of memory, of Parquet file and of distribution.

    name: its file's name.
    fingerprint: all that its rows depend on beside `ROW_PARAMS` and code; plain values.
    celebrity: a search source's class.
    items: what to fetch where there is no search, as URLs or file names.
    """

    name: str
    fingerprint: Mapping[str, Any]
    celebrity: Celebrity | None = None
    items: tuple[str, ...] = ()


@dataclass
class Crawled:
    """A finished partition: rows of `IMAGES` and of `ATTEMPTS` (stages/scrape/rows.py), by rank.

    final: False when another run may have more luck, as after a failure of the network.
    """

    partition: Partition
    images: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    final: bool = True


class Source(Protocol):
    """Where pictures come from: a package in stages/scrape/sources, whose name is the source's.

    `path` is what `scrape.sources` names behind the source: a catalogue, list, folder, zip or tar.
    The same files and parameters must give the same partitions, and the same answers of the web
    the same rows in the same order, whatever the threads did; only what was fetched has a time.
    """

    def plan(self, path: Path, params: Params) -> list[Partition]:
        """Every partition of the source, under a name of its own each.

        Quick, and asks the network nothing. It may read every file for its digest, but holds no
        more than one picture in memory. Raises `InputError` for a path, or a line in it, that
        makes no sense. A single bad picture is no error: it becomes an attempt with a reason.
        """
        ...

    def crawl(
        self, partitions: list[Partition], path: Path, params: Params, store: Store
    ) -> Iterator[Crawled]:
        """Yield each of some planned partitions as it is finished, in any order.

        `partitions` are those whose result is not in the store; answers of the web may be kept
        there under keys of their own. Every URL or file tried becomes an attempt, whatever it
        does; what is kept is also an image. Memory is bounded: a few partitions at once, and of
        each picture `params.max_bytes` and `params.max_pixels`; so is time, by
        `params.download_timeout` for each answer. Closing the iterator ends all work at once.
        Raises `InputError` for what the user must change, and OSError where the store cannot be
        written; partitions already yielded stay valid.
        """
        ...
