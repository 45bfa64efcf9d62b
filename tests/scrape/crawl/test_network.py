"""Whose fault is it that nobody answers? What our own network failed at is never remembered."""

import socket
import threading
import time

import pytest

from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.scrape.crawl import bing_search, crawler, network
from stages.scrape.crawl.connector import VettedConnector
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.crawl.guard import GuardedSession
from stages.scrape.crawl.network import Network, NetworkLostError
from stages.scrape.partition_store import is_final
from stages.scrape.source import Partition

PUBLIC = "93.184.215.14"


class Line:
    """A machine's way to its network, and how it may fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failure: OSError | None = None
        self.dead: set[str] = set()  # hosts that refuse
        self.after: int | None = None  # fails after so many connections
        self.count = 0
        self.lock = threading.Lock()
        connect = VettedConnector.connect

        def dial(connector: VettedConnector, host: str, port: int, timeout: float | None):
            with self.lock:
                self.count += 1
                if self.after is not None and self.count > self.after:
                    self.failure = OSError(101, "Network is unreachable")
                failure = self.failure
            if failure:
                raise failure
            if host in self.dead:
                raise ConnectionRefusedError(111, "Connection refused")
            return connect(connector, host, port, timeout)

        monkeypatch.setattr(VettedConnector, "connect", dial)
        ask = GuardedSession.ask

        def ask_anew(session: GuardedSession, url: str, seconds: float):
            if self.failure:  # which ends open connections too
                session.get_adapter(url).poolmanager.clear()
            return ask(session, url, seconds)

        monkeypatch.setattr(GuardedSession, "ask", ask_anew)
        monkeypatch.setattr(network, "OUTAGE", 0.3)
        monkeypatch.setattr(network, "PAUSE", 0.1)
        monkeypatch.setattr(network, "ANSWER", 0.5)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(monkeypatch)


def person(name: str) -> Partition:
    return Partition(name, {}, Celebrity(name, name))


@pytest.fixture
def people(site, reply, picture) -> list[Partition]:
    """Four people with ten pictures each, none of which keeps its connection."""
    for number in range(4):
        urls = [f"http://pictures.test/{number}-{rank}.jpg" for rank in range(10)]
        site.search(f"p{number}", urls, [])
        for rank in range(10):
            body = picture(10 * number + rank)
            site.answers[f"/{number}-{rank}.jpg"] = reply(body, headers={"Connection": "close"})
    return [person(f"p{number}") for number in range(4)]


@pytest.fixture
def crawl(site, params, store):
    def crawl(partitions, **changes):
        engine = bing_search.engine("bing", "http://search.test")
        changed = params.model_copy(update=changes)
        return list(crawler.crawl(partitions, engine, changed, store, site.routes))

    return crawl


@pytest.mark.parametrize("connections", [4, 9, 14, 25, 38])
@pytest.mark.parametrize("threads", [1, 4])
def test_a_line_that_fails_in_the_middle_fails_the_run_and_loses_nothing(
    site, params, store, line, people, crawl, connections: int, threads: int
) -> None:
    line.after = connections
    finished = []
    engine = bing_search.engine("bing", "http://search.test")
    some = params.model_copy(update={"threads": threads, "min_pictures": 1, "max_attempts": 1})
    with pytest.raises(NetworkLostError, match=r"the network was lost: .* run again"):
        finished.extend(crawler.crawl(people, engine, some, store, site.routes))
    # What would be taken as it is by the next run is whole.
    assert all(len(each.images) == 10 for each in finished if is_final(each, some))
    line.after = line.failure = None
    assert sum(len(each.images) for each in crawl(people)) == 40


def test_a_line_that_comes_back_is_waited_for(site, line, people, crawl, monkeypatch) -> None:
    line.after = 12
    looks = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        line.after = line.failure = None

    monkeypatch.setattr("stages.scrape.crawl.run.Run.pause", lambda run, seconds: look(seconds))
    crawled = crawl(people, max_attempts=1)
    assert looks
    assert sum(len(each.images) for each in crawled) == 40
    assert all(each.final for each in crawled)


@pytest.mark.parametrize("host", ["pictures.test", "other.test"])
def test_a_dead_host_is_its_own_fault(site, reply, line, people, params, crawl, host) -> None:
    line.dead = {host}
    site.search("p0", [f"http://{host}/0-{rank}.jpg" for rank in range(3)], [])
    crawled = crawl(people[:1], max_attempts=1)[0]
    assert {row["reason"] for row in crawled.attempts} == {"connection_error"}
    assert not crawled.final  # some other day
    crawled.images.append({})
    assert is_final(crawled, params.model_copy(update={"min_pictures": 1}))


FAILURES = [
    OSError(101, "Network is unreachable"),
    OSError(113, "No route to host"),
    TimeoutError("timed out"),
    ConnectionRefusedError(111, "Connection refused"),
    socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_search_without_any_network_fails_the_run(line, people, crawl, failure) -> None:
    line.failure = failure
    with pytest.raises(NetworkLostError, match=r"is this machine online\?.*scrape\.proxy"):
        crawl(people, max_attempts=1)


def listed(site, params, store, hosts: list[str]):
    results = [SearchResult(f"http://{host}/a.jpg") for host in hosts]
    engine = Engine("urls", lambda *_: [], lambda _: [], known_results=lambda _: results)
    brief = params.model_copy(update={"max_attempts": 1, "min_pictures": 0})
    routes = dict.fromkeys(hosts, ("127.0.0.1", site.port))
    for crawled in crawler.crawl([Partition("a", {})], engine, brief, store, routes):
        yield crawled
        crawled.images.append({})
        assert not is_final(crawled, brief)


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_list_without_any_network_fails_the_run(site, params, store, line, failure) -> None:
    line.failure = failure
    hosts = ["a.test", "b.test", "c.test"]
    with pytest.raises(NetworkLostError, match=r"no host could be reached, such as a\.test, b\."):
        list(listed(site, params, store, hosts))


def test_one_dead_address_fails_no_run_but_is_not_remembered(site, params, store, line) -> None:
    line.failure = FAILURES[0]
    (crawled,) = listed(site, params, store, ["a.test"])
    (row,) = crawled.attempts
    assert row["reason"] == "no_network"
    assert row["detail"].startswith("robots.txt: NewConnectionError; is this machine online?")


def test_names_that_do_not_exist_fail_no_run(site, params, store, line) -> None:
    line.failure = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    (crawled,) = listed(site, params, store, ["a.test", "b.test", "c.test", "d.test"])
    assert {row["reason"] for row in crawled.attempts} == {"no_network"}


def test_an_early_failure_waits_for_the_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with GuardedSession(VettedConnector({}), 1, "test") as session:

        def answer(_: float) -> None:
            session.connector.reached = True

        early = Network(session, lambda: 0.0, answer)
        assert early.judge("b.test", began=0.0, unknown_name=False) == "works"


def test_a_site_that_accepts_connections_and_answers_nothing_more(
    site, params, store, line, people
) -> None:
    """As of a process that hangs, or behind a box that accepts for others."""
    finished, some = [], params.model_copy(update={"download_timeout": 0.4, "min_pictures": 1})
    healthy = site.find

    def find(host: str, path: str):
        if len(site.log) > 15:
            time.sleep(1.0)
        return healthy(host, path)

    site.find = find
    engine = bing_search.engine("bing", "http://search.test")
    with pytest.raises(NetworkLostError):
        finished.extend(crawler.crawl(people, engine, some, store, site.routes))
    assert all(len(each.images) == 10 for each in finished if is_final(each, some))
    site.find = healthy
    crawled = list(crawler.crawl(people, engine, params, store, site.routes))
    assert sum(len(each.images) for each in crawled) == 40


def test_the_loss_is_one_line_for_the_user() -> None:
    assert issubclass(NetworkLostError, InputError)
