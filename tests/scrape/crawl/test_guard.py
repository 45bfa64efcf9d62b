import socket
import threading
import time

import pytest
import requests

from stages.core.program import InputError
from stages.scrape.crawl import guard
from stages.scrape.crawl.connector import BlockedAddressError, VettedConnector


def resolver(*addresses):
    def resolve(host, port, **_):
        resolve.asked.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port))
            for each in addresses
        ]

    resolve.asked = []
    return resolve


def test_every_address_of_a_name_is_vetted() -> None:
    connector = VettedConnector({}, resolver("93.184.215.14", "10.0.0.1"))
    with pytest.raises(BlockedAddressError, match=r"address 10\.0\.0\.1"):
        connector.connect("mixed.example", 80, 1)


def test_connections_go_to_the_address_that_was_vetted() -> None:
    resolve = resolver("93.184.215.14")
    assert VettedConnector({}, resolve).destinations("public.example", 443) == [
        (socket.AF_INET, ("93.184.215.14", 443))
    ]
    assert resolve.asked == ["public.example"]


@pytest.mark.parametrize("port", [22, 8080, 0, 65535])
def test_other_ports_are_blocked_before_any_look_up(port: int) -> None:
    resolve = resolver("93.184.215.14")
    with pytest.raises(BlockedAddressError, match=f"port {port}"):
        VettedConnector({"own.test": ("127.0.0.1", 1)}, resolve).connect("own.test", port, 1)
    assert resolve.asked == []


def test_a_route_holds_for_its_exact_name_only() -> None:
    connector = VettedConnector({"own.test": ("127.0.0.1", 4711)}, resolver("127.0.0.1"))
    assert connector.destinations("OWN.test.", 80) == [(socket.AF_INET, ("127.0.0.1", 4711))]
    for name in ("sub.own.test", "own.test.example", "127.0.0.1", "localhost"):
        with pytest.raises(BlockedAddressError):
            connector.destinations(name, 80)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:7f00:1]", "localhost"]
)
def test_no_spelling_of_loopback_gets_through(session, host: str) -> None:
    with pytest.raises(BlockedAddressError):
        session.get(f"http://{host}/", timeout=1)


def test_a_host_name_that_cannot_be_is_blocked(session) -> None:
    with pytest.raises((BlockedAddressError, requests.RequestException)):
        session.get(f"http://{'a' * 70}.test/", timeout=1)


def test_the_session_says_who_asks_and_ignores_environment_and_cookies(
    site, reply, params, monkeypatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://10.0.0.1:80")
    heard = []
    site.answers["/"] = reply(
        raw=lambda handler: (
            heard.append(handler.headers),
            handler.send(reply(headers={"Set-Cookie": "id=1; Path=/"})),
        )
    )
    with guard.session(params, site.routes) as session:
        for _ in range(2):
            session.get("http://pictures.test/", timeout=1)
    assert [each["User-Agent"] for each in heard] == [f"faceline/0.1 (+{params.contact})"] * 2
    assert heard[1]["Accept-Encoding"] == "identity"
    assert heard[1]["Cookie"] is None


def test_a_contact_that_cannot_be_sent_is_refused(params) -> None:
    with pytest.raises(InputError, match=r"scrape\.contact"):
        guard.session(params.model_copy(update={"contact": "a\r\nX-Other: b"}))


def test_certificates_and_sni_keep_the_name(params, monkeypatch) -> None:
    """What TLS is given when the socket goes to an address: the name that was asked for."""
    asked = {}

    def wrap(**options):
        asked.update(options)
        raise OSError("far enough")

    monkeypatch.setattr("urllib3.connection._ssl_wrap_socket_and_match_hostname", wrap)
    with socket.create_server(("127.0.0.1", 0)) as server:
        routes = {"secure.test": server.getsockname()[:2]}
        with guard.session(params, routes) as session, pytest.raises(requests.RequestException):
            session.get("https://secure.test/", timeout=1)
    assert asked["server_hostname"] == "secure.test"
    assert asked["cert_reqs"] in ("CERT_REQUIRED", 2)


def test_shutting_the_connector_wakes_a_thread_that_waits(site, reply, session) -> None:
    site.answers["/slow"] = reply(delay=5)
    timer = threading.Timer(0.1, session.connector.shut)
    timer.start()
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        session.get("http://pictures.test/slow", timeout=5)
    assert time.monotonic() - began < 1
    with pytest.raises(requests.ConnectionError):
        session.get("http://other.test/", timeout=5)
