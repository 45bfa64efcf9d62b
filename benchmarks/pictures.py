"""Pictures to measure with: a folder's, a zip's, or drawn ones."""

import dataclasses
import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from stages.cropping import decode

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
        sizes[decode(data).shape].append(data)
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
    from stages.drawn import paint, people

    for number in range(count):
        person = people.person(f"person-{number // 5}", {})
        shot = dataclasses.replace(people.shot(person, number % 5), width=224, height=280)
        stream = io.BytesIO()
        paint.paint(person, shot).save(stream, "JPEG", quality=90)
        yield stream.getvalue()
