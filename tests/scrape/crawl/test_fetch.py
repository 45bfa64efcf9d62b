import dataclasses
import datetime
import itertools
import time

import pytest

from stages.scrape.crawl.fetch import Fetcher
from stages.scrape.crawl.network import Network
from stages.scrape.crawl.outcome import RETRY_AFTER_CAP, Limits
from stages.scrape.crawl.politeness import Politeness

URL = "http://pictures.test/a.jpg"
LIMITS = Limits(max_bytes=100_000, deadline=5, attempts=3)


@pytest.fixture
def ask(session):
    """Fetch without sleeping; `ask.slept` are the pauses there would have been."""
    slept = []
    skipped = [0.0]

    def sleep(seconds):
        slept.append(seconds)
        skipped[0] += seconds

    politeness = Politeness(0, (), lambda: time.monotonic() + skipped[0], sleep)
    network = Network(session, politeness.clock, politeness.sleep)
    fetcher = Fetcher(session, politeness, network)

    def ask(url=URL, limits=LIMITS, **changes):
        return fetcher.fetch(url, dataclasses.replace(limits, **changes))

    ask.slept = slept
    return ask


def test_a_good_answer(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(b"bytes")
    answer = ask()
    assert (answer.reason, answer.body, answer.final_url) == (None, b"bytes", URL)
    assert answer.fetched_at == datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)
    assert site.paths(robots=True) == ["/robots.txt", "/a.jpg"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "not_found"),
        (410, "not_found"),
        (401, "forbidden"),
        (403, "forbidden"),
        (451, "forbidden"),
        (400, "http_error"),
        (418, "http_error"),
        (304, "http_error"),
        (501, "server_error"),
    ],
)
def test_lasting_failures_are_tried_once(site, reply, ask, status: int, reason: str) -> None:
    site.answers["/a.jpg"] = reply(status=status)
    answer = ask()
    assert (answer.reason, answer.detail) == (reason, str(status))
    assert site.paths() == ["/a.jpg"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_tried_again(site, reply, ask, status: int) -> None:
    site.answers["/a.jpg"] = [reply(status=status), reply(b"bytes")]
    assert ask().body == b"bytes"
    assert len(ask.slept) == 1
    assert 0 < ask.slept[0] <= 1


def test_tries_are_bounded_and_pauses_grow(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(status=429)
    answer = ask(attempts=4)
    assert (answer.reason, answer.transient) == ("too_many_requests", True)
    assert len(site.paths()) == 4
    assert ask.slept == sorted(ask.slept)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("Wed, 01 May 2024 10:00:09 GMT", 9),  # the server's clock says 10:00:00
        ("86400", RETRY_AFTER_CAP),
    ],
)
def test_retry_after_is_honoured_up_to_a_cap(site, reply, ask, header, seconds) -> None:
    site.answers["/a.jpg"] = [reply(status=429, headers={"Retry-After": header}), reply(b"ok")]
    assert ask().body == b"ok"
    assert ask.slept == [seconds]


def test_a_body_cut_short_is_tried_again(site, reply, ask) -> None:
    site.answers["/a.jpg"] = [
        reply(b"half", headers={"Content-Length": "8", "Connection": "close"}),
        reply(b"complete"),
    ]
    assert ask().body == b"complete"


def test_no_answer_at_all_is_a_connection_error(site, reply, ask) -> None:
    def hang_up(handler):
        handler.close_connection = True

    site.answers["/a.jpg"] = reply(raw=hang_up)
    answer = ask()
    assert (answer.reason, answer.transient) == ("connection_error", True)
    assert len(site.paths()) == 3


def test_a_body_longer_than_allowed_is_refused_by_its_header(site, reply, ask) -> None:
    def announce(handler):
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(30_000_000))
        handler.end_headers()  # and no byte of it

    site.answers["/a.jpg"] = reply(raw=announce)
    answer = ask()
    assert (answer.reason, answer.detail) == ("too_large", "more than 100000 bytes")


def test_an_endless_body_is_cut_at_the_limit(site, reply, ask) -> None:
    sent = []

    def pour(handler):
        handler.send_response_only(200)
        handler.end_headers()
        handler.close_connection = True
        for _ in range(30):
            handler.wfile.write(b"\0" * 1_000_000)
            sent.append(1)

    site.answers["/a.jpg"] = reply(raw=pour)
    assert ask().reason == "too_large"
    assert len(sent) < 30


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x-bomb"])
def test_a_compressed_body_is_refused(site, reply, ask, encoding: str) -> None:
    site.answers["/a.jpg"] = reply(b"\x1f\x8b" * 100, headers={"Content-Encoding": encoding})
    answer = ask()
    assert (answer.reason, answer.detail, answer.body) == ("compressed_body", encoding, b"")


def test_identity_is_no_compression(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(b"bytes", headers={"Content-Encoding": "Identity"})
    assert ask().body == b"bytes"


@pytest.mark.parametrize("tag", ["noai, noimageai", "noindex", "faceline: noai", "all\nnoai"])
def test_an_opt_out_is_honoured(site, reply, ask, tag: str) -> None:
    site.answers["/a.jpg"] = reply(b"bytes", headers={"X-Robots-Tag": tag})
    assert ask().reason == "opted_out"
    assert ask(opt_out=False).reason is None


def test_an_opt_out_of_others_is_theirs(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(b"bytes", headers={"X-Robots-Tag": "otherbot: noai"})
    assert ask().body == b"bytes"


def test_slow_drip_obeys_the_deadline(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(b"x" * 100, drip=0.05)
    began = time.monotonic()
    answer = ask(deadline=0.3)
    assert (answer.reason, answer.transient) == ("timeout", True)
    assert time.monotonic() - began < 0.6
    assert len(site.paths()) == 1


def test_slow_headers_obey_the_deadline(site, reply, ask) -> None:
    def drip(handler):
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 50:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.02)

    site.answers["/a.jpg"] = reply(raw=drip)
    began = time.monotonic()
    assert ask(deadline=0.3).reason == "timeout"
    assert time.monotonic() - began < 0.6


def test_the_deadline_is_for_all_redirects_together(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(status=302, headers={"Location": "/a.jpg"}, delay=0.2)
    began = time.monotonic()
    assert ask(deadline=0.5).reason == "timeout"
    assert time.monotonic() - began < 0.8


def test_a_redirect_is_followed(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(status=301, headers={"Location": "//other.test/b%20c.jpg"})
    site.answers["other.test/b%20c.jpg"] = reply(b"bytes")
    answer = ask()
    assert (answer.url, answer.final_url) == (URL, "http://other.test/b%20c.jpg")
    assert answer.body == b"bytes"
    assert [host for _, host, path in site.log if path == "/robots.txt"] == [
        "pictures.test",
        "other.test",
    ]


def test_a_redirect_loop_ends_after_six_requests(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(status=302, headers={"Location": "/b.jpg"})
    site.answers["/b.jpg"] = reply(status=302, headers={"Location": "/a.jpg"})
    assert ask().reason == "redirect_loop"
    assert len(site.paths()) == 6


def test_the_body_of_a_redirect_is_not_read(site, reply, ask) -> None:
    location = {"Location": "/b.jpg", "Content-Length": "30000000"}
    site.answers["/a.jpg"] = reply(status=302, headers=location)
    site.answers["/b.jpg"] = reply(b"bytes")
    assert ask().body == b"bytes"


PRIVATE = [
    "http://127.0.0.1:{port}/secret",
    "http://127.0.0.1/secret",
    "http://localhost/secret",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://pictures.test:8080/",
    "http://pictures.test:99999/",
    "file:///etc/passwd",
    "ftp://pictures.test/a",
    "gopher://127.0.0.1/",
    "http://[",
]


@pytest.mark.parametrize("target", PRIVATE)
@pytest.mark.parametrize("hops", [0, 1, 3])
def test_private_addresses_are_blocked_at_every_hop(site, reply, ask, target, hops: int) -> None:
    target = target.format(port=site.port)
    chain = [f"http://pictures.test/hop{n}" for n in range(hops)] + [target]
    for here, there in itertools.pairwise(chain):
        path = here.removeprefix("http://pictures.test")
        site.answers[path] = reply(status=302, headers={"Location": there})
    answer = ask(chain[0])
    assert (answer.reason, answer.transient) == ("blocked_address", False)
    assert "/secret" not in site.paths()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://", "http:///a", "http://\udc80/", "http://a b/"]
)
def test_what_is_no_address_is_refused(ask, url: str) -> None:
    assert ask(url).reason in ("blocked_address", "connection_error")


def test_robots_txt_forbids(site, reply, ask) -> None:
    site.answers["/robots.txt"] = reply(b"User-agent: *\nDisallow: /private/\n")
    site.answers["/a.jpg"] = reply(b"bytes")
    answer = ask("http://pictures.test/private/a.jpg")
    assert (answer.reason, answer.transient) == ("robots_disallowed", False)
    assert site.paths() == []
    assert ask().body == b"bytes"
    assert site.paths(robots=True) == ["/robots.txt", "/a.jpg"]


def test_robots_txt_forbids_at_every_hop(site, reply, ask) -> None:
    site.answers["/a.jpg"] = reply(status=302, headers={"Location": "http://other.test/b.jpg"})
    site.answers["other.test/robots.txt"] = reply(b"User-agent: faceline\nDisallow: /\n")
    assert ask().reason == "robots_disallowed"
    assert site.paths() == ["/a.jpg"]


def test_a_robots_txt_that_fails_forbids_for_now(site, reply, ask) -> None:
    site.answers["/robots.txt"] = reply(status=503)
    answer = ask()
    assert (answer.reason, answer.detail) == ("server_error", "robots.txt: 503")
    assert answer.transient
    assert site.paths() == []


def test_a_long_robots_txt_is_read_in_part(site, reply, ask) -> None:
    rules = b"User-agent: *\nDisallow: /a.jpg\n" + b"# padding\n" * 100_000
    site.answers["/robots.txt"] = reply(rules, headers={"X-Robots-Tag": "noindex"})
    assert ask().reason == "robots_disallowed"


def test_a_robots_txt_that_leads_inside_blocks(site, reply, ask) -> None:
    inside = {"Location": "http://127.0.0.1/robots.txt"}
    site.answers["/robots.txt"] = reply(status=302, headers=inside)
    assert ask().reason == "blocked_address"


def test_hops_to_one_host_are_an_interval_apart(site, reply, session) -> None:
    site.answers["/a.jpg"] = reply(status=302, headers={"Location": "/b.jpg"})
    site.answers["/b.jpg"] = reply(b"bytes")
    politeness = Politeness(0.1)
    network = Network(session, politeness.clock, politeness.sleep)
    assert Fetcher(session, politeness, network).fetch(URL, LIMITS).body == b"bytes"
    times = [at for at, _, _ in site.log]
    assert len(times) == 3  # the robots.txt first
    assert all(later - earlier > 0.08 for earlier, later in itertools.pairwise(times))
