"""Pictures that Bing's image search finds for each celebrity of a catalogue."""

from collections.abc import Iterator
from pathlib import Path

from stages.core import catalogue
from stages.core.store import Store
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.crawl.connector import Routes
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

NAME = "bing"


def plan(path: Path, params: Params) -> list[Partition]:
    """One partition per celebrity; `InputError` when the catalogue is wrong."""
    return [
        Partition(
            name=person.identity,
            fingerprint={"engine": NAME, "query": person.query, "edition": person.edition},
            celebrity=person,
        )
        for person in catalogue.read_searched(path)
    ]


def crawl(
    partitions: list[Partition],
    path: Path,
    params: Params,
    store: Store,
    routes: Routes | None = None,
) -> Iterator[Crawled]:
    """Search for each celebrity and fetch what is found, as `stages.scrape.crawl.crawler` does."""
    return crawler.crawl(partitions, bing_search.engine(NAME), params, store, routes)
