"""Bing's image search: the addresses of its result pages, and what stands on one."""

import json
from functools import partial
from urllib.parse import quote

from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer

from stages.scrape.crawl.engine import Engine, SearchResult, search_result
from stages.scrape.params import Licence, Params

BASE = "https://www.bing.com"
PAGE = 20  # results; pages of a fixed size keep their addresses when more results are asked for

# As in icrawler's BingFeeder.
_LICENCES: dict[Licence, str] = {
    "publicdomain": "license-L1",
    "creativecommons": "licenseType-Any",
    "commercial": "license-L2_L3_L4",
    "commercial,modify": "license-L2_L3",
    "noncommercial": "license-L2_L3_L4_L5_L6_L7",
    "noncommercial,modify": "license-L2_L3_L5_L6",
}
# Around the words of the query that a title holds.
_HIGHLIGHT = str.maketrans("", "", "\ue000\ue001")


def engine(name: str, base: str = BASE) -> Engine:
    """Bing, or a site that answers as Bing does, as the source `name`."""
    return Engine(name=name, pages=partial(pages, base=base), results=results)


def pages(query: str, params: Params, base: str = BASE) -> list[str]:
    """The addresses of as many result pages as `params.max_results` needs."""
    licence = _LICENCES.get(params.licence)
    wanted = f"&qft=+filterui:{licence}" if licence else ""
    words = quote(query, safe="")
    return [
        f"{base}/images/async?q={words}&first={first}&count={PAGE}{wanted}"
        for first in range(1, params.max_results + 1, PAGE)
    ]


def results(html: bytes) -> list[SearchResult]:
    """The pictures on a result page in order: `murl`, `purl` and `t` of each link's JSON."""
    # A strainer that names the class too would pass over links that have a second one.
    soup = BeautifulSoup(html, "lxml", from_encoding="utf-8", parse_only=SoupStrainer("a"))
    links = soup.find_all("a", class_="iusc")
    read = (_result(str(link.get("m", ""))) for link in links)
    return [result for result in read if result]


def _result(text: str) -> SearchResult | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # not JSON, or nested beyond reason
        return None
    if not isinstance(content, dict):
        return None
    title = content.get("t")
    if isinstance(title, str):
        title = title.translate(_HIGHLIGHT)
    return search_result(content.get("murl"), content.get("purl"), title)
