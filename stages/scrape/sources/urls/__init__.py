"""Pictures from a list of addresses: a CSV file with columns `url` and `identity`.

Optional columns are `page_url` and `licence`; any others are texts about the picture, from which
the stage `label` takes the labels. Rows without an identity form one partition without a person.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from stages.core.csvfile import Row, check_slug, read_csv, require_columns
from stages.core.program import InputError
from stages.core.store import Store
from stages.core.texts import bounded
from stages.scrape.crawl import crawler
from stages.scrape.crawl.connector import Routes
from stages.scrape.crawl.engine import URL_LIMIT, Engine, SearchResult
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition

NAME = "urls"
UNNAMED = "unnamed"
REQUIRED = ("url", "identity")
_OWN = (*REQUIRED, "page_url", "licence")


def plan(path: Path, params: Params) -> list[Partition]:
    """One partition per identity; `InputError` names file, line, value and what is allowed."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in _read(path):
        groups[row.pop("identity") or UNNAMED].append(row)
    return [_partition(name, rows) for name, rows in sorted(groups.items())]


def crawl(
    partitions: list[Partition],
    path: Path,
    params: Params,
    store: Store,
    routes: Routes | None = None,
) -> Iterator[Crawled]:
    """Fetch each partition's addresses, as `stages.scrape.crawl.crawler` does."""
    engine = Engine(NAME, pages=_no_pages, results=_no_results, known_results=_results)
    return crawler.crawl(partitions, engine, params, store, routes)


def _partition(name: str, rows: list[Row]) -> Partition:
    identity = None if name == UNNAMED else name
    fingerprint = {"engine": NAME, "identity": identity, "rows": rows}
    return Partition(name, fingerprint, items=tuple(row["url"] for row in rows))


def _no_pages(query: str, params: Params) -> list[str]:
    return []


def _no_results(html: bytes) -> list[SearchResult]:
    return []


def _results(partition: Partition) -> list[SearchResult]:
    return [_result(row) for row in partition.fingerprint["rows"]]


def _result(row: Row) -> SearchResult:
    texts = bounded((name, text) for name, text in row.items() if name not in _OWN)
    return SearchResult(row["url"], row.get("page_url"), licence=row.get("licence"), metadata=texts)


def _read(path: Path) -> list[Row]:
    columns, rows = read_csv(path)
    require_columns(path, columns, REQUIRED)
    if not rows:
        raise InputError(f"{path}: holds no address; it needs a row for each under the header")
    return [_row(where, row) for where, row in rows]


def _row(where: str, value: Row) -> Row:
    identity, url = value["identity"], value["url"]
    if identity:
        check_slug(where, identity)
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
