"""Small pictures of every kind, whole, cut and hostile."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000")
DATE_TIME, ORIGINAL, DESCRIPTION, ORIENTATION, KEYWORDS = 0x0132, 0x9003, 0x010E, 0x0112, 0x9C9E


def picture(
    seed: int = 0, size: tuple[int, int] = (48, 32), kind: str = "JPEG", **options: Any
) -> bytes:
    """A file of random patches, like no other seed's."""
    patches = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return stored(Image.fromarray(patches).resize(size), kind, **options)


def stored(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file of this format."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def exif(**tags: Any) -> bytes:
    """EXIF bytes; `original` goes where cameras put it, into the Exif directory."""
    names = {"date": DATE_TIME, "title": DESCRIPTION, "turn": ORIENTATION, "keywords": KEYWORDS}
    made = Image.Exif()
    for name, value in tags.items():
        if name == "original":
            made.get_ifd(0x8769)[ORIGINAL] = value
        else:
            made[names[name]] = value
    return made.tobytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels and holds none."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 10)
    chunks = b"".join(
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each))
        for each in (header, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks
