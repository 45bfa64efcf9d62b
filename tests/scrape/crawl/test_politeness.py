import datetime
import threading

import pytest

from stages.scrape.crawl.answer import Answer
from stages.scrape.crawl.politeness import MAX_DELAY, Politeness, Refusal

AT = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def polite(interval: float = 1.0, exempt=()) -> tuple[Politeness, Clock]:
    clock = Clock()
    return Politeness(interval, exempt, clock, clock.sleep), clock


def answering(reason: str | None = None, body: str = "", detail: str | None = None):
    def read(url: str) -> Answer:
        read.asked.append(url)
        return Answer(url, url, AT, reason, detail, body.encode())

    read.asked = []
    return read


def test_requests_to_one_host_are_an_interval_apart() -> None:
    politeness, clock = polite(interval=2)
    for url in ("http://a.test/1", "https://A.test/2", "http://b.test/", "http://a.test/3"):
        politeness.wait(url)
    assert clock.slept == [2, 2]


def test_our_own_hosts_need_no_interval() -> None:
    politeness, clock = polite(interval=2, exempt={"own.test"})
    for _ in range(5):
        politeness.wait("http://own.test/")
    assert clock.slept == []


def test_threads_queue_up_for_one_host() -> None:
    slept = []
    politeness = Politeness(1, (), lambda: 0.0, slept.append)
    threads = [threading.Thread(target=politeness.wait, args=("http://a.test/",)) for _ in "12345"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [1, 2, 3, 4]


def test_a_host_on_hold_is_left_alone_by_all() -> None:
    politeness, clock = polite(interval=0)
    politeness.hold("http://a.test/x", 5)
    politeness.wait("http://b.test/")
    politeness.wait("http://a.test/y")
    assert clock.slept == [5]


def test_robots_txt_is_read_once_per_origin_and_obeyed() -> None:
    politeness, _ = polite()
    read = answering(body="User-agent: *\nDisallow: /\n\nUser-agent: faceline\nDisallow: /no/\n")
    assert politeness.refusal("http://a.test/yes.jpg", read) is None
    assert politeness.refusal("http://a.test/no/x.jpg", read) == Refusal("robots_disallowed")
    assert read.asked == ["http://a.test/robots.txt"]
    politeness.refusal("https://a.test/yes.jpg", read)
    assert len(read.asked) == 2


@pytest.mark.parametrize("reason", ["not_found", "forbidden", "http_error", "redirect_loop"])
def test_a_host_without_robots_txt_may_be_asked(reason: str) -> None:
    politeness, _ = polite()
    assert politeness.refusal("http://a.test/x", answering(reason)) is None


@pytest.mark.parametrize(
    "reason", ["server_error", "timeout", "connection_error", "too_many_requests"]
)
def test_a_host_whose_robots_txt_fails_for_now_is_not_asked_for_now(reason: str) -> None:
    politeness, _ = polite()
    refusal = politeness.refusal("http://a.test/x", answering(reason, detail="503"))
    assert refusal == Refusal(reason, "robots.txt: 503")


def test_a_robots_txt_that_cannot_be_read_forbids() -> None:
    politeness, _ = polite()
    refusal = politeness.refusal("http://a.test/x", answering("compressed_body"))
    assert refusal == Refusal("robots_disallowed", "robots.txt: compressed_body")


@pytest.mark.parametrize(
    ("asked", "seconds"), [("3", 3), ("0.1", 1), ("86400", MAX_DELAY), ("x", 1)]
)
def test_crawl_delay_is_honoured_up_to_a_cap(asked: str, seconds: float) -> None:
    politeness, clock = polite(interval=1)
    politeness.refusal("http://a.test/", answering(body=f"User-agent: *\nCrawl-delay: {asked}\n"))
    politeness.wait("http://a.test/1")
    politeness.wait("http://a.test/2")
    assert clock.slept == [seconds]
