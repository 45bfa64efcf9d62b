"""Where connections are opened: to vetted addresses only.

A name is resolved once, every address it has is vetted, and the connection goes to one of those,
so an answer that changes between check and use gains nothing. Behind a proxy all connections go to
the proxy, which the user has named; what it is asked for is vetted as far as it can be told here.
"""

import ipaddress
import re
import socket
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from stages.scrape.crawl.addresses import is_public

PORTS = (80, 443)
Routes = Mapping[str, tuple[str, int]]  # hostname -> address and port of a site of our own
Destination = tuple[socket.AddressFamily, tuple[Any, ...]]
# Names of one's own network, which no public name server knows (RFC 6761, 6762, 8375).
_PRIVATE_NAME = re.compile(
    r"(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)$"
)
_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")


class BlockedAddressError(Exception):
    """The host, one of its addresses or the port is not one that a crawl may connect to."""


class VettedConnector:
    """Opens sockets to vetted addresses, and to `routes` by exact name; `shut` ends them all.

    `proxy`, host and port, is the only way out for all but `routes`. `reached`: whether any host
    has accepted a connection.
    """

    def __init__(
        self,
        routes: Routes,
        resolve: Callable[..., list[Any]] = socket.getaddrinfo,
        proxy: tuple[str, int] | None = None,
    ) -> None:
        self.routes, self.proxy = routes, proxy
        self.reached = False
        self._resolve = resolve
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._shut = False

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connected socket; `BlockedAddressError`, or OSError when no address answers in time."""
        destinations = self.destinations(host, port)
        deadline = None if timeout is None else time.monotonic() + timeout
        failure: OSError = ConnectionRefusedError(f"{host} has no address")
        for family, address in destinations:
            try:
                connection = self._dial(family, address, deadline)
            except OSError as error:
                failure = error
            else:
                self.reached = True
                return connection
        raise failure

    def destinations(self, host: str, port: int) -> list[Destination]:
        """Where a connection may go, all vetted; raises `BlockedAddressError`."""
        if (host, port) == self.proxy:
            resolved = self._resolve(host, port, type=socket.SOCK_STREAM)
            return [(family, address) for family, *_, address in resolved]
        self._check_port(port)
        route = self.routes.get(_plain(host))
        if route:
            return [(socket.AF_INET, route)]
        if self.proxy:
            raise BlockedAddressError("not by the proxy")
        return self._vetted(host, port)

    def vet_for_proxy(self, host: str, port: int) -> None:
        """Raise `BlockedAddressError` for what a proxy must not be asked for.

        A name that can be resolved here must have public addresses only. One that cannot is
        resolved by the proxy: it must not look like a name of one's own network.
        """
        self._check_port(port)
        try:
            self._vetted(host, port)
        except socket.gaierror as error:
            name = _plain(host)
            if "." not in name or _PRIVATE_NAME.search(name) or _NUMBER.search(name):
                raise BlockedAddressError("not a public name") from error

    def track(self, opened: socket.socket) -> None:
        """Have `shut` end this socket too."""
        with self._lock:
            self._open.add(opened)
            shut = self._shut
        if shut:
            raise ConnectionAbortedError("the crawl was stopped")

    def shut(self) -> None:
        """End every connection, also those that a thread is waiting on, and allow no new one."""
        with self._lock:
            self._shut = True
            opened = list(self._open)
        for connection in opened:
            with suppress(OSError):  # it was closed already
                connection.shutdown(socket.SHUT_RDWR)

    def _check_port(self, port: int) -> None:
        if port not in PORTS:
            raise BlockedAddressError(f"port {port}")

    def _vetted(self, host: str, port: int) -> list[Destination]:
        try:
            resolved = self._resolve(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise BlockedAddressError("not a host name") from error
        for *_, address in resolved:
            if not is_public(ipaddress.ip_address(address[0])):
                raise BlockedAddressError(f"address {address[0]}")
        return [(family, address) for family, *_, address in resolved]

    def _dial(
        self, family: socket.AddressFamily, address: tuple[Any, ...], deadline: float | None
    ) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            if deadline is not None:
                opened.settimeout(max(deadline - time.monotonic(), 0.001))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.track(opened)
            opened.connect(address)
        except BaseException:
            opened.close()
            raise
        return opened


def _plain(host: str) -> str:
    return host.lower().rstrip(".")
