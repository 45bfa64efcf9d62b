"""Asking through the store: what was answered once is not asked again.

Pages are remembered per edition, pictures for good, so that raising a class's edition asks for
its pages anew and then only for pictures it had not offered before. Not remembered are failures
that may pass, anything that is forgotten, and pages that offer addresses with credentials.
"""

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.core import credentials
from stages.core.store import Store, key
from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.scrape.crawl.answer import Answer
from stages.scrape.crawl.engine import Engine
from stages.scrape.crawl.fetch import Fetcher
from stages.scrape.crawl.outcome import Limits, too_large
from stages.scrape.params import Params

PAGE_BYTES = 8 * 1024 * 1024
CachedAnswer = tuple[Answer, Path | None]  # an answer and the store's file that holds it


class CachedFetcher:
    """Answers for one engine, from the store or else from the network; for several threads."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        fetcher: Fetcher,
        params: Params,
        forgotten: Forgotten,
    ) -> None:
        self._store, self._engine = store, engine
        self._forgotten = forgotten
        self._fetcher = fetcher
        self._picture = Limits(params.max_bytes, params.download_timeout, params.max_attempts)
        self._page = Limits(PAGE_BYTES, params.download_timeout, params.max_attempts, opt_out=False)
        # Requests at once; the threads beside judge and store what the others asked for.
        self._turns = {kind: threading.Semaphore(params.threads) for kind in ("page", "picture")}
        self._lock = threading.Lock()
        self._asking: dict[str, tuple[threading.Lock, list[None]]] = {}

    def page(self, url: str, edition: int) -> CachedAnswer:
        """A result page, as first answered since the class has this edition."""
        return self._ask("page", key("page", self._engine.name, url, edition), url, self._page)

    def picture(self, url: str) -> CachedAnswer:
        """A picture, as first answered whatever the edition."""
        return self._ask("picture", key("picture", self._engine.name, url), url, self._picture)

    def _ask(self, kind: str, name: str, url: str, limits: Limits) -> CachedAnswer:
        with self._alone(name):
            known = self._recall(kind, name, limits)
            if known:
                return known
            with self._turns[kind]:
                answer = self._fetcher.fetch(url, limits)
            if self._forgotten.shown_by(answer.body):
                answer = dataclasses.replace(answer, body=b"", reason=FORGOTTEN)
            if answer.transient or answer.reason == FORGOTTEN or not self._may_keep(kind, answer):
                return answer, None
            return answer, self._store.put(kind, name, answer.to_bytes())

    def _may_keep(self, kind: str, answer: Answer) -> bool:
        """Whether an answer names nobody forgotten and offers no credentials; else it is only read.

        Without its credentials an address on a page is of no use to a later run.
        """
        if kind == "picture":
            return not self._forgotten.found_in(answer.final_url)
        text = answer.body.decode("utf-8", "replace")
        if self._forgotten.found_in(answer.final_url, text):
            return False
        results = self._engine.results(answer.body) if credentials.may_stand_in(text) else []
        return all(credentials.cut(result.url) == result.url for result in results)

    def _recall(self, kind: str, name: str, limits: Limits) -> CachedAnswer | None:
        path = self._store.find(kind, name)
        if path is None:
            return None
        try:
            answer = Answer.from_bytes(path.read_bytes())
        except ValueError:  # whole, but of another make
            path.unlink(missing_ok=True)
            return None
        excess = too_large(limits.max_bytes)
        if answer.reason == excess.reason and answer.detail != excess.detail:
            path.unlink(missing_ok=True)  # judged by another limit
            return None
        if len(answer.body) > limits.max_bytes:
            answer = dataclasses.replace(answer, body=b"", **dataclasses.asdict(excess))
        return answer, path

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Let one thread at a time ask for a URL that two classes hold; the other then recalls."""
        with self._lock:
            lock, waiting = self._asking.setdefault(name, (threading.Lock(), []))
            waiting.append(None)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                waiting.pop()
                if not waiting:
                    self._asking.pop(name)
