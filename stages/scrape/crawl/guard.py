"""The only way out to the network: a requests session that cannot be led to private addresses.

Every connection, at every redirect, goes through a `VettedConnector`; certificates and SNI keep
the name. Behind a proxy the connections go there, and the proxy is asked for vetted addresses only.
"""

import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from stages.core.credentials import cut
from stages.core.program import InputError
from stages.scrape.crawl.connector import BlockedAddressError, Routes, VettedConnector
from stages.scrape.crawl.timed import TimedResponse
from stages.scrape.params import Params

_PORTS = {"http": 80, "https": 443}
AGENT = "faceline"  # the name that robots.txt and X-Robots-Tag know us by


class _Guarded(HTTPConnection):
    response_class = TimedResponse

    def __init__(self, *args: Any, connector: VettedConnector, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connector = connector

    def _new_conn(self) -> socket.socket:
        try:
            return self._connector.connect(
                self._dns_host, self.port or self.default_port, self.timeout
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"connection to {self.host} timed out") from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error

    def connect(self) -> None:
        super().connect()
        self._connector.track(self.sock)  # TLS has replaced the socket that was dialled


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class _Pools(PoolManager):
    def __init__(self, *args: Any, connector: VettedConnector, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connector = connector
        self.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def _new_pool(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **options)
        pool.conn_kw["connector"] = self._connector
        return pool


class _ProxyPools(_Pools, ProxyManager):
    pass


class Guard(HTTPAdapter):
    """A transport whose every connection goes through one `VettedConnector`."""

    def __init__(self, connector: VettedConnector, connections: int) -> None:
        self.connector = connector
        super().__init__(pool_connections=connections, pool_maxsize=connections)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        """As the base's, with guarded connections."""
        self.poolmanager = _Pools(
            connector=self.connector,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            **options,
        )
        self._pool_size = maxsize

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        """Guarded connections to a proxy, kept for the next request."""
        pools: dict[str, PoolManager] = self.proxy_manager
        if proxy not in pools:
            size = self._pool_size
            pools[proxy] = _ProxyPools(
                proxy, connector=self.connector, num_pools=size, maxsize=size, **options
            )
        return pools[proxy]


class GuardedSession(requests.Session):
    """A session that forgets cookies, ignores the environment and follows no redirect.

    proxy: the address through which all but the connector's routes are asked for.
    """

    def __init__(
        self, connector: VettedConnector, connections: int, agent: str, proxy: str | None = None
    ) -> None:
        super().__init__()
        self.connector = connector
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self.trust_env = False
        self.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
        # No compression: a small answer could not be told from one of gigabytes.
        self.headers.update({"User-Agent": agent, "Accept-Encoding": "identity"})
        self.adapters.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, Guard(connector, connections))

    def ask(self, url: str, seconds: float) -> requests.Response:
        """A GET whose headers and body, still to be read, are over after `seconds` in all.

        As `get`, less what requests spends on hooks, cookies and the environment: a third of the
        processor's time for a picture.
        """
        request = requests.PreparedRequest()
        request.prepare("GET", url, headers=self.headers)
        # A total, not a tuple: what connecting took is not left for reading.
        timeout: Any = Timeout(total=seconds)
        proxies = self._proxies_for(str(request.url))
        return self.get_adapter(url).send(request, stream=True, timeout=timeout, proxies=proxies)

    def answers(self, url: str, seconds: float) -> bool:
        """Whether any answer comes in time; its body is not read."""
        try:
            self.ask(url, seconds).close()
        except (requests.RequestException, HTTPError, OSError, BlockedAddressError):
            return False
        return True

    def _proxies_for(self, url: str) -> dict[str, str]:
        """The proxies, when they may be asked for the URL; raises `BlockedAddressError`."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if not self._proxies or host in self.connector.routes:
            return {}
        self.connector.vet_for_proxy(host, parts.port or _PORTS[parts.scheme])
        return self._proxies

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests would read a redirect's whole body; `fetch` follows them by hand."""


def session(params: Params, routes: Routes | None = None) -> GuardedSession:
    """A session that says honestly who asks.

    `InputError` when the contact cannot be sent, or when the proxy is no address of one.
    """
    contact = params.contact
    if not (contact.isascii() and contact.isprintable()):
        raise InputError(f"params.yaml: scrape.contact = {contact!r}: must be plain ASCII text")
    connector = VettedConnector(routes or {}, proxy=_proxy_address(params.proxy))
    agent = f"{AGENT}/0.1 (+{contact})"
    return GuardedSession(connector, 2 * params.threads, agent, params.proxy)


def _proxy_address(proxy: str | None) -> tuple[str, int] | None:
    if proxy is None:
        return None
    where = f"params.yaml: scrape.proxy = {cut(proxy)!r}"
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in _PORTS:
        raise InputError(f"{where}: must be like http://proxy.example:3128, or null")
    if "@" in parts.netloc:
        raise InputError(
            f"{where}: must not hold a password, since params.yaml is shared and shown in the "
            f"report; use a proxy on this machine that knows it"
        )
    return host, port or _PORTS[parts.scheme]
