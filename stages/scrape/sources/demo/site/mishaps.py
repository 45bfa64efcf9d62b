"""How each kind of hit is answered: the good ones plainly, the others as the web does.

Nothing here waits or counts: that is the server's work.
"""

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from stages.scrape.sources.demo.site.hits import DrawnHit
from stages.scrape.sources.demo.site.hosts import CDN, PICTURES
from stages.scrape.sources.demo.site.picture_file import picture_bytes
from stages.scrape.sources.demo.site.reply import Reply

HOP = "&hop=1"  # marks the second address of a redirect
_MiB = 1 << 20
_FAR_TOO_MUCH = 400 * _MiB
_DRIP_BYTES, _DRIP_PAUSE = 20_000, 0.2  # over an hour, unless the client or the server leaves
_CANVAS = 20_000  # pixels a side: 400 megapixels
_TYPES = {"png": "image/png", "webp": "image/webp"}


def reply_to(hit: DrawnHit, hopped: bool, visit: int) -> Reply:
    """The answer to a request for the hit's file.

    `hopped`: at the second address of a redirect. `visit` counts the requests for this URL, from 1.
    """
    if hit.kind in _REDIRECTS:
        return _redirect(hit, hopped)
    if hit.kind in ("later", "busy") and visit == 1:
        return _later() if hit.kind == "later" else _failed(503)
    make = _MISHAPS.get(hit.kind)
    return make(hit) if make else _good(hit)


def _good(hit: DrawnHit) -> Reply:
    return Reply(content_type=_TYPES.get(hit.kind, "image/jpeg"), body=picture_bytes(hit))


def _later() -> Reply:
    return Reply(429, "text/plain", b"Too many requests\n", {"Retry-After": "1"})


def _failed(status: int) -> Reply:
    return Reply(status, "text/html; charset=utf-8", f"<h1>{status}</h1>\n".encode())


def _redirect(hit: DrawnHit, hopped: bool) -> Reply:
    if hit.kind == "moved" and hopped:
        return _good(hit)
    return Reply(302, "text/plain", b"", {"Location": _REDIRECTS[hit.kind](hit, hopped)})


def _other_host(hit: DrawnHit, hopped: bool) -> str:
    old, new = (PICTURES, CDN) if PICTURES in hit.url else (CDN, PICTURES)
    return hit.url.replace(old, new, 1) + HOP


_REDIRECTS: Mapping[str, Callable[[DrawnHit, bool], str]] = {
    "moved": _other_host,
    "loop": lambda hit, hopped: hit.url + ("" if hopped else HOP),
    "private_address": lambda hit, hopped: "http://169.254.169.254/latest/meta-data/",
    "own_address": lambda hit, hopped: "http://127.0.0.1/server-status",
}


def _truncated(hit: DrawnHit) -> Reply:
    """The first half, and a Content-Length that agrees with it."""
    content = picture_bytes(hit)
    return Reply(body=content[: len(content) // 2])


def _page(hit: DrawnHit) -> Reply:
    return Reply(body=b"<!doctype html><title>Sign in</title><p>Please sign in to see this.\n")


def _opted_out(hit: DrawnHit) -> Reply:
    return Reply(body=picture_bytes(hit), headers={"X-Robots-Tag": "noai, noimageai"})


def _huge_canvas(hit: DrawnHit) -> Reply:
    """A PNG of some hundred bytes that asks its reader for 400 megapixels."""
    size = struct.pack(">IIBBBBB", _CANVAS, _CANVAS, 8, 2, 0, 0, 0)
    content = _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(b"\0" * 64)) + _chunk(b"IEND")
    return Reply(content_type="image/png", body=b"\x89PNG\r\n\x1a\n" + content)


def _chunk(name: bytes, content: bytes = b"") -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _bomb(hit: DrawnHit) -> Reply:
    """Some 400 kB that unpack to 400 MiB: gzip members may simply follow each other."""
    content = gzip.compress(bytes(_MiB), mtime=0) * (_FAR_TOO_MUCH // _MiB)
    return Reply(body=content, headers={"Content-Encoding": "gzip"})


def _drip(hit: DrawnHit) -> Reply:
    """A picture's beginning, one byte at a time."""
    start = picture_bytes(hit)[:_DRIP_BYTES].ljust(_DRIP_BYTES, b"\0")
    pieces = (start[place : place + 1] for place in range(_DRIP_BYTES))
    return Reply(body=pieces, headers={"Content-Length": str(_DRIP_BYTES)}, pause=_DRIP_PAUSE)


def _oversized(hit: DrawnHit) -> Reply:
    return Reply(body=_flood(picture_bytes(hit)), headers={"Content-Length": str(_FAR_TOO_MUCH)})


def _endless(hit: DrawnHit) -> Reply:
    return Reply(body=_flood(picture_bytes(hit)))


def _flood(start: bytes) -> Iterator[bytes]:
    """A picture and then nothing but zeros, 400 MiB in all."""
    yield start
    left = _FAR_TOO_MUCH - len(start)
    while left:
        piece = bytes(min(left, 1 << 16))
        left -= len(piece)
        yield piece


_MISHAPS: Mapping[str, Callable[[DrawnHit], Reply]] = {
    "truncated": _truncated,
    "page": _page,
    "missing": lambda hit: _failed(404),
    "forbidden": lambda hit: _failed(403),
    "paywalled": lambda hit: _failed(402),
    "opted_out": _opted_out,
    "empty": lambda hit: Reply(),
    "huge_canvas": _huge_canvas,
    "bomb": _bomb,
    "broken": lambda hit: _failed(500),
    "dropped": lambda hit: Reply(0),
    "drip": _drip,
    "oversized": _oversized,
    "endless": _endless,
}
