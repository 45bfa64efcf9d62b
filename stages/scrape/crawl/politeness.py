"""May we ask a host, and when: robots.txt (RFC 9309) once per host, and time between requests."""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.scrape.crawl.answer import OVER_BUDGET, TRANSIENT, Answer
from stages.scrape.crawl.guard import AGENT

MAX_DELAY = 30.0  # seconds; a robots.txt may ask for hours between two requests
HOST_SECONDS = 600.0  # that a host may make a crawl wait, beyond its own interval
HOST_FAILURES = 20  # addresses in a row that fail for the moment; then the host is left alone
NOBODY = Forgotten()
# Answers after which RFC 9309 (2.3.1.2, 2.3.1.3) lets a crawler ask for anything.
_NO_ROBOTS = frozenset({"not_found", "forbidden", "http_error", "redirect_loop"})


@dataclass(frozen=True)
class Refusal:
    """Why a URL must not be asked for, as `Answer` says it."""

    reason: str
    detail: str | None = None


class _Site:
    """The robots.txt of one origin: parsed, or the refusal that stands for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rules: Any = None
        self.refusal: Refusal | None = None
        self.known = False


@dataclass
class _Host:
    """When a host may be asked, and what it has cost so far."""

    delay: float = 0.0  # seconds, by its Crawl-delay
    next: float = -math.inf  # clock time from which it may be asked
    imposed: float = 0.0  # seconds that it made the crawl wait
    failures: int = 0  # addresses in a row

    def excess(self) -> str | None:
        """Why the host is left alone for the rest of the crawl, or None."""
        if self.failures >= HOST_FAILURES:
            return f"host: {HOST_FAILURES} failures in a row"
        if self.imposed >= HOST_SECONDS:
            return f"host: asked for more than {HOST_SECONDS:g} seconds of waiting"
        return None


class Politeness:
    """One for a whole crawl, shared by all its threads.

    Where several `crawls` go on at once, in processes that know nothing of each other, each keeps
    so many times every interval: together they ask no host more often than one does.
    `interval` is in seconds between the starts of two requests to a host; hosts in `exempt` (our
    own) need none. What is `forgotten` is not asked for at all. `clock` and `sleep` are `time`'s
    unless a test or a stop needs others.
    """

    def __init__(
        self,
        interval: float,
        exempt: Container[str] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        forgotten: Forgotten = NOBODY,
        crawls: int = 1,
    ) -> None:
        self.clock, self.sleep = clock, sleep
        self._forgotten = forgotten
        self._interval, self._exempt, self._crawls = interval, exempt, crawls
        self._lock = threading.Lock()
        self._sites: dict[str, _Site] = {}
        self._hosts: dict[str, _Host] = defaultdict(_Host)

    def refusal(self, url: str, read: Callable[[str], Answer]) -> Refusal | None:
        """Why `url` must not be asked for, by robots.txt or by what its host has cost, or None.

        `read` fetches robots.txt, once per origin.
        """
        if self._forgotten.found_in(url):
            return Refusal(FORGOTTEN)
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
        with self._lock:
            excess = self._hosts[_host(url)].excess()
            site = self._sites.setdefault(origin, _Site())
        if excess:
            return Refusal(OVER_BUDGET, excess)
        with site.lock:
            if not site.known:
                self._learn(site, read(f"{origin}/robots.txt"), _host(url))
        if site.refusal or site.rules is None or site.rules.can_fetch(url, AGENT):
            return site.refusal
        return Refusal("robots_disallowed")

    def wait(self, url: str, patience: float = math.inf) -> float | None:
        """Sleep until it is our turn at the URL's host; each call takes one turn.

        Returns the seconds that passed for requests of others in the queue. Returns None, at once,
        when the host itself asks for more than `patience` seconds.
        """
        host = _host(url)
        with self._lock:
            state, now = self._hosts[host], self.clock()
            start = max(now, state.next)
            interval = 0.0 if host in self._exempt else max(self._interval, state.delay)
            state.next = start + self._crawls * interval
            state.imposed += self._crawls * max(interval - self._interval, 0.0)
        queued = max(start - now - self._crawls * interval, 0.0)
        if start - now - queued > patience:
            return None
        if start > now:
            self.sleep(start - now)
        return queued

    def hold(self, url: str, seconds: float) -> None:
        """Keep every thread away from the URL's host, which asked for a pause."""
        with self._lock:
            state, now = self._hosts[_host(url)], self.clock()
            until = max(now + seconds, state.next)
            state.imposed += until - max(now, state.next)
            state.next = until

    def count(self, url: str, failed: bool) -> None:
        """Note how an address of the URL's host ended: with an answer that lasts, or for now."""
        with self._lock:
            state = self._hosts[_host(url)]
            state.failures = state.failures + 1 if failed else 0

    def _learn(self, site: _Site, answer: Answer, host: str) -> None:
        if answer.reason is None:
            self._parse(site, answer.body, host)
        elif answer.reason in TRANSIENT or answer.reason == "blocked_address":
            site.refusal = Refusal(answer.reason, f"robots.txt: {answer.detail or answer.reason}")
        elif answer.reason not in _NO_ROBOTS:
            site.refusal = Refusal("robots_disallowed", f"robots.txt: {answer.reason}")
        site.known = True

    def _parse(self, site: _Site, body: bytes, host: str) -> None:
        try:
            site.rules = Protego.parse(body.decode("utf-8", "replace"))
            delay = min(site.rules.crawl_delay(AGENT) or 0.0, MAX_DELAY)
        except Exception as error:  # whatever a hostile file does to the parser
            site.refusal = Refusal("robots_disallowed", f"robots.txt: {type(error).__name__}")
            return
        with self._lock:
            self._hosts[host].delay = max(delay, 0.0)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")
