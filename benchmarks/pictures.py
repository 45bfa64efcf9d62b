"""Pictures to measure with: a folder's, a zip's, drawn ones, or noise."""

import dataclasses
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from stages.pictures.decoder import decode
from stages.pictures.limits import Limits

LIMITS = Limits(max_pixels=50_000_000)

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def read_pictures(count: int, folder: Path | None, archive: Path | None) -> list[bytes]:
    """Up to `count` encoded pictures of one size: the commonest of the folder or the zip.

    Drawn ones when neither is given. Raises ValueError for a picture that cannot be decoded.
    """
    if folder:
        found = files(folder)
    elif archive:
        found = members(archive)
    else:
        return list(drawn(count))
    sizes = defaultdict(list)
    for data in found:
        sizes[decode(data, LIMITS).shape].append(data)
    return max(sizes.values(), key=len, default=[])[:count]


def files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            yield path.read_bytes()


def members(archive: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as opened:
        for name in sorted(opened.namelist()):
            if name.lower().endswith(SUFFIXES):
                yield opened.read(name)


def drawn(count: int) -> Iterator[bytes]:
    from stages.scrape.sources.demo.painter.person import invent_person
    from stages.scrape.sources.demo.painter.portrait import paint_portrait
    from stages.scrape.sources.demo.painter.shot import compose_shot

    for number in range(count):
        person = invent_person(f"person-{number // 5}", {})
        shot = dataclasses.replace(compose_shot(person, number % 5), width=224, height=280)
        stream = io.BytesIO()
        paint_portrait(person, shot).save(stream, "JPEG", quality=90)
        yield stream.getvalue()


def noise(seed: int, side: int) -> bytes:
    """A square JPEG that compresses badly: some 24 kB at 160 pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def variants(pictures: list[bytes]) -> Callable[[int], bytes]:
    """By number, these pictures again and again, each time with other bytes behind their end."""
    return lambda number: pictures[number % len(pictures)] + number.to_bytes(4, "big")
