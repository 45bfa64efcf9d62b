"""Pictures per second off a slow site: the crawler against a bare pool of threads that checks
nothing.

    python -m benchmarks.scrape [--pictures 600] [--rounds 5]

A site in a process of its own answers every request after 50 ms. The peer is 16 threads that share
a requests session and keep what they get in memory. Ours, at 16 threads, also asks robots.txt,
vets addresses, bounds time and size, decodes and hashes every picture and stores it on disk. Both
take turns; medians are given. Then many small classes against few large ones, searches included.
Takes about a minute.
"""

import argparse
import asyncio
import importlib.metadata
import io
import json
import math
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import requests
from PIL import Image

from stages.core.catalogue import Celebrity
from stages.core.store import Store
from stages.scrape.crawl import bing_search, crawler
from stages.scrape.crawl.bing_search import PAGE
from stages.scrape.crawl.engine import Engine, SearchResult
from stages.scrape.params import Params
from stages.scrape.source import Partition

RESULTS = Path(__file__).parent / "results" / "scrape.json"
LATENCY = 0.05  # seconds, of every answer
THREADS = 16
SIZE = (320, 400)  # pixels
HOST = "site.test"
SMALL, LARGE = (600, 1), (6, 100)  # classes, and pictures of each
TARGETS = {"share of the bare pool's speed": 0.8, "600 small classes to 6 large, by answer": 0.9}
PACKAGES = ("icrawler", "requests", "urllib3", "pillow")
PARAMS = Params(
    sources={"bing": "unused"},
    max_results=100,
    min_pictures=0,
    licence="any",
    min_picture_side=64,
    max_pixels=50_000_000,
    max_bytes=20_000_000,
    download_timeout=30,
    max_attempts=3,
    request_interval=0,
    threads=THREADS,
    proxy=None,
    contact="https://faceline.example",
    files_per_partition=1,
    site=None,
)


def photo(seed: int) -> bytes:
    """A JPEG of some 16 kB, with a photograph's mix of smooth and rough."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 256, (10, 8, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC)).astype(np.int16)
    grain = chance.normal(0, 6, pixels.shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(stream, "JPEG")
    return stream.getvalue()


def answer(target: str, photos: list[bytes]) -> tuple[int, bytes]:
    """/<n>.jpg is a picture. The query "<class>x<count>" has `count` results."""
    parts = urlsplit(target)
    if parts.path.endswith(".jpg"):
        number = int(parts.path[1:-4])  # other bytes for each: equal ones are duplicates
        return 200, photos[number % len(photos)] + number.to_bytes(4, "big")
    if parts.path != "/images/async":
        return 404, b""
    query = parse_qs(parts.query)
    first, (name, count) = int(query["first"][0]) - 1, map(int, query["q"][0].split("x"))
    numbers = range(name * count, (name + 1) * count)[first : first + PAGE]
    links = (json.dumps({"murl": f"http://{HOST}/{number}.jpg"}) for number in numbers)
    return 200, "".join(f'<a class="iusc" m="{escape(link)}"></a>' for link in links).encode()


async def talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, photos: list[bytes]
) -> None:
    with suppress(ConnectionResetError):  # the client closed it without a farewell
        while request := await reader.readline():
            while (await reader.readline()).strip():
                pass
            await asyncio.sleep(LATENCY)
            status, body = answer(request.split()[1].decode(), photos)
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
    writer.close()


def site(ready: Any) -> None:
    photos = [photo(seed) for seed in range(20)]

    async def serve() -> None:
        server = await asyncio.start_server(lambda r, w: talk(r, w, photos), "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def bare(port: int, count: int) -> int:
    with requests.Session() as session, ThreadPoolExecutor(THREADS) as pool:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=THREADS))
        urls = (f"http://127.0.0.1:{port}/{number}.jpg" for number in range(count))
        return sum(bool(body) for body in pool.map(lambda url: session.get(url).content, urls))


def crawled(port: int, engine: Engine, partitions: list[Partition], results: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        routes = {HOST: ("127.0.0.1", port)}
        params = PARAMS.model_copy(update={"max_results": results})
        found = crawler.crawl(partitions, engine, params, Store(Path(folder)), routes)
        return sum(len(each.images) for each in found)


def listed(port: int, count: int) -> int:
    results = [SearchResult(f"http://{HOST}/{number}.jpg") for number in range(count)]
    engine = Engine("list", lambda *_: [], lambda _: [], known_results=lambda _: results)
    return crawled(port, engine, [Partition("all", {})], count)


def searched(port: int, classes: int, each: int) -> int:
    people = [
        Partition(f"p{number}", {}, Celebrity(f"p{number}", f"{number}x{each}"))
        for number in range(classes)
    ]
    return crawled(port, bing_search.engine("bing", f"http://{HOST}"), people, each)


def answers(classes: int, each: int) -> int:
    """Result pages and pictures."""
    return classes * (each + math.ceil(each / PAGE))


def measure(port: int, pictures: int, rounds: int) -> dict[str, Any]:
    ways: dict[str, tuple[int, Callable[[], int]]] = {
        "bare pool, checks nothing": (pictures, lambda: bare(port, pictures)),
        "ours, a list": (pictures, lambda: listed(port, pictures)),
        "ours, 600 classes of 1, searched for": (600, lambda: searched(port, *SMALL)),
        "ours, 6 classes of 100, searched for": (600, lambda: searched(port, *LARGE)),
    }
    speeds, cost = defaultdict(list), defaultdict(list)
    for turn in range(rounds + 1):
        for name, (count, way) in ways.items():
            begin, busy = time.perf_counter(), time.process_time()
            got = way()
            taken, busy = time.perf_counter() - begin, time.process_time() - busy
            if got != count:
                raise RuntimeError(f"{name}: {got} of {count} pictures")
            if turn:  # the first turn warms up
                speeds[name].append(count / taken)
                cost[name].append(busy / count)
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    peer, ours, small, large = medians.values()
    even = small * answers(*SMALL) / (large * answers(*LARGE))
    return {
        "pictures_per_second": medians,
        "processor_seconds_per_picture": {k: statistics.median(v) for k, v in cost.items()},
        "figures": dict(zip(TARGETS, (ours / peer, even), strict=True)),
        "rounds": dict(speeds),
    }


def machine() -> dict[str, Any]:
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        **{package: importlib.metadata.version(package) for package in PACKAGES},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    server = context.Process(target=site, args=(ready,), daemon=True)
    server.start()
    try:
        result = measure(ready.get(timeout=60), options.pictures, options.rounds)
    finally:
        server.terminate()
    for name, speed in result["pictures_per_second"].items():
        busy = 1000 * result["processor_seconds_per_picture"][name]
        print(f"{name:<40}{speed:>9.1f} pictures/s {busy:>6.2f} ms of processor each")
    for name, figure in result["figures"].items():
        met = "met" if figure >= TARGETS[name] else "MISSED"
        print(f"{name:<40}{figure:>9.3f} at least {TARGETS[name]}: {met}")
    RESULTS.parent.mkdir(exist_ok=True)
    content = {"latency_seconds": LATENCY, "threads": THREADS, **result, "machine": machine()}
    RESULTS.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
