from stages.core.catalogue import Celebrity
from stages.core.store import Store
from stages.scrape.crawl import crawler
from stages.scrape.source import Partition
from stages.scrape.sources import bing

CATALOGUE = "identity,query,edition\njohn,John Doe,\njane,AT&T,3\n"


def test_one_partition_per_celebrity(tmp_path) -> None:
    given = tmp_path / "celebrities.csv"
    given.write_text(CATALOGUE)
    assert bing.plan(given, params=None) == [
        Partition(
            "jane",
            {"engine": "bing", "query": "AT&T", "edition": 3},
            Celebrity("jane", "AT&T", 3),
        ),
        Partition(
            "john",
            {"engine": "bing", "query": "John Doe", "edition": 1},
            Celebrity("john", "John Doe"),
        ),
    ]


def test_the_search_is_bings(tmp_path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(crawler, "crawl", lambda *given: asked.append(given) or iter(()))
    store = Store(tmp_path)
    assert list(bing.crawl([], tmp_path, None, store)) == []
    ((partitions, engine, params, used, routes),) = asked
    assert (partitions, params, used, routes) == ([], None, store, None)
    assert engine.name == "bing"
    assert engine.pages.keywords == {"base": "https://www.bing.com"}
