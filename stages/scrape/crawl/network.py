"""Is it the host that does not answer, or our own network?

Only what a server said may be remembered of it. So when an address gave no answer, hosts that
answered before are asked again for their robots.txt: if one of them answers, whatever it says, the
failure is the address's own.
"""

import math
import threading
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from stages.core.program import InputError
from stages.scrape.crawl.guard import GuardedSession

OUTAGE = 20.0  # seconds that a crawl waits for its network to come back
PAUSE = 2.0  # seconds between two looks
ANSWER = 3.0  # seconds for a host to answer
ANSWERED = 3  # hosts that are remembered
SILENT_HOSTS = 3  # in a crawl that reached nobody: so many do not fail by chance
HINT = "is this machine online? Where the only way out is a proxy, set scrape.proxy"

Verdict = Literal["works", "returned", "unknown"]


class NetworkLostError(InputError):
    """The crawl cannot go on: no host answers, or none of those that did before."""


class Network:
    """What a crawl knows of its own network; for several threads."""

    def __init__(
        self,
        session: GuardedSession,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._session, self._clock, self._sleep = session, clock, sleep
        self._lock = threading.Lock()  # one thread looks for all
        self._answered: list[str] = []  # origins, the last one last
        self._worked = -math.inf  # clock time when the last look that succeeded began
        self._outage = (
            math.inf,
            math.inf,
        )  # the last one began after the first, ended by the second
        self._waited = False
        self._lost: NetworkLostError | None = None
        self._silent: set[str] = set()
        self._resolved = False

    def note(self, url: str) -> None:
        """An answer came from the URL's host."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin != (self._answered or [""])[-1]:
            others = [other for other in self._answered if other != origin]
            self._answered = [*others[1 - ANSWERED :], origin]

    def judge(self, host: str, began: float, unknown_name: bool) -> Verdict:
        """Whose fault it is that `host` has just not answered.

        works: the host's, since another one answers. returned: the network's, which is back now,
        so ask again. unknown: nobody could be reached so far. `NetworkLostError` when it has not
        come back. `began` is the clock time of the request; `unknown_name`: a name server answered.
        """
        failed = self._clock()
        with self._lock:
            if self._lost:
                raise self._lost
            self._resolved |= unknown_name
            if self._outage[0] < failed and began <= self._outage[1]:
                return "returned"
            if self._worked > failed or self._somebody_answers():
                return "works"
            if self._answered:
                self._await_return()
                return "returned"
            if self._await_first():
                return "works"
            self._silent.add(host)
            return "unknown"

    def check(self) -> None:
        """At the end of a crawl: `NetworkLostError` when it asked several hosts and reached none.

        Not where a name server said that a name does not exist: then they may all be gone.
        """
        if len(self._silent) >= SILENT_HOSTS and not self._reached and not self._resolved:
            hosts = ", ".join(sorted(self._silent)[:SILENT_HOSTS])
            raise NetworkLostError(f"no host could be reached, such as {hosts}: {HINT}")

    def _await_return(self) -> None:
        worked = self._worked
        for _ in range(int(OUTAGE / PAUSE)):
            self._sleep(PAUSE)
            if self._somebody_answers():
                self._outage = (worked, self._clock())
                return
        hosts = ", ".join(str(urlsplit(origin).hostname) for origin in self._answered)
        self._lost = NetworkLostError(
            f"the network was lost: {hosts} answered before and do not answer any more. What "
            f"was fetched so far is kept; run again once the network is back"
        )
        raise self._lost

    def _await_first(self) -> bool:
        """Whether any host is reached soon: an address may fail before another had time to.

        Waited for once; a crawl that asks for nothing but addresses that are gone goes on.
        """
        if not self._waited:
            for _ in range(int(ANSWER / 0.25)):
                self._sleep(0.25)
                if self._reached:
                    break
        self._waited = True
        return self._reached

    @property
    def _reached(self) -> bool:
        return self._session.connector.reached

    def _somebody_answers(self) -> bool:
        began = self._clock()
        for origin in reversed(self._answered):
            if self._session.answers(f"{origin}/robots.txt", ANSWER):
                self._worked = began
                return True
        return False
