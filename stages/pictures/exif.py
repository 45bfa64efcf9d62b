"""What a picture says about itself in EXIF: which side is up, when, what, and our own tags.

Nothing here may fail a picture: a tag that does not parse is ignored.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from stages.core.texts import KEYWORD, bounded, tidy

Tags = Mapping[int, Any]
YEARS = (1900, 2099)  # a camera whose clock is unset says 0000 or 1

_Base = ExifTags.Base
_XP_KEYWORDS = 0x9C9E
_KEYWORDS_LIMIT = 8192  # bytes
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read(image: Image.Image) -> Tags:
    """The picture's EXIF tags, those of its first and of its Exif directory; empty if damaged."""
    try:
        tags = image.getexif()
        return {**tags, **tags.get_ifd(ExifTags.IFD.Exif)}
    except Exception:
        return {}


def upright(image: Image.Image, tags: Tags) -> Image.Image:
    """The picture turned upright, as its orientation tag says."""
    orientation = tags.get(_Base.Orientation)
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def metadata(tags: Tags) -> dict[str, str]:
    """`taken` (ISO date), `title`, and the `XPKeywords` entries `faceline:name=value` as written.

    Any picture may contain such keywords, so they keep their prefix: none can be mistaken for the
    text of a data set. Later stages decide which of them are labels with valid values.
    """
    texts = _keywords(tags.get(_XP_KEYWORDS))
    taken = _date(tags.get(_Base.DateTimeOriginal)) or _date(tags.get(_Base.DateTime))
    title = tidy(tags.get(_Base.ImageDescription))
    if taken:
        texts["taken"] = taken
    if title:
        texts["title"] = title
    return texts


def _date(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        date = datetime.datetime.strptime(value.strip("\0 ")[:10], "%Y:%m:%d").date()
    except ValueError:
        return None
    return date.isoformat() if YEARS[0] <= date.year <= YEARS[1] else None


def _keywords(value: object) -> dict[str, str]:
    if isinstance(value, tuple) and all(isinstance(v, int) and 0 <= v < 256 for v in value):
        value = bytes(value)
    if not isinstance(value, bytes):
        return {}
    entries = value[:_KEYWORDS_LIMIT].decode("utf-16-le", "ignore").split(";")
    parts = (entry.strip("\0 ").partition("=") for entry in entries)
    ours = ((key.removeprefix(KEYWORD), text) for key, _, text in parts if key.startswith(KEYWORD))
    return bounded(ours, KEYWORD)
