"""May we ask a host, and when: robots.txt (RFC 9309) once per host, and time between requests."""

import threading
import time
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from protego import Protego

from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.scrape.crawl.answer import TRANSIENT, Answer
from stages.scrape.crawl.guard import AGENT

MAX_DELAY = 30.0  # seconds; a robots.txt may ask for hours between two requests
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
        self.sleep = sleep
        self._forgotten = forgotten
        self._interval, self._exempt, self._clock = interval, exempt, clock
        self._crawls = crawls
        self._lock = threading.Lock()
        self._sites: dict[str, _Site] = {}
        self._delays: dict[str, float] = {}  # host -> seconds, by its Crawl-delay
        self._next: dict[str, float] = {}  # host -> clock time from which it may be asked

    def refusal(self, url: str, read: Callable[[str], Answer]) -> Refusal | None:
        """Why robots.txt forbids `url`, or None. `read` fetches that file, once per origin."""
        if self._forgotten.found_in(url):
            return Refusal(FORGOTTEN)
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        with self._lock:
            site = self._sites.setdefault(origin, _Site())
        with site.lock:
            if not site.known:
                self._learn(site, read(f"{origin}/robots.txt"), _host(url))
        if site.refusal or site.rules is None or site.rules.can_fetch(url, AGENT):
            return site.refusal
        return Refusal("robots_disallowed")

    def wait(self, url: str) -> None:
        """Sleep until it is our turn at the URL's host; each call takes one turn."""
        host = _host(url)
        with self._lock:
            now = self._clock()
            start = max(now, self._next.get(host, now))
            interval = max(self._interval, self._delays.get(host, 0.0))
            if host in self._exempt:
                interval = 0.0
            self._next[host] = start + self._crawls * interval
        if start > now:
            self.sleep(start - now)

    def hold(self, url: str, seconds: float) -> None:
        """Keep every thread away from the URL's host, which asked for a pause."""
        host = _host(url)
        with self._lock:
            until = self._clock() + seconds
            self._next[host] = max(until, self._next.get(host, until))

    def _learn(self, site: _Site, answer: Answer, host: str) -> None:
        if answer.reason is None:
            site.rules = Protego.parse(answer.body.decode("utf-8", "replace"))
            with self._lock:
                self._delays[host] = min(site.rules.crawl_delay(AGENT) or 0.0, MAX_DELAY)
        elif answer.reason in TRANSIENT or answer.reason == "blocked_address":
            site.refusal = Refusal(answer.reason, f"robots.txt: {answer.detail or answer.reason}")
        elif answer.reason not in _NO_ROBOTS:
            site.refusal = Refusal("robots_disallowed", f"robots.txt: {answer.reason}")
        site.known = True


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")
