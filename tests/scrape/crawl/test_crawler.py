import hashlib
import itertools
import logging
import random
import threading
import time

import pyarrow as pa
import pytest

from stages.core import schema
from stages.core.catalogue import Celebrity
from stages.core.progress import Progress
from stages.core.store import Store
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.source import Crawled, Partition

HOST = "http://pictures.test"


def person(name: str, edition: int = 1) -> Partition:
    fingerprint = {"engine": "bing", "query": name, "edition": edition}
    return Partition(name, fingerprint, Celebrity(name, name, edition))


@pytest.fixture
def run(site, params, store):
    """Crawl people by name, or partitions; the outcome by name."""

    def run(*wanted, **changes) -> dict[str, Crawled]:
        engine = bing_search.engine("bing", "http://search.test")
        partitions = [person(each) if isinstance(each, str) else each for each in wanted]
        changed = params.model_copy(update=changes)
        found = crawler.crawl(partitions, engine, changed, store, site.routes)
        return {each.partition.name: each for each in found}

    return run


def urls(count: int, start: int = 0) -> list[str]:
    return [f"{HOST}/{number}.jpg" for number in range(start, start + count)]


def serve(site, reply, picture, count: int, start: int = 0, **options) -> list[str]:
    for number in range(start, start + count):
        site.answers[f"/{number}.jpg"] = reply(picture(number), **options)
    return urls(count, start)


def reasons(crawled: Crawled) -> dict[str, str | None]:
    return {row["url"].rsplit("/", 1)[-1]: row["reason"] for row in crawled.attempts}


def test_rows(site, reply, picture, run) -> None:
    body = picture(1)
    site.answers["/a.jpg"] = reply(body)
    site.answers["/b.jpg"] = reply(b"<html>")
    site.search("jane", [f"{HOST}/a.jpg", f"{HOST}/b.jpg"])
    page = "/images/async?q=jane&first=1&count=20"
    site.answers[f"{page}&qft=+filterui:license-L1"] = site.answers.pop(page)
    crawled = run("jane", licence="publicdomain", max_results=20)["jane"]
    image_id = hashlib.sha256(body).hexdigest()
    (row,) = crawled.images
    assert row.pop("image") == {"bytes": body, "path": f"{image_id}.jpeg"}
    assert row.pop("fetched_at").isoformat() == "2024-05-01T10:00:00+00:00"
    assert len(row.pop("phash")) == 16
    assert row == {
        "image_id": image_id,
        "source": "bing",
        "identity": "jane",
        "url": f"{HOST}/a.jpg",
        "page_url": "http://pages.test/a.jpg",
        "licence": "publicdomain",
        "width": 48,
        "height": 32,
        "metadata": [("title", f"Title of {HOST}/a.jpg")],
    }
    assert crawled.attempts[0] == {
        "source": "bing",
        "identity": "jane",
        "rank": 1,
        "url": f"{HOST}/a.jpg",
        "page_url": "http://pages.test/a.jpg",
        "image_id": image_id,
        "reason": None,
        "detail": None,
    }
    assert crawled.attempts[1]["reason"] == "not_an_image"
    assert crawled.final
    pa.Table.from_pylist(crawled.images, schema.IMAGES)
    pa.Table.from_pylist(crawled.attempts, schema.ATTEMPTS)


def test_hostile_answers_are_left_out_with_a_reason(site, reply, picture, run) -> None:
    whole = picture(1, size=(200, 200))
    site.answers |= {
        "/good.jpg": reply(picture(2)),
        "/webp.jpg": reply(picture(3, kind="WEBP")),
        "/html.jpg": reply(b"<html>"),
        "/empty.jpg": reply(b""),
        "/cut.jpg": reply(whole[:-400]),
        "/large.jpg": reply(b"x" * 300_000),
        "/gzip.jpg": reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
        "/noai.jpg": reply(picture(4), headers={"X-Robots-Tag": "noai, noimageai"}),
        "/loop.jpg": reply(status=302, headers={"Location": "/loop.jpg"}),
        "/inside.jpg": reply(status=302, headers={"Location": f"http://127.0.0.1:{site.port}/"}),
        "/small.jpg": reply(picture(5, size=(15, 15))),
        "/again.jpg": reply(picture(2)),
    }
    names = [path[1:] for path in site.answers]
    site.search("jane", [f"{HOST}/{name}" for name in [*names, "gone.jpg", "good.jpg"]])
    crawled = run("jane", max_results=20)["jane"]
    assert reasons(crawled) == {
        "good.jpg": None,
        "webp.jpg": None,
        "html.jpg": "not_an_image",
        "empty.jpg": "empty_body",
        "cut.jpg": "truncated",
        "large.jpg": "too_large",
        "gzip.jpg": "compressed_body",
        "noai.jpg": "opted_out",
        "loop.jpg": "redirect_loop",
        "inside.jpg": "blocked_address",
        "small.jpg": "too_small",
        "again.jpg": "duplicate",
        "gone.jpg": "not_found",
    }
    assert [row["image"]["path"].rsplit(".")[-1] for row in crawled.images] == ["jpeg", "webp"]
    assert crawled.attempts[11]["detail"] == "same bytes as rank 1"
    assert crawled.attempts[11]["image_id"] == crawled.images[0]["image_id"]


def test_a_url_offered_twice_is_tried_once_and_results_are_bounded(
    site, reply, picture, run
) -> None:
    found = serve(site, reply, picture, 30)
    site.search("jane", found[:20], found[10:30])
    crawled = run("jane", max_results=25)["jane"]
    assert [row["url"] for row in crawled.attempts] == found[:25]
    assert [row["rank"] for row in crawled.attempts] == list(range(1, 26))
    assert len(site.paths()) == 2 + 25


def test_forty_slow_urls_and_one_thread(site, reply, picture, run) -> None:
    found = serve(site, reply, picture, 40, delay=0.01)
    site.search("jane", found[:20], found[20:])
    assert len(run("jane", threads=1)["jane"].images) == 40


def test_a_second_crawl_asks_nothing_and_gives_the_same(site, reply, picture, run) -> None:
    found = serve(site, reply, picture, 5)
    site.search("jane", [*found, f"{HOST}/gone.jpg"], [])
    first = run("jane")
    site.log.clear()
    second = run("jane")
    assert site.paths(robots=True) == []
    assert second == first
    assert first["jane"].final
    assert [row["reason"] for row in first["jane"].attempts][-2:] == [None, "not_found"]


def test_a_new_edition_asks_for_its_pages_and_new_pictures_only(site, reply, picture, run) -> None:
    found = serve(site, reply, picture, 4)
    site.search("jane", found[:3])
    run("jane", max_results=20)
    site.log.clear()
    site.search("jane", [found[3], *found[:2]])
    crawled = run(person("jane", edition=2), max_results=20)["jane"]
    assert site.paths() == ["/images/async?q=jane&first=1&count=20", "/3.jpg"]
    assert [row["url"] for row in crawled.attempts] == [found[3], *found[:2]]


def test_what_may_pass_is_tried_again_by_the_next_run(site, reply, picture, run) -> None:
    found = serve(site, reply, picture, 2)
    site.answers["/0.jpg"] = reply(status=503)
    site.search("jane", found)
    crawled = run("jane", max_results=20, max_attempts=1)["jane"]
    assert (crawled.final, reasons(crawled)["0.jpg"]) == (False, "server_error")
    site.log.clear()
    serve(site, reply, picture, 1)
    crawled = run("jane", max_results=20)["jane"]
    assert site.paths() == ["/0.jpg"]
    assert (crawled.final, len(crawled.images)) == (True, 2)


def test_a_damaged_store_entry_is_fetched_again(site, reply, picture, run, store) -> None:
    found = serve(site, reply, picture, 3)
    site.search("jane", found)
    first = run("jane", max_results=20)
    site.log.clear()
    damaged = next(path for path in store.root.glob("picture/*/*"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert run("jane", max_results=20) == first
    assert len(site.paths()) == 1


def test_another_size_limit_judges_anew(site, reply, picture, run) -> None:
    site.answers["/0.jpg"] = reply(picture(0))
    site.search("jane", urls(1))
    small = {"max_results": 20, "max_bytes": 100}
    assert reasons(run("jane", **small)["jane"]) == {"0.jpg": "too_large"}
    fresh = run("jane", max_results=20)
    assert len(fresh["jane"].images) == 1
    again = run("jane", **small)["jane"]
    assert again.attempts[0]["detail"] == "more than 100 bytes"
    assert run("jane", max_results=20) == fresh


@pytest.mark.parametrize(
    ("status", "final", "pages"), [(403, True, 1), (429, False, 3), (500, False, 3)]
)
def test_a_search_page_that_fails(
    site, reply, picture, run, status: int, final: bool, pages: int
) -> None:
    found = serve(site, reply, picture, 3)
    site.search("jane", found[:1], found[1:2], found[2:])
    site.answers["/images/async?q=jane&first=21&count=20"] = reply(status=status)
    crawled = run("jane", max_results=60, max_attempts=1)["jane"]
    (row,) = [row for row in crawled.attempts if row["reason"]]
    assert row["url"] == "http://search.test/images/async?q=jane&first=21&count=20"
    assert (row["rank"], row["reason"]) == (None, "search_failed")
    assert str(status) in row["detail"]
    assert crawled.final is final
    assert len(crawled.images) == (1 if pages == 1 else 2)


def test_a_search_without_any_result_is_asked_again_the_next_time(
    site, reply, picture, run
) -> None:
    site.search("jane", [])
    crawled = run("jane")["jane"]
    assert [row["reason"] for row in crawled.attempts] == ["no_results"]
    assert not crawled.final
    assert len(site.paths()) == 1  # and no second page
    site.search("jane", serve(site, reply, picture, 2), [])
    assert len(run("jane")["jane"].images) == 2


def test_robots_txt_of_the_search_site(site, reply, run) -> None:
    site.answers["search.test/robots.txt"] = reply(b"User-agent: *\nDisallow: /images/async\n")
    crawled = run("jane")["jane"]
    assert crawled.attempts[0]["detail"] == "robots_disallowed"
    assert site.paths() == []


def test_rows_do_not_depend_on_the_timing_of_threads(
    site, reply, picture, run, tmp_path, params
) -> None:
    for number in range(12):  # the last four are copies of the first
        site.answers[f"/{number}.jpg"] = reply(picture(number % 8))
    site.search("jane", urls(12))
    site.search("john", urls(12)[::-1])
    outcomes = []
    for seed in range(4):
        for number, each in enumerate(random.Random(seed).sample(range(12), 12)):
            site.answers[f"/{each}.jpg"].delay = number / 400
        engine = bing_search.engine("bing", "http://search.test")
        store = Store(tmp_path / str(seed))
        people = [person("jane"), person("john")]
        wide = params.model_copy(update={"threads": 8, "max_results": 20})
        found = crawler.crawl(people, engine, wide, store, site.routes)
        outcomes.append(sorted(found, key=lambda each: each.partition.name))
    assert outcomes == outcomes[:1] * 4
    assert [row["rank"] for row in outcomes[0][0].attempts if row["reason"]] == [9, 10, 11, 12]


def test_classes_that_share_a_url_ask_for_it_once(site, reply, picture, run) -> None:
    found = serve(site, reply, picture, 1, delay=0.1)
    names = [f"person-{number}" for number in range(6)]
    for name in names:
        site.search(name, found)
    crawled = run(*names, max_results=20)
    assert all(len(each.images) == 1 for each in crawled.values())
    assert site.paths().count("/0.jpg") == 1


def test_a_crawl_ends_with_its_last_answer(site, reply, picture, run) -> None:
    before = threading.active_count()
    site.search("jane", serve(site, reply, picture, 8, delay=0.05))
    run("jane", max_results=20)
    assert time.monotonic() - max(at for at, _, _ in site.log) < 0.5
    assert sum(thread.name.startswith("downloader") for thread in threading.enumerate()) == 0
    assert threading.active_count() <= before + 20  # the server's own


@pytest.mark.slow
def test_a_consumer_that_leaves_ends_the_threads(site, reply, picture, params, store) -> None:
    site.search("jane", serve(site, reply, picture, 1))
    site.search("john", serve(site, reply, picture, 10, start=1, delay=5))
    engine = bing_search.engine("bing", "http://search.test")
    brief = params.model_copy(update={"max_results": 20})
    found = crawler.crawl([person("jane"), person("john")], engine, brief, store, site.routes)
    assert next(found).partition.name == "jane"
    time.sleep(0.1)  # until the downloaders wait for john's pictures
    began = time.monotonic()
    found.close()
    assert time.monotonic() - began < 0.5
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("feeder", "parser", "downloader"))]


def test_the_crawl_waits_for_its_consumer(site, reply, picture, params, store) -> None:
    names = [f"person-{number:03d}" for number in range(60)]
    for number, name in enumerate(names):
        site.search(name, serve(site, reply, picture, 1, start=number))
    engine = bing_search.engine("bing", "http://search.test")
    slow = params.model_copy(update={"threads": 2, "max_results": 20})
    found = crawler.crawl([person(name) for name in names], engine, slow, store, site.routes)
    taken = list(itertools.islice(found, 3))
    time.sleep(0.2)
    begun = sum("async" in path for path in site.paths())
    assert 3 <= begun <= 3 + 4 * 2
    assert len(taken) + len(list(found)) == 60


def test_a_failing_thread_is_heard(site, reply, picture, run, store, monkeypatch) -> None:
    site.search("jane", serve(site, reply, picture, 3))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "put", full)
    with pytest.raises(OSError, match="No space left"):
        run("jane")


def test_logging_is_left_alone(site, run, capfd) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    run("jane")
    assert root.handlers == before
    assert capfd.readouterr().err == ""


def test_pictures_are_counted_and_the_total_follows_the_searches(
    site, reply, picture, run, caplog, monkeypatch
) -> None:
    monkeypatch.setattr(Progress.__init__, "__defaults__", (0.0,))
    for number, name in enumerate(("jane", "john")):
        site.search(name, serve(site, reply, picture, 3, start=3 * number))
    with caplog.at_level(logging.INFO):
        run("jane", "john", max_results=20)
    lines = [line for line in caplog.messages if "pictures" in line]
    assert len(lines) == 6
    assert lines[-1].startswith("6 of 6 pictures, ")


def test_no_partition_no_crawl(run) -> None:
    assert run() == {}
