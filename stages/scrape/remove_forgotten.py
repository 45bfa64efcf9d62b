"""Leave out of a partition what is forgotten, whatever source it came from."""

from dataclasses import replace
from typing import Any

from stages.forget.contents import flat
from stages.forget.forgotten import FORGOTTEN, Forgotten
from stages.scrape.source import Crawled

Row = dict[str, Any]


def remove_forgotten(crawled: Crawled, forgotten: Forgotten) -> Crawled:
    """The partition without pictures of what is forgotten; their attempts say no more than that."""
    if not forgotten:
        return crawled
    kept = [row for row in crawled.images if not _holds(row, forgotten)]
    gone = {row["url"] for row in crawled.images} - {row["url"] for row in kept}
    attempts = [
        _bare(row, forgotten)
        if row["reason"] == FORGOTTEN or row["url"] in gone or _holds(row, forgotten)
        else row
        for row in crawled.attempts
    ]
    return replace(crawled, images=kept, attempts=attempts)


def _holds(row: Row, forgotten: Forgotten) -> bool:
    return forgotten.found_in(*(part for part in flat(row) if isinstance(part, str)))


def _bare(row: Row, forgotten: Forgotten) -> Row:
    identity = None if forgotten.found_in(row["identity"]) else row["identity"]
    known = {name: row[name] for name in ("source", "rank")}
    return known | {"identity": identity, "reason": FORGOTTEN}
