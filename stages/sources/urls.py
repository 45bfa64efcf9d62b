"""Pictures from a list of addresses: a CSV file with columns `url` and `identity`.

`page_url`, `licence` and the name of any label may be further columns. Rows without an identity
form one partition of pictures of which nobody is known.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stages.catalogue import SLUG
from stages.crawl import crawler
from stages.crawl.door import Routes
from stages.crawl.engine import URL_LIMIT, Engine, Tile
from stages.labels import LABELS
from stages.partition import Crawled, Partition, Scrape
from stages.stage import InputError
from stages.store import Store

NAME = "urls"
UNNAMED = "unnamed"
REQUIRED = ("url", "identity")
OPTIONAL = ("page_url", "licence")

Row = dict[str, str]


def plan(given: Path, params: Scrape) -> list[Partition]:
    """One partition per identity; `InputError` names file, line, value and what is allowed."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in _read(given):
        groups[row.pop("identity") or UNNAMED].append(row)
    return [_partition(name, rows) for name, rows in sorted(groups.items())]


def crawl(
    partitions: list[Partition],
    given: Path,
    params: Scrape,
    store: Store,
    routes: Routes | None = None,
) -> Iterator[Crawled]:
    """Fetch each partition's addresses, as `stages.crawl.crawler` does."""
    engine = Engine(NAME, pages=_no_pages, tiles=_no_tiles, given=_tiles)
    return crawler.crawl(partitions, engine, params, store, routes)


def _partition(name: str, rows: list[Row]) -> Partition:
    identity = None if name == UNNAMED else name
    fingerprint = {"engine": NAME, "identity": identity, "rows": rows}
    return Partition(name, fingerprint, items=tuple(row["url"] for row in rows))


def _no_pages(query: str, params: Scrape) -> list[str]:
    return []


def _no_tiles(html: bytes) -> list[Tile]:
    return []


def _tiles(partition: Partition) -> list[Tile]:
    return [_tile(row) for row in partition.fingerprint["rows"]]


def _tile(row: Row) -> Tile:
    labels = {name: row[name] for name in LABELS if name in row}
    return Tile(row["url"], row.get("page_url"), licence=row.get("licence"), metadata=labels)


def _read(path: Path) -> Iterator[Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_columns(path, list(reader.fieldnames or []))
        rows = [_row(f"{path}:{reader.line_num}", row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}") from None
    if not rows:
        raise InputError(f"{path}: holds no address; it needs one row each under the header")
    yield from rows


def _check_columns(path: Path, columns: list[str]) -> None:
    for column in REQUIRED:
        if column not in columns:
            raise InputError(f"{path}:1: column {column} is missing; the header has {columns}")
    allowed = {*REQUIRED, *OPTIONAL, *LABELS}
    for column in columns:
        if column not in allowed:
            raise InputError(f"{path}:1: column {column!r} is unknown; allowed: {sorted(allowed)}")
    if len(set(columns)) != len(columns):
        raise InputError(f"{path}:1: a column stands twice in {columns}")


def _row(where: str, row: dict[Any, Any]) -> Row:
    if None in row or None in row.values():
        raise InputError(f"{where}: has not as many values as the header has columns")
    value = {column: text.strip() for column, text in row.items()}
    identity, url = value["identity"], value["url"]
    if identity and not SLUG.fullmatch(identity):
        allowed = "a-z, 0-9, - and _, 64 at most, no - or _ at an end"
        raise InputError(f"{where}: identity = {identity!r}: allowed are {allowed}")
    if identity == UNNAMED:
        raise InputError(f"{where}: identity = {UNNAMED!r}: leave it empty for nobody known")
    if not _is_address(url):
        raise InputError(f"{where}: url = {url!r}: must be like https://host.example/picture.jpg")
    return {column: text for column, text in value.items() if text or column in REQUIRED}


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= URL_LIMIT
