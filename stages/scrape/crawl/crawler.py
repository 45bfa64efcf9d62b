"""One crawl for all partitions of a source: icrawler's roles, with nothing lost on the way.

Feeder -> Parser -> Downloader, as in icrawler, and as there each is a pool of threads. What
differs: queues have no bound and no cache, so no put fails or is taken for a repetition; what
belongs to earlier classes comes first; threads end by a sentinel, not by a timeout; and one crawl
serves all classes at once, so that many small ones keep the downloaders as busy as a few large
ones.
"""

import logging
import time
from collections.abc import Iterator

import icrawler

from stages.core.store import Store
from stages.forget.forgotten import read_kept_list
from stages.scrape.crawl import guard
from stages.scrape.crawl.assembly import assemble
from stages.scrape.crawl.cached_fetcher import CachedFetcher
from stages.scrape.crawl.connector import Routes
from stages.scrape.crawl.engine import Engine
from stages.scrape.crawl.fetch import Fetcher
from stages.scrape.crawl.network import Network
from stages.scrape.crawl.politeness import Politeness
from stages.scrape.crawl.roles import Downloader, Feeder, Parser, expected
from stages.scrape.crawl.run import InOrder, Run
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

JUDGES = 4  # threads that judge and store pictures while `params.threads` others ask for some
JOIN = 1.0  # seconds for threads to end when their connections have been shut
log = logging.getLogger(__name__)


def crawl(
    partitions: list[Partition],
    engine: Engine,
    params: Params,
    store: Store,
    routes: Routes | None = None,
) -> Iterator[Crawled]:
    """Yield each partition when its last picture has been tried, in no particular order.

    `routes` leads hostnames to addresses of our own (the demo's site, a test's); these need no
    interval. Closing the iterator, or an exception in its consumer's loop, ends the threads at
    once.
    """
    if partitions:
        yield from Crawler(engine, params, store, routes or {}).crawl(partitions)


class Crawler(icrawler.Crawler):  # type: ignore[misc]  # icrawler ships no types
    """Feeder, parser and downloader of one crawl."""

    def __init__(self, engine: Engine, params: Params, store: Store, routes: Routes) -> None:
        self._engine, self._params = engine, params
        self._web = guard.session(params, routes)
        self._run = run = Run(ahead=4 * params.threads)
        forgotten = read_kept_list(store)
        politeness = Politeness(
            params.request_interval,
            routes,
            sleep=run.pause,
            forgotten=forgotten,
            crawls=params.crawls,
        )
        self._network = Network(self._web, politeness.clock, politeness.sleep)
        fetcher = CachedFetcher(
            store, engine, Fetcher(self._web, politeness, self._network), params, forgotten
        )
        shared = {"run": run, "params": params}
        super().__init__(
            Feeder,
            Parser,
            Downloader,
            parser_threads=params.threads,  # a class of one picture needs a page for each
            downloader_threads=params.threads + JUDGES,
            storage=None,
            extra_feeder_args=shared | {"engine": engine},
            extra_parser_args=shared | {"engine": engine, "fetcher": fetcher},
            extra_downloader_args=shared | {"fetcher": fetcher, "forgotten": forgotten},
        )
        # Earlier partitions first: they finish one by one, and what is killed has some whole.
        self.feeder.out_queue = self.parser.in_queue = InOrder(
            lambda search: (search.progress.number, search.index)
        )
        self.parser.out_queue = self.downloader.in_queue = InOrder(
            lambda task: (task[0].number, task[1].rank)
        )

    def set_logger(self, log_level: int = logging.INFO) -> None:
        """Keep the stage's logging: icrawler would configure the root logger."""
        self.logger = log
        for pool in ("feeder", "parser", "downloader"):
            logging.getLogger(pool).setLevel(logging.WARNING)

    def set_session(self, headers: dict[str, str] | None = None) -> None:
        """Use the guarded session."""
        self.session = self._web

    def set_storage(self, storage: None) -> None:
        """Answers are kept by the store, not as numbered files."""
        self.storage = storage

    def crawl(self, partitions: list[Partition]) -> Iterator[Crawled]:
        """Yield partitions as they finish; raises `NetworkLostError`, or the error of a thread."""
        # A search is expected to offer all that may be looked at, until it has ended.
        self._run.progress.expect(sum(expected(each, self._params) for each in partitions))
        self.feeder.start(partitions)
        self.parser.start()
        self.downloader.start()
        try:
            for _ in partitions:
                yield assemble(self._run.next(), self._engine.name, self._params)
                self._run.taken()
            self._network.check()
        finally:
            self.stop()

    def stop(self) -> None:
        """End all threads; those in a request are woken by the end of their connection."""
        self._run.stop()
        self._run.progress.close()
        self._web.connector.shut()
        until = time.monotonic() + JOIN
        for pool in (self.feeder, self.parser, self.downloader):
            for _ in pool.workers:
                pool.in_queue.put(None)
            for worker in pool.workers:
                worker.join(max(until - time.monotonic(), 0))
        self._web.close()
