"""A site of our own on loopback, whose answers a test writes down as a table."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from stages.core.store import Store
from stages.scrape.crawl import guard
from stages.scrape.params import Params

DATE = "Wed, 01 May 2024 10:00:00 GMT"
HOSTS = ("search.test", "pictures.test", "other.test")


@dataclass
class Reply:
    """`drip` seconds pass before every byte of the body; `raw` is sent instead of everything."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    raw: Callable[[Any], None] | None = None


@dataclass
class Site:
    """`answers` maps a path, or a host and a path, to a reply or to several, the last repeated."""

    port: int
    answers: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    log: list[tuple[float, str, str]] = field(default_factory=list)  # time, host, path and query

    @property
    def routes(self) -> dict[str, tuple[str, int]]:
        return dict.fromkeys(HOSTS, ("127.0.0.1", self.port))

    def paths(self, robots: bool = False) -> list[str]:
        return [path for _, _, path in self.log if robots or path != "/robots.txt"]

    def find(self, host: str, path: str) -> Reply:
        for name in (host + path, path):
            found = self.answers.get(name)
            if isinstance(found, list):
                return found.pop(0) if len(found) > 1 else found[0]
            if found:
                return found
        return Reply(status=404)

    def search(self, name: str, *pages: list[str]) -> None:
        """Answer the query `name` with pages of picture addresses."""
        for number, urls in enumerate(pages):
            body = "".join(link(url) for url in urls).encode()
            path = f"/images/async?q={name}&first={1 + 20 * number}&count=20"
            self.answers[path] = Reply(b"<html><body>" + body + b"</body></html>")


def link(url: str) -> str:
    page = f"http://pages.test/{urlsplit(url).path.strip('/')}"
    content = json.dumps({"murl": url, "purl": page, "t": f"Title of {url}"})
    return f'<div class="imgpt"><a class="iusc" m="{escape(content)}"></a></div>'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms behind its headers
    site: Site

    def do_GET(self) -> None:
        host = self.headers["Host"].split(":")[0]
        self.site.log.append((time.monotonic(), host, self.path))
        reply = self.site.find(host, self.path)
        time.sleep(reply.delay)
        try:
            reply.raw(self) if reply.raw else self.send(reply)
        except OSError:
            self.close_connection = True  # the client had enough

    def send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        headers = {"Date": DATE, "Content-Length": str(len(reply.body))} | reply.headers
        for name, value in headers.items():
            for each in value.split("\n"):
                self.send_header(name, each)
        self.end_headers()
        if not reply.drip:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            time.sleep(reply.drip)
            self.wfile.write(bytes([byte]))

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


@pytest.fixture
def site() -> Iterator[Site]:
    handler = type("SiteHandler", (Handler,), {})
    server = Server(("127.0.0.1", 0), handler)
    handler.site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield handler.site
    server.shutdown()
    server.server_close()


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def params() -> Params:
    return Params(
        sources={"bing": "data/celebrities.csv"},
        max_results=40,
        min_pictures=0,
        licence="any",
        min_picture_side=16,
        max_pixels=1_000_000,
        max_bytes=200_000,
        download_timeout=5,
        max_attempts=2,
        request_interval=0,
        threads=4,
        proxy=None,
        contact="https://faceline.example/contact",
        files_per_partition=10,
        site=None,
    )


@pytest.fixture
def session(params: Params, site: Site) -> Iterator[guard.GuardedSession]:
    with guard.session(params, site.routes) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Any) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Bytes of a picture, other ones for each seed."""

    def make(seed: int = 0, size: tuple[int, int] = (48, 32), kind: str = "JPEG", **save: Any):
        coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(coarse).resize(size).save(stream, kind, **save)
        return stream.getvalue()

    return make
