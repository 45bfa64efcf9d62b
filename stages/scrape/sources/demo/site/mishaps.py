"""How each kind of result is answered: the good ones plainly, the others as the web does.

A reply is data; the server in `site.py` sends it. Nothing here waits or counts.
"""

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from stages.scrape.sources.demo.site.picture_files import picture
from stages.scrape.sources.demo.site.search_results import CDN, PICTURES, Result

HOP = "&hop=1"  # marks the second address of a redirect
_MiB = 1 << 20
_FAR_TOO_MUCH = 400 * _MiB
_DRIP_BYTES, _DRIP_PAUSE = 20_000, 0.2  # over an hour, unless the client or the server leaves
_CANVAS = 20_000  # pixels a side: 400 megapixels
_TYPES = {"png": "image/png", "webp": "image/webp"}


@dataclass(frozen=True)
class Reply:
    """What to answer. Status 0: hang up. A stream goes out chunked unless it states its length."""

    status: int = 200
    content_type: str = "image/jpeg"
    body: bytes | Iterator[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0  # seconds before each piece of a stream


def reply(result: Result, hopped: bool, visit: int) -> Reply:
    """The answer to a request for the result's file.

    `hopped`: at the second address of a redirect. `visit` counts the requests for this URL, from 1.
    """
    if result.kind in _REDIRECTS:
        return _redirect(result, hopped)
    if result.kind in ("later", "busy") and visit == 1:
        return _later() if result.kind == "later" else _failed(503)
    make = _MISHAPS.get(result.kind)
    return make(result) if make else _good(result)


def _good(result: Result) -> Reply:
    return Reply(content_type=_TYPES.get(result.kind, "image/jpeg"), body=picture(result))


def _later() -> Reply:
    return Reply(429, "text/plain", b"Too many requests\n", {"Retry-After": "1"})


def _failed(status: int) -> Reply:
    return Reply(status, "text/html; charset=utf-8", f"<h1>{status}</h1>\n".encode())


def _redirect(result: Result, hopped: bool) -> Reply:
    if result.kind == "moved" and hopped:
        return _good(result)
    return Reply(302, "text/plain", b"", {"Location": _REDIRECTS[result.kind](result, hopped)})


def _other_host(result: Result, hopped: bool) -> str:
    old, new = (PICTURES, CDN) if PICTURES in result.url else (CDN, PICTURES)
    return result.url.replace(old, new, 1) + HOP


_REDIRECTS: Mapping[str, Callable[[Result, bool], str]] = {
    "moved": _other_host,
    "loop": lambda result, hopped: result.url + ("" if hopped else HOP),
    "private_address": lambda result, hopped: "http://169.254.169.254/latest/meta-data/",
    "own_address": lambda result, hopped: "http://127.0.0.1/server-status",
}


def _truncated(result: Result) -> Reply:
    """The first half, and a Content-Length that agrees with it."""
    content = picture(result)
    return Reply(body=content[: len(content) // 2])


def _page(result: Result) -> Reply:
    return Reply(body=b"<!doctype html><title>Sign in</title><p>Please sign in to see this.\n")


def _opted_out(result: Result) -> Reply:
    return Reply(body=picture(result), headers={"X-Robots-Tag": "noai, noimageai"})


def _huge_canvas(result: Result) -> Reply:
    """A PNG of some hundred bytes that asks its reader for 400 megapixels."""
    size = struct.pack(">IIBBBBB", _CANVAS, _CANVAS, 8, 2, 0, 0, 0)
    content = _chunk(b"IHDR", size) + _chunk(b"IDAT", zlib.compress(b"\0" * 64)) + _chunk(b"IEND")
    return Reply(content_type="image/png", body=b"\x89PNG\r\n\x1a\n" + content)


def _chunk(name: bytes, content: bytes = b"") -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _bomb(result: Result) -> Reply:
    """Some 400 kB that unpack to 400 MiB: gzip members may simply follow each other."""
    content = gzip.compress(bytes(_MiB), mtime=0) * (_FAR_TOO_MUCH // _MiB)
    return Reply(body=content, headers={"Content-Encoding": "gzip"})


def _drip(result: Result) -> Reply:
    """A picture's beginning, one byte at a time."""
    start = picture(result)[:_DRIP_BYTES].ljust(_DRIP_BYTES, b"\0")
    pieces = (start[place : place + 1] for place in range(_DRIP_BYTES))
    return Reply(body=pieces, headers={"Content-Length": str(_DRIP_BYTES)}, pause=_DRIP_PAUSE)


def _oversized(result: Result) -> Reply:
    return Reply(body=_flood(picture(result)), headers={"Content-Length": str(_FAR_TOO_MUCH)})


def _endless(result: Result) -> Reply:
    return Reply(body=_flood(picture(result)))


def _flood(start: bytes) -> Iterator[bytes]:
    """A picture and then nothing but zeros, 400 MiB in all."""
    yield start
    left = _FAR_TOO_MUCH - len(start)
    while left:
        piece = bytes(min(left, 1 << 16))
        left -= len(piece)
        yield piece


_MISHAPS: Mapping[str, Callable[[Result], Reply]] = {
    "truncated": _truncated,
    "page": _page,
    "missing": lambda result: _failed(404),
    "forbidden": lambda result: _failed(403),
    "paywalled": lambda result: _failed(402),
    "opted_out": _opted_out,
    "empty": lambda result: Reply(),
    "huge_canvas": _huge_canvas,
    "bomb": _bomb,
    "broken": lambda result: _failed(500),
    "dropped": lambda result: Reply(0),
    "drip": _drip,
    "oversized": _oversized,
    "endless": _endless,
}
