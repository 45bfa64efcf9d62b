"""Whatever one answer does, it costs one row: not the run, nor memory, nor time without end."""

import time

import pytest

from stages.scrape.crawl import crawler
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.source import Partition
from tests.scrape.crawl.hostile import ANSWERS, POUR

GOOD = "http://search.test/good.jpg"  # another host: no answer of the first concerns it


def raw(content: bytes, endless: bool):
    """A reply of these bytes; then the connection is closed, or bytes pour until it is."""

    def send(handler) -> None:
        handler.close_connection = True
        handler.wfile.write(content)
        sent = 0
        while endless and sent < 50_000_000:
            sent += handler.wfile.write(POUR)
        handler.poured = sent
        raw.poured.append(sent)

    return send


raw.poured = []


@pytest.fixture
def crawl(site, reply, picture, params, store):
    """The rows of some addresses and, behind them, of a good picture."""
    site.answers["/good.jpg"] = reply(picture(1))
    raw.poured.clear()

    def crawl(*urls: str, **changes):
        results = [SearchResult(url) for url in (*urls, GOOD)]
        engine = Engine("urls", lambda *_: [], lambda _: [], known_results=lambda _: results)
        changed = params.model_copy(update={"max_attempts": 1, "download_timeout": 2} | changes)
        (crawled,) = crawler.crawl([Partition("a", {})], engine, changed, store, site.routes)
        assert [row["url"] for row in crawled.images] == [GOOD]
        assert len(crawled.attempts) == len(urls) + 1
        return crawled.attempts[:-1]

    return crawl


@pytest.mark.parametrize("name", ANSWERS)
def test_of_a_picture(site, reply, crawl, name: str) -> None:
    content, reasons = ANSWERS[name]
    endless = name.startswith("endless")
    site.answers["/a.jpg"] = reply(raw=raw(content, endless))
    began = time.monotonic()
    (row,) = crawl("http://pictures.test/a.jpg")
    assert time.monotonic() - began < 4
    # A body that is no picture is what a good answer with these bodies comes to.
    expected = {"not_an_image" if reason is None else reason for reason in reasons}
    # What never ends is over by its size or by its time, whichever comes first.
    expected |= {"timeout"} if endless else set()
    assert row["reason"] in expected | ({"empty_body"} if None in reasons else set())
    assert row["image_id"] is None


@pytest.mark.parametrize("name", ANSWERS)
def test_of_a_robots_txt(site, reply, crawl, name: str) -> None:
    content, _ = ANSWERS[name]
    site.answers["other.test/robots.txt"] = reply(raw=raw(content, name.startswith("endless")))
    (row,) = crawl("http://other.test/a.jpg")
    assert row["reason"] is not None


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.startswith("endless")])
def test_no_more_is_read_than_allowed(site, reply, crawl, name: str) -> None:
    site.answers["/a.jpg"] = reply(raw=raw(ANSWERS[name][0], endless=True))
    crawl("http://pictures.test/a.jpg", max_bytes=1_000_000)
    assert raw.poured == []  # its writing failed: the connection was closed long before the end


def test_an_error_that_no_list_foresees(site, reply, crawl, monkeypatch) -> None:
    def fail(*_):
        raise ZeroDivisionError("anything")

    site.answers["/a.jpg"] = reply(b"x", headers={"X-Robots-Tag": "a"})
    site.answers["other.test/robots.txt"] = reply(b"User-agent: *\nDisallow: /x\n")
    monkeypatch.setattr("stages.scrape.crawl.outcome.opted_out", lambda tags: tags and fail())
    monkeypatch.setattr("stages.scrape.crawl.politeness.Protego.parse", fail)
    rows = crawl("http://pictures.test/a.jpg", "http://other.test/b.jpg")
    assert [(row["reason"], row["detail"]) for row in rows] == [
        ("malformed_answer", "ZeroDivisionError"),
        ("robots_disallowed", "robots.txt: ZeroDivisionError"),
    ]
