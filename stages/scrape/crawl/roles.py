"""The three kinds of threads of a crawl, in icrawler's roles: feeder, parser, downloader."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import icrawler

from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.pictures.decoder import Rejected
from stages.pictures.inspection import inspect
from stages.scrape.crawl.answer import Answer
from stages.scrape.crawl.cached_fetcher import CachedFetcher
from stages.scrape.crawl.engine import Engine
from stages.scrape.crawl.network import NetworkLostError
from stages.scrape.crawl.partition_progress import Attempt, Kept, LeftOut, PartitionProgress
from stages.scrape.crawl.run import Run
from stages.scrape.params import Params
from stages.scrape.source import NO_NETWORK, Partition


@dataclass(frozen=True)
class Search:
    """A result page to read, the `index`-th of `pages`; without pages the results are known."""

    progress: PartitionProgress
    pages: list[str]
    index: int = 0


def expected(partition: Partition, params: Params) -> int:
    """How many pictures a partition has at most, before its search has ended."""
    return params.max_results if partition.celebrity else len(partition.items)


class Feeder(icrawler.Feeder):  # type: ignore[misc]  # icrawler ships no types; so below
    """Puts every partition's search into the parser's queue, not too far ahead of the consumer."""

    def __init__(self, *args: Any, run: Run, engine: Engine, params: Params) -> None:
        super().__init__(*args)
        self._run, self._engine, self._params = run, engine, params

    def worker_exec(self, partitions: list[Partition]) -> None:
        """A thread's work; icrawler calls it."""
        with self._run.reporting():
            self.feed(partitions)

    def feed(self, partitions: list[Partition]) -> None:
        """Queue the first result page of each partition."""
        for number, partition in enumerate(partitions):
            self._run.begin()
            person = partition.celebrity
            pages = self._engine.pages(person.query, self._params) if person else []
            self.output(Search(PartitionProgress(partition, number), pages))


class Parser(icrawler.Parser):  # type: ignore[misc]
    """Reads result pages, those of a partition one after the other, and queues what they offer."""

    def __init__(
        self, *args: Any, run: Run, engine: Engine, params: Params, fetcher: CachedFetcher
    ) -> None:
        super().__init__(*args)
        self._run, self._engine, self._params, self._fetcher = run, engine, params, fetcher

    def worker_exec(self) -> None:
        """A thread's work; icrawler calls it."""
        self._run.serve(self.in_queue, self.search)

    def search(self, search: Search) -> None:
        """Queue a page's pictures and the next page, or end the partition's search."""
        progress, limit = search.progress, self._params.max_results
        if search.pages:
            more = self.parse(search)
        else:
            known = self._engine.known_results(progress.partition)
            self._queue(progress, progress.offer(known, limit=None))
            more = False
        if more and progress.offered < limit and search.index + 1 < len(search.pages):
            self.input(Search(progress, search.pages, search.index + 1))
            return
        self._run.progress.expect(progress.offered - expected(progress.partition, self._params))
        if progress.close():
            self._run.finish(progress)

    def parse(self, search: Search) -> bool:
        """Queue the pictures on a page; whether the page after it is worth asking for."""
        progress, url = search.progress, search.pages[search.index]
        person = progress.partition.celebrity
        answer, entry = self._fetcher.page(url, person.edition if person else 1)
        if answer.reason == NO_NETWORK:  # without its search the crawl can do nothing
            raise NetworkLostError(f"{url}: {answer.detail}")
        if answer.reason:
            progress.note(url, LeftOut("search_failed", _explain(answer), answer.transient))
            return answer.transient
        results = self._engine.results(answer.body)
        if not results and search.index == 0:
            # More often a challenge for robots than the truth. A later page only ends the results.
            if entry:
                entry.unlink(missing_ok=True)
            progress.note(url, LeftOut("no_results", transient=True))
        self._queue(progress, progress.offer(results, self._params.max_results))
        return bool(results)

    def _queue(self, progress: PartitionProgress, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            self.output((progress, attempt))


class Downloader(icrawler.Downloader):  # type: ignore[misc]
    """Fetches and judges pictures."""

    def __init__(
        self, *args: Any, run: Run, params: Params, fetcher: CachedFetcher, forgotten: Forgotten
    ) -> None:
        super().__init__(*args)
        self._run, self._params, self._fetcher = run, params, fetcher
        self._forgotten = forgotten

    def worker_exec(self) -> None:
        """A thread's work; icrawler calls it."""
        self._run.serve(self.in_queue, self.download)

    def download(self, task: tuple[PartitionProgress, Attempt]) -> None:
        """Give an attempt its outcome; the last of a partition hands it to the consumer."""
        progress, attempt = task
        result = attempt.result
        if self._forgotten.found_in(result.title, result.page_url):
            attempt.outcome = LeftOut(FORGOTTEN)
        else:
            attempt.outcome = self._fetch(result.url)
        self._run.progress.advance()
        if progress.close():
            self._run.finish(progress)

    def _fetch(self, url: str) -> Kept | LeftOut:
        answer, entry = self._fetcher.picture(url)
        if answer.reason is not None:
            return LeftOut(answer.reason, answer.detail, answer.transient)
        if entry is None:  # a good answer is kept unless it led to somebody forgotten
            return LeftOut(FORGOTTEN)
        return self._judge(answer, entry)

    def _judge(self, answer: Answer, entry: Path) -> Kept | LeftOut:
        try:
            picture = inspect(answer.body, self._params.limits)
        except Rejected as rejected:
            return LeftOut(rejected.reason, rejected.detail)
        if self._forgotten.found_in(*picture.metadata.values()):
            entry.unlink(missing_ok=True)
            return LeftOut(FORGOTTEN)
        image_id = hashlib.sha256(answer.body).hexdigest()
        return Kept(image_id, answer.fetched_at, picture, entry)


def _explain(answer: Answer) -> str:
    return f"{answer.reason}: {answer.detail}" if answer.detail else str(answer.reason)
