"""What one address, and what one host, may cost in all."""

import itertools
import time

import pytest

from stages.scrape.crawl import budget, guard, politeness
from stages.scrape.crawl.fetch import Fetcher
from stages.scrape.crawl.network import Network
from stages.scrape.crawl.outcome import Limits
from stages.scrape.crawl.politeness import Politeness

LATER = {"Retry-After": "30"}
LIMITS = Limits(max_bytes=100_000, deadline=5, attempts=3)


class Crawl:
    """Fetches without sleeping; `slept` are the seconds that it would have."""

    def __init__(self, site, params, hosts: list[str]) -> None:
        self.slept = 0.0
        self.session = guard.session(params, dict.fromkeys(hosts, ("127.0.0.1", site.port)))
        polite = Politeness(0, (), lambda: time.monotonic() + self.slept, self.sleep)
        network = Network(self.session, polite.clock, polite.sleep)
        self.fetcher = Fetcher(self.session, polite, network)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept += seconds

    def fetch(self, url: str, **changes):
        return self.fetcher.fetch(url, Limits(**(vars(LIMITS) | changes)))


HOSTS = [f"hop{number}.test" for number in range(6)]


@pytest.fixture
def crawl(site, params):
    crawl = Crawl(site, params, HOSTS)
    yield crawl
    crawl.session.close()


def slow(site, reply, host: str, answer) -> None:
    """A host that says "later" twice, then asks for 30 seconds between two requests."""
    rules = reply(b"User-agent: *\nCrawl-delay: 30\n")
    later = reply(status=503, headers=LATER)
    site.answers[f"{host}/robots.txt"] = [later, later, rules]
    site.answers[f"{host}/a.jpg"] = answer


def test_an_address_that_leads_to_ever_new_slow_hosts(site, reply, crawl) -> None:
    for host, following in itertools.pairwise(HOSTS):
        moved = reply(status=302, headers={"Location": f"http://{following}/a.jpg"})
        slow(site, reply, host, moved)
    slow(site, reply, HOSTS[-1], reply(status=503, headers=LATER))
    answer = crawl.fetch(f"http://{HOSTS[0]}/a.jpg")
    assert answer.transient
    assert crawl.slept <= budget.SECONDS
    assert len(site.log) <= budget.REQUESTS


@pytest.mark.parametrize("attempts", [3, 10])
def test_requests_are_bounded_in_all(site, reply, crawl, attempts: int) -> None:
    for host, following in itertools.pairwise(HOSTS):
        location = {"Location": f"http://{following}/a.jpg"}
        site.answers[f"{host}/a.jpg"] = reply(status=302, headers=location)
    site.answers[f"{HOSTS[-1]}/a.jpg"] = reply(status=503)
    answer = crawl.fetch(f"http://{HOSTS[0]}/a.jpg", attempts=attempts)
    assert len(site.log) <= budget.REQUESTS
    if attempts == 10:
        assert (answer.reason, answer.detail) == ("over_budget", "more than 20 requests")


def test_a_server_that_only_says_later_is_waited_for_no_longer(site, reply, crawl) -> None:
    site.answers["/a.jpg"] = reply(status=503, headers=LATER)
    answer = crawl.fetch(f"http://{HOSTS[0]}/a.jpg", attempts=10)
    assert (answer.reason, answer.transient) == ("server_error", True)
    assert crawl.slept <= budget.SECONDS


def test_what_one_answer_may_take_is_not_cut_by_the_budget(site, reply, crawl) -> None:
    site.answers["/a.jpg"] = [reply(status=503, headers=LATER)] * 5 + [reply(b"ok")]
    assert crawl.fetch(f"http://{HOSTS[0]}/a.jpg", attempts=6, deadline=600).body == b"ok"


def test_a_host_that_fails_again_and_again_is_left_alone(site, reply, crawl) -> None:
    site.answers["/a.jpg"] = reply(status=500)
    url = f"http://{HOSTS[0]}/a.jpg"
    answers = [crawl.fetch(url, attempts=1) for _ in range(40)]
    assert len(site.paths()) == politeness.HOST_FAILURES
    assert {answer.reason for answer in answers} == {"server_error", "over_budget"}
    assert answers[-1].detail == "host: 20 failures in a row"
    assert answers[-1].transient
    site.answers["/a.jpg"] = reply(b"ok")
    assert crawl.fetch(f"http://{HOSTS[1]}/a.jpg").body == b"ok"


def test_a_host_that_fails_now_and_then_is_not(site, reply, crawl) -> None:
    bad, good = [reply(status=500)] * 19, [reply(status=404)]
    site.answers["/a.jpg"] = [*bad, *good, *bad, *good, reply(b"ok")]
    answers = [crawl.fetch(f"http://{HOSTS[0]}/a.jpg", attempts=1) for _ in range(41)]
    assert answers[-1].body == b"ok"


def test_a_host_may_make_a_crawl_wait_only_so_long(site, reply, crawl) -> None:
    site.answers["/robots.txt"] = reply(b"User-agent: *\nCrawl-delay: 30\n")
    site.answers["/a.jpg"] = reply(b"ok")
    answers = [crawl.fetch(f"http://{HOSTS[0]}/a.jpg") for _ in range(40)]
    good = [answer for answer in answers if answer.body]
    assert 15 <= len(good) <= 25
    assert crawl.slept <= politeness.HOST_SECONDS
    assert {answer.reason for answer in answers} == {None, "over_budget"}
    assert answers[-1].detail == "host: asked for more than 600 seconds of waiting"


def test_waiting_behind_others_is_not_the_addresss_own_cost(site, reply, params) -> None:
    """A hundred addresses of a host, ten seconds apart: the last waits long, and is fetched."""
    slept = []
    polite = Politeness(10, (), lambda: 0.0, slept.append)
    for _ in range(100):
        queued = polite.wait("http://a.test/", patience=120)
        assert queued is not None
    assert slept[-1] == 990
    assert queued == 980
