"""How far a long stage is: a bar on a terminal, else a line now and then that a log can hold."""

import logging
import re
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TypeVar

from tqdm import tqdm

SECONDS = 2.0  # between two lines
Item = TypeVar("Item")
log = logging.getLogger(__name__)


class Progress:
    """Counts what is done of `total`, which may change; for several threads.

    It logs a `line` now and then.
    seconds: at least so many between two lines.
    """

    def __init__(self, total: int, unit: str, seconds: float = SECONDS) -> None:
        self.total = total
        self._unit, self._seconds = unit, seconds
        self._done = 0
        self._lock = threading.Lock()
        self._began = self._logged = time.monotonic()
        self._bar = tqdm(total=total, unit=unit) if sys.stderr.isatty() else None

    def expect(self, more: int) -> None:
        """Raise the total, or lower it."""
        with self._lock:
            self.total += more

    def advance(self) -> None:
        """Count one more."""
        with self._lock:
            self._done += 1
            if self._bar is not None:
                self._bar.total = self.total
                self._bar.update()
            else:
                self._log()

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()

    def _log(self) -> None:
        now = time.monotonic()
        if now - self._logged < self._seconds:
            return
        self._logged, rate = now, self._done / (now - self._began)
        log.info(line(self._done, self.total, self._unit, rate))


def line(done: int, total: int, unit: str, rate: float) -> str:
    """Such as "120 of 600 pictures, 12.3 a second, 00:39 left"; `percent` reads it back."""
    left = tqdm.format_interval(max(total - done, 0) / rate)
    return f"{done} of {total} {unit}s, {rate:.1f} a second, {left} left"


_LINE = re.compile(r"\b(?P<done>\d+) of (?P<total>\d+) \w+s, [\d.]+ a second, [\d:]+ left$")


def percent(text: str) -> float | None:
    """How much is done, 0 to 100, where a log's line ends in what `line` wrote; else None."""
    match = _LINE.search(text)
    if not match or not int(match["total"]):
        return None
    return min(100.0, 100 * int(match["done"]) / int(match["total"]))


def tracked(
    items: Iterable[Item], total: int, unit: str, seconds: float = SECONDS
) -> Iterator[Item]:
    """The items as they come, counted by a `Progress`."""
    with closing(Progress(total, unit, seconds)) as progress:
        for item in items:
            yield item
            progress.advance()
