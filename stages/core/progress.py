"""How far a long stage is: a bar on a terminal, else a line now and then that a log can hold."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

SECONDS = 2.0  # between two lines
Item = TypeVar("Item")
log = logging.getLogger(__name__)


def tracked(
    items: Iterable[Item], total: int, unit: str, seconds: float = SECONDS
) -> Iterator[Item]:
    """The items as they come, while stderr tells how many of `total` there were.

    The lines read "120 of 600 partitions, 12.3 a second, 00:39 left"; `flows` reads them back.
    seconds: at least so many between two lines.
    """
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, unit=unit)
        return
    began = said = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - said >= seconds:
            said, rate = now, done / (now - began)
            left = tqdm.format_interval((total - done) / rate)
            log.info("%d of %d %ss, %.1f a second, %s left", done, total, unit, rate, left)
