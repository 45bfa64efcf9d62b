"""Finished partitions in the store: what is there is not fetched again."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from stages.core import code, schema
from stages.core.scratch import temporary_folder
from stages.core.store import Store, key
from stages.core.tables import write_rows
from stages.scrape.params import Params
from stages.scrape.source import NO_NETWORK, ROW_PARAMS, Crawled, Partition

FOLDER = Path(__file__).parent


class Tables(NamedTuple):
    """The files of a finished partition: its rows of `IMAGES` and of `ATTEMPTS`."""

    images: Path
    attempts: Path


class PartitionStore:
    """The finished partitions of one source under some parameters."""

    def __init__(self, source: str, params: Params, store: Store) -> None:
        self._source, self._params, self._store = source, params, store

    def recall(self, partitions: Iterable[Partition]) -> dict[str, Tables]:
        """The tables of those partitions that are in the store, by name."""
        known = ((partition.name, self._find(partition)) for partition in partitions)
        return {name: tables for name, tables in known if tables}

    def remember(self, crawled: Crawled) -> Tables:
        """Write a partition's rows, images in order of their ids, and return the files.

        The next run recalls them only if they are final; else it asks again.
        """
        name = self.key(crawled.partition)
        kind = "" if is_final(crawled, self._params) else "transient-"
        with temporary_folder() as folder:
            images, attempts = folder / "images", folder / "attempts"
            rows = sorted(crawled.images, key=lambda row: row["image_id"])
            write_rows(images, schema.IMAGES, rows)
            write_rows(attempts, schema.ATTEMPTS, crawled.attempts)
            return Tables(
                self._store.adopt(f"{kind}images", name, images),
                self._store.adopt(f"{kind}attempts", name, attempts),
            )

    def key(self, partition: Partition) -> str:
        """What the partition's rows depend on, and nothing else."""
        params = self._params.model_dump(include=set(ROW_PARAMS))
        shaped_by = _code(self._source)
        return key(shaped_by, self._source, partition.name, partition.fingerprint, params)

    def _find(self, partition: Partition) -> Tables | None:
        name = self.key(partition)
        images, attempts = self._store.find("images", name), self._store.find("attempts", name)
        return Tables(images, attempts) if images and attempts else None


def is_final(crawled: Crawled, params: Params) -> bool:
    """Whether the next run may take this result as it is.

    A class that has its pictures is final even if some address failed for the moment, else
    every added class would ask all others again; raising its edition retries such addresses.
    Not so when its search failed, or an address for want of a network: then too little is known.
    """
    reasons = {row["reason"] for row in crawled.attempts}
    enough = len(crawled.images) >= max(1, params.min_pictures)
    return crawled.final or (enough and reasons.isdisjoint(("search_failed", NO_NETWORK)))


def row_code(source: str) -> list[Path]:
    """The modules that shape a source's rows.

    Making rows anew asks nobody: the answers of the web have keys of their own.
    """
    own = FOLDER / "sources" / source / "__init__.py"
    return code.closure([own, FOLDER / "remove_forgotten.py", Path(__file__)])


@cache
def _code(source: str) -> str:
    return code.fingerprint(row_code(source))
