"""How a file is built, read from its bytes alone, before any parser works on it.

A parser's time follows not the pixels but the parts: scans, segments, chunks, tags, tiles. A file
of a few megabytes can hold a million of them.
"""

from collections.abc import Iterator
from typing import Literal

SEGMENTS = 5_000  # of a JPEG before its first scan, fill bytes included; cameras write about ten
CHUNKS = 20_000  # of a PNG; encoders write one for every few kilobytes
SCANS = 64  # of a JPEG, each a pass over all pixels; encoders make about ten
TAG_BYTES = 1_000_000  # of one tag of a TIFF's first directory
TILES = 4_096  # of a JPEG 2000

_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def objection(body: bytes) -> str | None:
    """What the file has too many of, in words; None when it may be parsed."""
    for name, counts, limit in (
        ("segments", _jpeg_segments(body), SEGMENTS),
        ("chunks", _png_chunks(body), CHUNKS),
        ("bytes in a tag", _tiff_tags(body), TAG_BYTES),
        ("tiles", _jpeg2000_tiles(body), TILES),
    ):
        if any(count > limit for count in counts):
            return f"more than {limit} {name}"
    if body.startswith(b"\xff\xd8") and body.count(b"\xff\xda") > SCANS:
        return f"more than {SCANS} scans"
    return None


def _jpeg_segments(body: bytes) -> Iterator[int]:
    """How many segments and fill bytes there were so far, up to the first scan."""
    at, count = (2, 0) if body.startswith(b"\xff\xd8") else (len(body), 0)
    while at + 4 <= len(body) and body[at] == 0xFF and body[at + 1] != 0xDA:
        count += 1
        yield count
        fills = body[at + 1] == 0xFF
        at += 1 if fills else 2 + int.from_bytes(body[at + 2 : at + 4], "big")


def _png_chunks(body: bytes) -> Iterator[int]:
    """How many chunks there were so far."""
    at, count = (8, 0) if body.startswith(b"\x89PNG\r\n\x1a\n") else (len(body), 0)
    while at + 8 <= len(body):
        count += 1
        yield count
        at += 12 + int.from_bytes(body[at : at + 4], "big")


def _tiff_tags(body: bytes) -> Iterator[int]:
    """The bytes of each tag of the first directory."""
    if body[:4] not in (b"II*\0", b"MM\0*"):
        return
    order: Literal["little", "big"] = "little" if body[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(body[at : at + size], order)

    start = number(4, 4)
    for entry in range(number(start, 2)):
        at = start + 2 + 12 * entry
        yield number(at + 4, 4) * _TIFF_SIZES.get(number(at + 2, 2), 1)


def _jpeg2000_tiles(body: bytes) -> Iterator[int]:
    """The number of tiles that the codestream's header names."""
    at = body.find(b"\xff\x4f\xff\x51", 0, 100_000)
    if at < 0 or not body.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")):
        return
    width, height, *_, across, down = (
        int.from_bytes(body[place : place + 4], "big") for place in range(at + 8, at + 32, 4)
    )
    yield -(-width // max(across, 1)) * -(-height // max(down, 1))
