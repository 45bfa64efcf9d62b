"""How a search engine, or a list in its place, plugs into the crawler."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stages.core.texts import tidy
from stages.scrape.params import Params
from stages.scrape.source import Partition

URL_LIMIT = 4000  # characters; longer ones carry the picture in themselves


@dataclass(frozen=True)
class SearchResult:
    """A picture that a result page or a list offers; `metadata` holds labels and the like."""

    url: str
    page_url: str | None = None
    title: str | None = None
    licence: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


def search_result(url: object, page_url: object, title: object) -> SearchResult | None:
    """A result from what a page says, which may be anything; None without a usable URL."""
    address = tidy(url, URL_LIMIT + 1)
    if not address or len(address) > URL_LIMIT:
        return None
    return SearchResult(address, tidy(page_url, URL_LIMIT) or None, tidy(title) or None)


def _no_results(_: Partition) -> list[SearchResult]:
    return []


@dataclass(frozen=True)
class Engine:
    """What a source knows of its search.

    name: the source's.
    pages: the addresses of a query's result pages, best first.
    results: the pictures on a result page, in order.
    known_results: a partition's pictures that need no search.
    """

    name: str
    pages: Callable[[str, Params], list[str]]
    results: Callable[[bytes], list[SearchResult]]
    known_results: Callable[[Partition], list[SearchResult]] = _no_results
