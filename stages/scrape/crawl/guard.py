"""The only way out to the network: a requests session that cannot be led to private addresses.

Every connection, at every redirect, goes through a `VettedConnector`; certificates and SNI keep
the name.
"""

import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from stages.core.program import InputError
from stages.scrape.crawl.connector import Routes, VettedConnector
from stages.scrape.crawl.timed import TimedResponse
from stages.scrape.source import Scrape

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
    def __init__(self, connector: VettedConnector, **options: Any) -> None:
        super().__init__(**options)
        self._connector = connector
        self.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def _new_pool(self, *args: Any, **options: Any) -> HTTPConnectionPool:
        pool = super()._new_pool(*args, **options)
        pool.conn_kw["connector"] = self._connector
        return pool


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
            self.connector, num_pools=connections, maxsize=maxsize, block=block, **options
        )


class GuardedSession(requests.Session):
    """A session that forgets cookies, ignores the environment and follows no redirect."""

    def __init__(self, connector: VettedConnector, connections: int, agent: str) -> None:
        super().__init__()
        self.connector = connector
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
        return self.get_adapter(url).send(request, stream=True, timeout=timeout)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: requests would read a redirect's whole body; `fetch` follows them by hand."""


def session(params: Scrape, routes: Routes | None = None) -> GuardedSession:
    """A session that says honestly who asks; `InputError` when the contact cannot be sent."""
    contact = params.contact
    if not (contact.isascii() and contact.isprintable()):
        raise InputError(f"params.yaml: scrape.contact = {contact!r}: must be plain ASCII text")
    return GuardedSession(
        VettedConnector(routes or {}), 2 * params.threads, f"{AGENT}/0.1 (+{contact})"
    )
