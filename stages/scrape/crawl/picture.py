"""Is it a picture, a whole one, and how does it look? Every byte may be hostile."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass, field

import imagehash
from PIL import Image

from stages.pictures import exif
from stages.scrape.source import Scrape

# Pillow's other readers are seldom used, and some (EPS) start programs: not for data from the web.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "MPO")
# What Pillow raises on damaged files of these formats, besides its own errors, which are OSErrors.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)

# Set once for the process: `warnings.catch_warnings` is not safe for several threads.
warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged metadata: one line per picture
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Rejected(Exception):  # noqa: N818 - a verdict, named as in the reasons of `ATTEMPTS`
    """The body is not a picture to keep."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Picture:
    """`width` and `height` are in pixels of the upright picture; `phash` is 16 hex digits."""

    format: str
    width: int
    height: int
    phash: str
    metadata: dict[str, str] = field(default_factory=dict)


def inspect(body: bytes, params: Scrape) -> Picture:
    """Decode `body` wholly and describe its first frame; `Rejected` says why it is no good.

    The format is that of the content, whatever the URL or a header calls it.
    """
    if not body:
        raise Rejected("empty_body")
    with _opened(body, params) as image:
        _load(image)
        tags = exif.read(image, DAMAGE)
        try:
            plain = image if image.mode == "RGB" else image.convert("RGB")
            upright = exif.upright(plain, tags)
            phash = str(imagehash.phash(upright))
        except DAMAGE as error:
            raise Rejected("not_an_image", _told(error)) from error
        kind = (image.format or "").lower()
        return Picture(kind, upright.width, upright.height, phash, exif.metadata(tags))


def _opened(body: bytes, params: Scrape) -> Image.Image:
    """The picture with only its header read, so that its size is known before it takes memory."""
    try:
        image: Image.Image = Image.open(io.BytesIO(body), formats=FORMATS)
    except _BOMB as error:
        raise Rejected("too_many_pixels", _told(error)) from error
    except DAMAGE as error:
        raise Rejected("not_an_image") from error
    width, height = image.size
    if width * height > params.max_pixels:
        raise Rejected("too_many_pixels", f"{width}x{height}")
    if min(width, height) < params.min_picture_side:
        raise Rejected("too_small", f"{width}x{height}")
    return image


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except _BOMB as error:
        raise Rejected("too_many_pixels", _told(error)) from error
    except DAMAGE as error:
        raise Rejected("truncated", _told(error)) from error


def _told(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
