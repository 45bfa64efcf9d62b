"""Prefect's server, answering only its own pages and programs. `python -m flows.server`.

Prefect's own answers every page that is open in the same browser, and starts runs for it. Here a
request must come to an address or to a name that is ours, so that no foreign name can be made to
lead here (DNS rebinding), and a browser's request must come from a page of the same server.
"""

import argparse
import ipaddress
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_REQUEST_TIMEOUT,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_SERVER_API_HOST,
    PREFECT_SERVER_UI_API_URL,
    get_current_settings,
    temporary_settings,
)

from flows.children import Child, tail
from stages.core import paths
from stages.core.program import InputError

HOST = "127.0.0.1"
START = 180.0  # seconds for the server to answer: the first time it makes its database
ASK = 20.0  # seconds for one answer
LOG = paths.STORE / "temporary-server.log"

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class OwnRequestsOnly:
    """An ASGI app that passes on to another what comes from its own pages and programs."""

    def __init__(self, app: App, names: frozenset[str]) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or is_own(scope["headers"], self.names):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"not from a page of this server\n"})


def is_own(headers: list[tuple[bytes, bytes]], names: frozenset[str]) -> bool:
    """Whether a request is addressed to us, and no page of another server has sent it.

    names: the host names that are ours, beside `localhost` and every plain address.
    """
    hosts, origins = (
        [value.decode("latin-1").lower() for name, value in headers if name == wanted]
        for wanted in (b"host", b"origin")
    )
    if len(hosts) != 1 or not _is_ours(_name(f"//{hosts[0]}"), names):
        return False
    return all(_plain(urlsplit(origin).netloc) == _plain(hosts[0]) for origin in origins)


def _plain(place: str) -> str:
    """Host and port, by one of the two names that a browser may have for this machine."""
    name, separator, port = place.partition(":")
    return f"{HOST}{separator}{port}" if name == "localhost" else place


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_ours(name: str, names: frozenset[str]) -> bool:
    if name == "localhost" or name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def own_names() -> frozenset[str]:
    """The host names that the settings and the machine give this server."""
    urls = (PREFECT_SERVER_UI_API_URL.value(), PREFECT_API_URL.value())
    names = {_name(str(url)).lower() for url in urls if url}
    machine = {socket.gethostname().lower(), PREFECT_SERVER_API_HOST.value().lower()}
    return frozenset(names | machine) - {""}


def answers(url: str) -> bool:
    """Whether a Prefect server answers, and to us: one with a password does not to everybody."""
    once = {PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0, PREFECT_API_REQUEST_TIMEOUT: ASK}
    with temporary_settings(once), get_client(sync_client=True) as client:
        try:
            return isinstance(client.api_version(), str)
        except (httpx.HTTPError, ValueError):
            return False


@contextmanager
def reachable() -> Iterator[None]:
    """Prefect's server for the block: the one that the settings name, else a temporary one.

    `InputError` when the settings name one that does not answer.
    """
    url = PREFECT_API_URL.value()
    if url and not answers(url):
        remedy = "start it (make ui), or unset the variable to do without"
        raise InputError(f"PREFECT_API_URL = {url}: no Prefect server answers us there; {remedy}")
    if url:
        yield
        return
    with _temporary() as own, temporary_settings({PREFECT_API_URL: own}):
        os.environ["PREFECT_API_URL"] = own
        try:
            yield
        finally:
            _drain()
            del os.environ["PREFECT_API_URL"]


def _drain() -> None:
    """Wait until Prefect has sent what it keeps to send later; else it finds no server any more."""
    APILogWorker.drain_all(timeout=ASK)
    EventsWorker.drain_all(timeout=ASK)


@contextmanager
def _temporary() -> Iterator[str]:
    """A server without pages and schedules that lives as long as the block; its API's address."""
    port = free_port()
    url = f"http://{HOST}:{port}/api"
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as output:
        child = Child(command(port, "--temporary"), output)
    limit = get_current_settings().server.ephemeral.startup_timeout_seconds
    try:
        _wait(child, url, limit)
        yield url
    finally:
        child.end()


def _wait(child: Child, url: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not answers(url):
        if child.process.poll() is not None or time.monotonic() > until:
            raise InputError(f"Prefect's temporary server does not answer; {tail(LOG)}")
        time.sleep(0.2)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def command(port: int, *options: str) -> list[str]:
    """This module as a program."""
    return [sys.executable, "-m", "flows.server", "--port", str(port), *options]


def serve(port: int, temporary: bool) -> None:
    """Serve until a signal; the settings are those of `prefect server start`."""
    import uvicorn
    from prefect.server.api.server import create_app

    settings = get_current_settings().server
    uvicorn.run(
        OwnRequestsOnly(create_app(final=True, ephemeral=temporary), own_names()),
        host=HOST if temporary else settings.api.host,
        port=port,
        timeout_keep_alive=settings.api.keepalive_timeout,
        log_level=settings.logging_level.lower(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m flows.server", description=__doc__)
    parser.add_argument("--port", type=int, default=4200)
    parser.add_argument("--temporary", action="store_true", help="without pages and schedules")
    options = parser.parse_args()
    serve(options.port, options.temporary)


if __name__ == "__main__":
    main()
