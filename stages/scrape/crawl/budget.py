"""What one address may cost in all, beside the limits of each attempt."""

from collections.abc import Callable

SECONDS = 120.0  # for an address, unless one answer alone may take longer
REQUESTS = 20  # for an address: its redirects, their robots.txt and all attempts


class Budget:
    """The seconds and requests that an address has left."""

    def __init__(
        self, clock: Callable[[], float], seconds: float = SECONDS, requests: int = REQUESTS
    ) -> None:
        self._clock = clock
        self._seconds, self._requests = seconds, requests
        self._end = clock() + seconds
        self._used = 0

    @property
    def seconds_left(self) -> float:
        """Seconds until the address is given up; below 0 afterwards."""
        return self._end - self._clock()

    def excuse(self, seconds: float) -> None:
        """Do not count time that passed for other addresses, or without a network."""
        self._end += seconds

    def take_request(self) -> None:
        """Count a request."""
        self._used += 1

    def excess(self) -> str | None:
        """What another request would exceed, or None."""
        if self._used >= self._requests:
            return f"more than {self._requests} requests"
        if self.seconds_left <= 0:
            return f"more than {self._seconds:g} seconds"
        return None
