"""Pictures from a site of our own on this machine: invented people, or a folder's.

The site answers as Bing does and is crawled by the very code that crawls Bing. It ignores the
licence asked for, and every request to it is a line of `demo-requests.jsonl` in the store.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from stages.core import catalogue
from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.core.store import Store, key
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.crawl.engine import Engine
from stages.scrape.params import Params
from stages.scrape.source import Crawled, Partition
from stages.scrape.sources.demo.site.drawn_web import DrawnWeb
from stages.scrape.sources.demo.site.folder_web import FolderWeb
from stages.scrape.sources.demo.site.hosts import BASE
from stages.scrape.sources.demo.site.serving import serving
from stages.scrape.sources.demo.site.web import Web

NAME = "demo"
LOG = "demo-requests.jsonl"


def plan(path: Path, params: Params) -> list[Partition]:
    """One partition per celebrity; `InputError` when the catalogue or the folder is wrong."""
    rows = catalogue.read_searched(path)
    web = _web(rows, params)
    return [
        Partition(
            name=row.identity,
            fingerprint={
                "engine": NAME,
                "query": row.query,
                "edition": row.edition,
                # A hit's URL changes with the looks of its person or the bytes of its file.
                "shown": key(*(hit.url for hit in web.hits(row.identity))),
            },
            celebrity=row,
        )
        for row in rows
    ]


def crawl(
    partitions: list[Partition], path: Path, params: Params, store: Store
) -> Iterator[Crawled]:
    """Start the site, search it for each celebrity and fetch the hits."""
    if not partitions:
        return
    rows = [partition.celebrity for partition in partitions if partition.celebrity]
    with serving(_web(rows, params), store.root / LOG) as routes:
        yield from crawler.crawl(partitions, _engine(partitions), params, store, routes)


def _engine(partitions: list[Partition]) -> Engine:
    """Bing's engine for the demo's hosts.

    Fetched pages are remembered by address and edition, so a page that shows other hits needs
    another address: `v` says which hits it shows.
    """
    bing = bing_search.engine(NAME, BASE)
    shown = {
        each.celebrity.query: each.fingerprint["shown"][:8] for each in partitions if each.celebrity
    }

    def pages(query: str, params: Params) -> list[str]:
        return [f"{url}&v={shown[query]}" for url in bing.pages(query, params)]

    return dataclasses.replace(bing, pages=pages)


def _web(rows: list[Celebrity], params: Params) -> Web:
    if params.site is None:
        return DrawnWeb(rows)
    folder = Path(params.site)
    if not folder.is_dir():
        raise InputError(f"params.yaml: scrape.site = {params.site!r}: no such folder")
    return FolderWeb(folder, rows)
