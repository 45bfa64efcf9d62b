"""A small image-search site on this machine, for the demo and for tests.

`python -m stages.scrape.sources.demo.site` shows it until Ctrl-C. The hosts end in `.test`,
which no name server knows; whoever crawls them is given `Routes`. For people to look at, the plain
address has a page of everyone, and under `/<host>/…` whatever a host has.
"""

import argparse
import errno
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, quote, urlsplit

from stages.core import catalogue
from stages.core.program import InputError
from stages.scrape.datasets import people
from stages.scrape.sources.demo.site import pages
from stages.scrape.sources.demo.site.mishaps import Reply
from stages.scrape.sources.demo.site.search_results import CDN, PICTURES, Tile
from stages.scrape.sources.demo.site.server import listening
from stages.scrape.sources.demo.site.webs import Drawn, Folder

SEARCH = "search.demo.test"
BASE = f"http://{SEARCH}"
HOSTS = (SEARCH, PICTURES, CDN)
Routes = Mapping[str, tuple[str, int]]  # host name: the address and port that answer for it

_ROBOTS = {SEARCH: "User-agent: *\nDisallow:\n", PICTURES: "User-agent: *\nDisallow: /private/\n"}
_HTML = "text/html; charset=utf-8"


class Web(Protocol):
    """What is shown: `webs.Drawn` or `webs.Folder`."""

    people: dict[str, str]

    def tiles(self, identity: str) -> Sequence[Tile]: ...
    def file(self, target: str) -> Reply | None: ...


@contextmanager
def serving(web: Web, log: Path | None = None, port: int = 0) -> Iterator[Routes]:
    """Show a web on a loopback port (0: any free one) while the block runs.

    `log` gets one line of JSON per request: host, path with query, status.
    """
    with listening(lambda host, target: answer(web, host, target), HOSTS, log, port) as address:
        yield dict.fromkeys(HOSTS, address)


def answer(web: Web, host: str, target: str) -> Reply:
    """What a host gives at a path and query. Any other host is the plain address, for people."""
    path, asked = urlsplit(target).path, parse_qs(urlsplit(target).query)
    reply: Reply | None = None
    if path == "/robots.txt" and host in _ROBOTS:
        reply = Reply(content_type="text/plain", body=_ROBOTS[host].encode())
    elif path.startswith("/people/") and host not in (SEARCH, CDN):
        reply = _person(web, path.removeprefix("/people/"))
    elif path == "/images/async" and host == SEARCH:
        reply = _search(web, asked)
    elif host in (PICTURES, CDN):
        reply = web.file(target)
    elif path == "/" and host not in HOSTS:
        reply = _index(web)
    return reply or Reply(404, _HTML, b"<h1>404</h1>\n")


def _search(web: Web, asked: Mapping[str, list[str]]) -> Reply:
    """One page of results. `first` counts from 1; any filter (`qft`) lets everything through."""
    query = _folded(asked.get("q", [""])[0])
    identity = next((one for one, name in web.people.items() if _folded(name) == query), "")
    try:
        first, count = (int(asked.get(key, [usual])[0]) for key, usual in _PAGE.items())
    except ValueError:
        return Reply(400, _HTML, b"<h1>400</h1>\n")
    return _page(pages.search_page(web.tiles(identity), max(first, 1) - 1, min(count, 35)))


_PAGE = {"first": "1", "count": str(pages.PAGE_SIZE)}


def _folded(query: str) -> str:
    return " ".join(query.casefold().split())


def _person(web: Web, identity: str) -> Reply | None:
    if identity not in web.people:
        return None
    return _page(pages.person_page(web.people[identity], web.tiles(identity)))


def _index(web: Web) -> Reply:
    faces = {identity: _face(web.tiles(identity)) for identity in web.people}
    return _page(pages.index_page(web.people, faces))


def _face(tiles: Sequence[Tile]) -> str:
    """A picture to show for a person: the first that is one."""
    kept = [tile for tile in tiles if tile.expected is None]
    portraits = [tile.url for tile in kept if tile.kind == "portrait"]
    return next(iter(portraits or [tile.url for tile in kept]), "")


def _page(text: str) -> Reply:
    return Reply(content_type=_HTML, body=text.encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m stages.scrape.sources.demo.site", description=__doc__
    )
    parser.add_argument("--folder", type=Path, help="pictures and people.csv to show instead")
    parser.add_argument("--catalogue", type=Path, default=Path("data/celebrities.csv"))
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    given = parser.parse_args()
    try:
        web = _web(given.folder, given.catalogue)
        with serving(web, port=given.port) as routes:
            _tell(web, "http://{}:{}".format(*routes[SEARCH]))
            threading.Event().wait()
    except InputError as error:
        sys.exit(f"site: {error}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"site: --port {given.port} is in use; 0 takes any free one")
    except KeyboardInterrupt:
        sys.exit(130)


def _web(folder: Path | None, rows: Path) -> Web:
    return Folder(folder, people.read(folder)) if folder else Drawn(catalogue.read(rows))


def _tell(web: Web, base: str) -> None:
    identity, name = next(iter(web.people.items()), ("", ""))
    print(f"Everyone          {base}/", flush=True)
    print(f"One person        {base}/people/{identity}", flush=True)
    print(f"A result page     {base}/{SEARCH}/images/async?q={quote(name)}&first=1", flush=True)


if __name__ == "__main__":
    main()
