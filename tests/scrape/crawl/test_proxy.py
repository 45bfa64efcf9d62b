"""Where a proxy is the only way out: it is asked for vetted addresses, and for nothing else."""

import socket
import threading
from collections.abc import Iterator

import pytest

from stages.core.program import InputError
from stages.scrape.crawl import crawler, guard
from stages.scrape.crawl.connector import BlockedAddressError, VettedConnector
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.source import Partition


class Proxy:
    """Answers for every host from a site; `asked` are the first lines of what it was sent."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self._site = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            head = []
            while (line := lines.readline()).strip():
                head.append(line.decode())
            if not head:
                return
            self.asked.append(head[0].strip())
            method, url, _ = head[0].split()
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 502 No\r\n\r\n")
                return
            host, _, path = url.removeprefix("http://").partition("/")
            with socket.create_connection(("127.0.0.1", self._site)) as site:
                asked = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                site.sendall(asked.encode())
                while chunk := site.recv(65536):
                    client.sendall(chunk)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def proxy(site) -> Iterator[Proxy]:
    made = Proxy(site.port)
    yield made
    made.close()


@pytest.fixture
def crawl(proxy, params, store, monkeypatch):
    """The rows of some addresses; only names in `known` can be resolved here."""
    known: dict[str, str] = {}

    def resolve(host, port, **_):
        if host in known:
            return [(socket.AF_INET, 1, 6, "", (known[host], port))]
        if host[0].isdigit() or host == "::1" or host.startswith("0x"):
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(VettedConnector.__init__, "__defaults__", (resolve, None))

    def crawl(*urls: str, routes=None, **changes):
        known["127.0.0.1"] = "127.0.0.1"
        results = [SearchResult(url) for url in urls]
        engine = Engine("urls", lambda *_: [], lambda _: [], known_results=lambda _: results)
        changes = {"proxy": f"http://127.0.0.1:{proxy.port}", "max_attempts": 1} | changes
        changed = params.model_copy(update=changes)
        (crawled,) = crawler.crawl([Partition("a", {})], engine, changed, store, routes)
        return crawled.attempts

    crawl.known = known
    return crawl


def test_the_proxy_is_the_way_out(site, reply, picture, proxy, crawl) -> None:
    site.answers["/a.jpg"] = reply(picture(1))
    (row,) = crawl("http://pictures.example/a.jpg")
    assert row["reason"] is None
    assert sorted(proxy.asked) == [
        "GET http://pictures.example/a.jpg HTTP/1.1",
        "GET http://pictures.example/robots.txt HTTP/1.1",
    ]


def test_https_goes_through_a_tunnel(proxy, crawl) -> None:
    (row,) = crawl("https://pictures.example/a.jpg")
    assert row["reason"] == "connection_error"
    assert {line.rsplit(" ", 1)[0] for line in proxy.asked} == {"CONNECT pictures.example:443"}


INSIDE = [
    "http://127.0.0.1/a.jpg",
    "http://127.0.0.1:{port}/a.jpg",
    "http://2130706433/a.jpg",
    "http://0x7f.1/a.jpg",
    "http://[::1]/a.jpg",
    "http://10.0.0.1/a.jpg",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost/a.jpg",
    "http://router/a.jpg",
    "http://printer.local/a.jpg",
    "http://wiki.internal./a.jpg",
    "http://wiki.home.arpa/a.jpg",
    "http://known.example/a.jpg",
    "http://pictures.example:8080/a.jpg",
    "http://pictures.example:{proxy}/a.jpg",
    "https://10.0.0.1/a.jpg",
    "ftp://pictures.example/a.jpg",
]


@pytest.mark.parametrize("target", INSIDE)
@pytest.mark.parametrize("redirected", [False, True])
def test_it_is_not_asked_for_what_is_private(
    site, reply, proxy, crawl, target: str, redirected: bool
) -> None:
    target = target.format(port=site.port, proxy=proxy.port)
    crawl.known["known.example"] = "10.0.0.1"
    site.answers["/moved.jpg"] = reply(status=302, headers={"Location": target})
    (row,) = crawl("http://pictures.example/moved.jpg" if redirected else target)
    assert row["reason"] == "blocked_address"
    assert all("pictures.example/" in line for line in proxy.asked)


def test_what_is_resolved_here_to_a_public_address_is_asked_for(proxy, crawl) -> None:
    crawl.known["known.example"] = "93.184.215.14"
    (row,) = crawl("http://known.example/a.jpg")
    assert row["reason"] == "not_found"


def test_a_site_of_our_own_needs_no_proxy(site, reply, picture, proxy, crawl) -> None:
    site.answers["/a.jpg"] = reply(picture(1))
    (row,) = crawl("http://pictures.test/a.jpg", routes=site.routes)
    assert (row["reason"], proxy.asked) == (None, [])


def test_without_the_proxy_the_row_says_what_is_missing(proxy, crawl, monkeypatch) -> None:
    monkeypatch.setattr("stages.scrape.crawl.network.ANSWER", 0.3)
    (row,) = crawl("http://pictures.example/a.jpg", proxy=None)
    assert row["reason"] == "no_network"
    assert row["detail"].startswith("robots.txt: NameResolutionError")
    assert "set scrape.proxy" in row["detail"]


def test_a_proxy_that_is_not_there(proxy, crawl, monkeypatch) -> None:
    monkeypatch.setattr("stages.scrape.crawl.network.ANSWER", 0.3)
    proxy.close()
    (row,) = crawl("http://pictures.example/a.jpg", proxy="http://127.0.0.1:9")
    assert (row["reason"], proxy.asked) == ("no_network", [])


@pytest.mark.parametrize(
    "value",
    ["proxy.example:3128", "socks5://proxy.example", "http://", "http://[", "http://x:y", "", "/x"],
)
def test_what_is_no_proxys_address_is_refused(params, value: str) -> None:
    with pytest.raises(InputError, match=r"scrape\.proxy = .*must be like http://proxy"):
        guard.session(params.model_copy(update={"proxy": value}))


def test_a_password_is_refused_and_not_repeated(params) -> None:
    with pytest.raises(InputError, match="must not hold a password") as caught:
        guard.session(params.model_copy(update={"proxy": "http://ada:hunter2@proxy.example:3128"}))
    assert "hunter2" not in str(caught.value)


def test_connections_go_to_the_proxy_only() -> None:
    connector = VettedConnector({}, proxy=("127.0.0.1", 3128))
    for host, port in (("93.184.215.14", 80), ("127.0.0.1", 80), ("127.0.0.1", 443)):
        with pytest.raises(BlockedAddressError):
            connector.destinations(host, port)
    assert connector.destinations("127.0.0.1", 3128) == [(socket.AF_INET, ("127.0.0.1", 3128))]
