"""Requests may use the credentials in an address; nothing that is written has them."""

import base64

import pytest

from stages.core.catalogue import Celebrity
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.source import Crawled, Partition

PASSWORD, TOKEN = "hunter2hunter2", "t0ken-t0ken-t0ken"
USER = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
GOOD = f"http://ada:{PASSWORD}@pictures.test/a.jpg?size=2&X-Amz-Signature={TOKEN}"


@pytest.fixture
def asked(site, reply, picture) -> list[tuple[str, str | None]]:
    """Path and authorization of each request for /a.jpg, which is answered only with both."""
    seen: list[tuple[str, str | None]] = []

    def answer(handler) -> None:
        seen.append((handler.path, handler.headers["Authorization"]))
        allowed = TOKEN in handler.path and handler.headers["Authorization"] == f"Basic {USER}"
        handler.send(reply(picture(1)) if allowed else reply(status=403))

    site.answers[f"/a.jpg?size=2&X-Amz-Signature={TOKEN}"] = reply(raw=answer)
    return seen


def written(crawled: Crawled, store) -> bytes:
    """All that a crawl leaves: its rows, and every file of its store."""
    files = [path for path in store.root.rglob("*") if path.is_file()]
    return repr(crawled).encode() + b"\n".join(path.read_bytes() for path in files)


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        f"http://ada:{PASSWORD}@pictures.test/gone.jpg?token={TOKEN}",
        f"http://ada:{PASSWORD}@10.0.0.1/a.jpg?token={TOKEN}",
        f"http://ada:{PASSWORD}@pictures.test:99/a.jpg?api_key={TOKEN}",
        f"http://ada:{PASSWORD}/x@pictures.test/a.jpg",
        f"http://ada:{PASSWORD}@[/a.jpg?sig={TOKEN}",
        f"http://pictures.test/moved.jpg?key={TOKEN}",
        f"ftp://ada:{PASSWORD}@pictures.test/a.jpg?sig={TOKEN}",
    ],
)
def test_of_a_list(site, reply, asked, params, store, caplog, url: str) -> None:
    site.answers[f"/moved.jpg?key={TOKEN}"] = reply(status=302, headers={"Location": GOOD})
    result = SearchResult(url, page_url=f"http://p.test/?access_token={TOKEN}")
    engine = Engine("urls", lambda *_: [], lambda _: [], known_results=lambda _: [result])
    (crawled,) = crawler.crawl([Partition("a", {})], engine, params, store, site.routes)
    left = written(crawled, store)
    assert PASSWORD.encode() not in left
    assert TOKEN.encode() not in left
    assert PASSWORD not in caplog.text + str(crawled.attempts)
    good = url == GOOD or "moved" in url
    assert len(crawled.images) == len(asked) == good
    assert crawled.attempts[0]["page_url"] == "http://p.test/?access_token=REDACTED"
    if url == GOOD:
        shown = "http://pictures.test/a.jpg?size=2&X-Amz-Signature=REDACTED"
        assert [row["url"] for row in crawled.images + crawled.attempts] == [shown, shown]


def test_of_a_search(site, asked, params, store) -> None:
    """The page is read but not kept; its pictures are, and not asked for again."""
    site.search("jane", [GOOD], [])
    engine = bing_search.engine("bing", "http://search.test")
    partition = Partition("jane", {}, Celebrity("jane", "jane"))
    for _ in range(2):
        (crawled,) = crawler.crawl([partition], engine, params, store, site.routes)
        assert len(crawled.images) == 1
        assert PASSWORD.encode() not in written(crawled, store)
        assert TOKEN.encode() not in written(crawled, store)
    assert len(asked) == 1
    assert len([path for path in site.paths() if "first=1&" in path]) == 2


def test_a_page_without_credentials_is_kept(site, reply, picture, params, store) -> None:
    site.answers["/key.jpg?monkey=1"] = reply(picture(1))
    site.search("jane", ["http://pictures.test/key.jpg?monkey=1"], [])
    engine = bing_search.engine("bing", "http://search.test")
    partition = Partition("jane", {}, Celebrity("jane", "jane"))
    for _ in range(2):
        (crawled,) = crawler.crawl([partition], engine, params, store, site.routes)
    assert len(crawled.images) == 1
    assert len(site.paths()) == 3  # two pages and a picture, once
