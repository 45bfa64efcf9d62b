from stages.core.catalogue import Celebrity
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.crawl.run import InOrder
from stages.scrape.source import Partition


def test_the_lowest_position_comes_first_then_the_first_put_and_sentinels_last() -> None:
    tasks = InOrder(lambda task: task[:2])
    for task in [(1, 0, "d"), None, (0, 2, "b"), (0, 2, "c"), None, (0, 1, "a")]:
        tasks.put(task)
    got = [tasks.get() for _ in range(6)]
    assert got == [(0, 1, "a"), (0, 2, "b"), (0, 2, "c"), (1, 0, "d"), None, None]


def test_classes_finish_as_they_stand(site, reply, picture, params, store) -> None:
    names = [f"p{number}" for number in range(9, -1, -1)]
    for name in names:
        urls = [f"http://pictures.test/{name}-{rank}.jpg" for rank in range(20)]
        site.search(name, urls)
        for rank in range(20):
            site.answers[f"/{name}-{rank}.jpg"] = reply(picture(rank), delay=0.005)
    people = [Partition(name, {}, Celebrity(name, name)) for name in names]
    engine = bing_search.engine("bing", "http://search.test")
    crawled = crawler.crawl(people, engine, params, store, site.routes)
    finished = [each.partition.name for each in crawled]
    # Not exactly: with 4 threads the last pictures of one class and the first of the next overlap.
    assert all(abs(names.index(name) - place) <= 2 for place, name in enumerate(finished)), finished
