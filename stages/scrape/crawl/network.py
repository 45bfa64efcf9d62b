"""Is it the host that does not answer, or our own network?

Only what a server said may be remembered of it. So when an address gave no answer, hosts that could
be reached before are connected to again: if one of them accepts, the failure is the address's own.
"""

import math
import threading
from collections.abc import Callable
from typing import Literal

from stages.core.program import InputError
from stages.scrape.crawl.connector import VettedConnector

OUTAGE = 20.0  # seconds that a crawl waits for its network to come back
PAUSE = 2.0  # seconds between two looks
CONNECT = 3.0  # seconds for a host to accept a connection
SILENT_HOSTS = 3  # in a crawl that reached nobody: so many do not fail by chance
HINT = "is this machine online? Where the only way out is a proxy, set scrape.proxy"

Verdict = Literal["works", "returned", "unknown"]


class NetworkLostError(InputError):
    """The crawl cannot go on: hosts that answered before cannot be reached any more."""


class Network:
    """What a crawl knows of its own network; for several threads."""

    def __init__(
        self,
        connector: VettedConnector,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._connector, self._clock, self._sleep = connector, clock, sleep
        self._lock = threading.Lock()  # one thread looks for all
        self._worked = -math.inf  # clock time when somebody was last reached
        self._outage = (math.inf, math.inf)  # when somebody was reached before the last and after
        self._waited = False
        self._lost: NetworkLostError | None = None
        self._silent: set[str] = set()
        self._resolved = False

    def judge(self, host: str, unknown_name: bool) -> Verdict:
        """Whose fault it is that `host` has just not answered.

        works: the host's, since another one can be reached. returned: the network's, which is
        back now, so ask again. unknown: nobody could be reached so far, unless it was too early to
        say. `NetworkLostError` when it has not come back. `unknown_name`: a name server answered.
        """
        failed = self._clock()
        with self._lock:
            if self._lost:
                raise self._lost
            self._resolved |= unknown_name
            if self._outage[0] < failed <= self._outage[1]:
                return "returned"
            if self._reaches_somebody():
                return "works"
            if self._connector.reached:
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
        if len(self._silent) >= SILENT_HOSTS and not self._connector.reached and not self._resolved:
            hosts = ", ".join(sorted(self._silent)[:SILENT_HOSTS])
            raise NetworkLostError(f"no host could be reached, such as {hosts}: {HINT}")

    def _await_return(self) -> None:
        worked = self._worked
        for _ in range(int(OUTAGE / PAUSE)):
            self._sleep(PAUSE)
            if self._reaches_somebody():
                self._outage = (worked, self._worked)
                return
        hosts = ", ".join(host for host, _ in self._connector.reached)
        self._lost = NetworkLostError(
            f"the network was lost: {hosts} answered before and cannot be reached any more. What "
            f"was fetched so far is kept; run again once the network is back"
        )
        raise self._lost

    def _await_first(self) -> bool:
        """Whether any host is reached soon: an address may fail before another had time to answer.

        Waited for once; a crawl that asks for nothing but addresses that are gone goes on.
        """
        if not self._waited:
            for _ in range(int(CONNECT / 0.25)):
                self._sleep(0.25)
                if self._connector.reached:
                    break
        self._waited = True
        return bool(self._connector.reached)

    def _reaches_somebody(self) -> bool:
        for host, port in reversed(self._connector.reached):
            try:
                self._connector.connect(host, port, CONNECT).close()
            except OSError:
                continue
            self._worked = self._clock()
            return True
        return False
