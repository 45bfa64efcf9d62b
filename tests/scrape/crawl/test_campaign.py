"""Two hundred hostile answers in one crawl: a row each, nothing stray, in bounded time and memory.

Run with -s, it prints its figures.
"""

import random
import resource
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from stages.scrape.crawl import crawler
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.source import Partition
from tests.scrape.crawl.hostile import ANSWERS, OK
from tests.scrape.crawl.test_fetch import PRIVATE
from tests.scrape.crawl.test_hostile import raw

MUTATIONS = 80
SECONDS, MEGABYTES = 90, 400
MORE_PRIVATE = [
    "http://0/", "http://0.0.0.0/", "http://127.1/", "http://2130706433/", "http://0x7f000001/",
    "http://0177.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://[::]/", "http://[fe80::1]/",
    "http://[fc00::1]/", "http://[2002:7f00:1::]/", "http://192.168.0.1/", "http://172.16.0.1/",
    "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.0.8/",
    "https://127.0.0.1/", "http://a:b@127.0.0.1/", "http://127.0.0.1:80@10.0.0.1/",
    "http:///a.jpg", "http://:80/", "http://pictures.test:-1/", "http://pictures.test:1e3/",
    "//127.0.0.1/", "\\\\127.0.0.1\\a", "data:image/png;base64,AAAA", "jar:http://x!/",
    "about:blank",
]  # fmt: skip


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that claims a size; its pixels are what `data` decompresses to."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


BOMBS = [
    png(20_000, 20_000),
    png(2**31 - 1, 2**31 - 1),
    png(900, 900, zlib.compress(b"\0" * 50_000_000)),
    png(900, 900, b"\xff" * 1000),
    png(0, 0),
    b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 900,
    b"RIFF\xff\xff\xff\xffWEBPVP8L" + b"\xff" * 500,
    b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 5000,
    b"BM" + b"\xff" * 200,
    b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 3000,
]


def mutated(chance: random.Random, picture: bytes) -> bytes:
    """A good answer of which some bytes are others, gone or there twice."""
    headers = b"Content-Length: %d\r\nDate: Wed, 01 May 2024 10:00:00 GMT\r\n\r\n" % len(picture)
    answer = bytearray(OK + headers + picture)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(min(len(answer), chance.choice((60, 200, len(answer)))))
        length = chance.randint(0, 12)
        answer[place : place + length] = chance.randbytes(chance.choice((0, length, 2 * length)))
    return bytes(answer)


@pytest.fixture
def connected() -> Iterator[list[Any]]:
    """Where sockets are connected to while the test runs."""
    places: list[Any] = []
    listening = True

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if listening and event == "socket.connect":
            places.append(arguments[1])

    sys.addaudithook(audit)  # there is no way to remove it
    yield places
    listening = False


def test_two_hundred(site, reply, picture, params, store, connected, capsys) -> None:
    chance = random.Random(1)
    urls, routes = [], dict(site.routes)

    def serve(answer, path: str = "a.jpg") -> None:
        host = f"h{len(urls)}.test"
        routes[host] = ("127.0.0.1", site.port)
        site.answers[f"{host}/{path}"] = answer
        urls.append(f"http://{host}/{path}" if path == "a.jpg" else f"http://{host}/a.jpg")

    for name, (content, _) in ANSWERS.items():
        serve(reply(raw=raw(content, name.startswith("endless"))))
    for form in PRIVATE + MORE_PRIVATE:
        target = form.format(port=site.port)
        serve(reply(status=302, headers={"Location": target}))
        urls.append(target)
    for bomb in BOMBS:
        serve(reply(bomb))
        serve(reply(bomb), "robots.txt")
    for number in range(MUTATIONS):
        path = "robots.txt" if number % 8 == 0 else "a.jpg"
        serve(reply(raw=raw(mutated(chance, picture(number)), endless=False)), path)
    urls = list(dict.fromkeys(urls))
    site.answers["/good.jpg"] = reply(picture(1000))
    results = [SearchResult(url) for url in [*urls, "http://pictures.test/good.jpg"]]
    engine = Engine("urls", lambda *_: [], lambda _: [], known_results=lambda _: results)
    changed = params.model_copy(update={"max_attempts": 1, "download_timeout": 2, "threads": 16})

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    (crawled,) = crawler.crawl([Partition("a", {})], engine, changed, store, routes)
    took = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    stray = [place for place in connected if place != ("127.0.0.1", site.port)]
    reasons = Counter(str(row["reason"]) for row in crawled.attempts)
    with capsys.disabled():
        print(f"\n{len(urls)} hostile answers: {len(crawled.attempts)} rows, {took:.1f} s, "
              f"{grown:.0f} MB more, {len(stray)} stray connections, {dict(reasons)}")  # fmt: skip

    assert len(urls) >= 200
    assert len(crawled.attempts) == len(results)
    assert crawled.attempts[-1]["reason"] is None
    assert stray == []
    assert connected
    assert took < SECONDS
    assert grown < MEGABYTES
