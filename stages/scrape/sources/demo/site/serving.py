"""A small image-search site on this machine, for the demo and for tests.

No name server knows its hosts: whoever crawls them needs `Routes`. For people to look at, the plain
address has a page of everyone, and under `/<host>/…` whatever a host has.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from stages.scrape.sources.demo.site import pages
from stages.scrape.sources.demo.site.hits import Hit
from stages.scrape.sources.demo.site.hosts import CDN, HOSTS, PICTURES, SEARCH
from stages.scrape.sources.demo.site.reply import Reply
from stages.scrape.sources.demo.site.server import listening
from stages.scrape.sources.demo.site.web import Web

Routes = Mapping[str, tuple[str, int]]  # host name: the address and port that answer for it

_ROBOTS = {SEARCH: "User-agent: *\nDisallow:\n", PICTURES: "User-agent: *\nDisallow: /private/\n"}
_HTML = "text/html; charset=utf-8"
_DEFAULTS = {"first": "1", "count": str(pages.PAGE_SIZE)}
_MOST_HITS = 35  # on a page, whatever `count` asks for


@contextmanager
def serving(web: Web, log: Path | None = None, port: int = 0) -> Iterator[Routes]:
    """Show a web on a loopback port (0: any free one) while the block runs.

    `log` gets one line of JSON per request: host, path with query, status.
    """
    with listening(lambda host, target: answer(web, host, target), HOSTS, log, port) as address:
        yield dict.fromkeys(HOSTS, address)


def answer(web: Web, host: str, target: str) -> Reply:
    """A host's answer to a path and query. Any other host is the plain address, for people."""
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
    reply: Reply | None = None
    if path == "/robots.txt" and host in _ROBOTS:
        reply = Reply(content_type="text/plain", body=_ROBOTS[host].encode())
    elif path.startswith("/people/") and host not in (SEARCH, CDN):
        reply = _person(web, path.removeprefix("/people/"))
    elif path == "/images/async" and host == SEARCH:
        reply = _search(web, query)
    elif host in (PICTURES, CDN):
        reply = web.file(target)
    elif path == "/" and host not in HOSTS:
        reply = _index(web)
    return reply or Reply(404, _HTML, b"<h1>404</h1>\n")


def _search(web: Web, query: Mapping[str, list[str]]) -> Reply:
    """One page of hits. `first` counts from 1; any filter (`qft`) lets everything through."""
    name = _folded(query.get("q", [""])[0])
    identity = next((key for key, value in web.people.items() if _folded(value) == name), "")
    try:
        first, count = (int(query.get(key, [usual])[0]) for key, usual in _DEFAULTS.items())
    except ValueError:
        return Reply(400, _HTML, b"<h1>400</h1>\n")
    return _page(pages.search_page(web.hits(identity), max(first, 1) - 1, min(count, _MOST_HITS)))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _person(web: Web, identity: str) -> Reply | None:
    if identity not in web.people:
        return None
    return _page(pages.person_page(web.people[identity], web.hits(identity)))


def _index(web: Web) -> Reply:
    faces = {identity: _thumbnail_url(web.hits(identity)) for identity in web.people}
    return _page(pages.index_page(web.people, faces))


def _thumbnail_url(hits: Sequence[Hit]) -> str:
    """A picture to show for a person: their first portrait, or else their first picture, or ""."""
    kept = [hit for hit in hits if hit.expected is None]
    portraits = [hit.url for hit in kept if hit.kind == "portrait"]
    return next(iter(portraits or [hit.url for hit in kept]), "")


def _page(text: str) -> Reply:
    return Reply(content_type=_HTML, body=text.encode())
