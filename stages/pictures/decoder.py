"""The one decoder of pictures. Every byte may be hostile: sizes, formats, metadata, structure.

A header is read first, so a picture's size is known before it takes memory; pixels in flight are
bounded over all threads; and whatever a parser raises is a verdict on this one picture.
"""

import ctypes
import io
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, features

from stages.pictures import exif, structure
from stages.pictures.limits import Limits

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) RGB

# Pillow's other readers are seldom used, and some (EPS) start programs: not for data from the web.
# Its reader of JPEG reads MPO too, of which the first picture counts.
FORMATS = (
    *("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"),
    *(["AVIF"] if features.check("avif") else []),
    *(["JPEG2000"] if features.check("jpg_2000") else []),
)
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
PIXELS_IN_FLIGHT = 100_000_000  # decoded at once by all threads; each takes some 12 bytes

if sys.platform == "linux":
    # Give large pictures back to the system: the C library would keep some for every thread.
    ctypes.CDLL(None).mallopt(-3, 1_000_000)  # M_MMAP_THRESHOLD, bytes

Image.MAX_IMAGE_PIXELS = None  # `Limits` holds instead, also for pictures larger than Pillow's own
# Set once for the process: `warnings.catch_warnings` is not safe for several threads.
warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged metadata: one line per picture


class Rejected(Exception):  # noqa: N818 - a verdict, named as in the reasons of `ATTEMPTS`
    """No picture comes of a file. `reason` is one word of `ATTEMPTS`, `detail` says more."""

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Decoded:
    """A whole picture, upright, in RGB. `format` is Pillow's name of it in lower case."""

    format: str
    image: Image.Image
    tags: exif.Tags


def decode(body: bytes, limits: Limits) -> Pixels:
    """The upright picture in a file, (H, W, 3) RGB, the first frame if it has several.

    Grey, palette, CMYK and 16-bit pictures become RGB; transparent ones are laid on white.
    Raises `Rejected`.
    """
    with decoding(body, limits) as decoded:
        return np.asarray(decoded.image)


@contextmanager
def decoding(body: bytes, limits: Limits) -> Iterator[Decoded]:
    """The picture in a file while it counts as one in flight.

    The format is that of the content, whatever a name or a header calls it. Raises `Rejected` as
    empty_body, too_complex, not_an_image, too_many_pixels, too_small or truncated.
    """
    with _opened(body, limits) as image, _in_flight(image.width * image.height):
        yield Decoded((image.format or "").lower(), *_load(image))


@contextmanager
def _opened(body: bytes, limits: Limits) -> Iterator[Image.Image]:
    """The picture with only its header read, checked against the limits."""
    if not body:
        raise Rejected("empty_body")
    if why := structure.objection(body):
        raise Rejected("too_complex", why)
    try:
        image: Image.Image = Image.open(io.BytesIO(body), formats=FORMATS)
    except DAMAGE as error:
        raise Rejected("not_an_image") from error
    except Exception as error:  # the last resort: a parser's fault costs this picture alone
        raise Rejected("not_an_image", type(error).__name__) from error
    with image:
        _check(image, limits)
        yield image


def _check(image: Image.Image, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise Rejected("too_many_pixels", f"{width}x{height}")
    if min(width, height) < limits.min_side:
        raise Rejected("too_small", f"{width}x{height}")


def _load(image: Image.Image) -> tuple[Image.Image, exif.Tags]:
    try:
        image.load()
        tags = exif.read(image)
        return exif.upright(to_rgb(image), tags), tags
    except DAMAGE as error:
        raise Rejected("truncated", " ".join(str(error).split())[:200]) from error
    except Exception as error:  # the last resort, as above
        raise Rejected("truncated", type(error).__name__) from error


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB: 16 bits are scaled, not clipped, and transparency lies on white."""
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if image.mode != "I" or values.max() > 255:  # convert() would clip 16 bits, not scale them
            image = Image.fromarray((values // 256).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


class _Budget:
    """Lets threads decode as long as their pictures together stay within some pixels.

    A picture larger than that waits until it is alone.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        share = min(pixels, self._pixels)
        with self._changed:
            self._changed.wait_for(lambda: self._used + share <= self._pixels)
            self._used += share
        try:
            yield
        finally:
            with self._changed:
                self._used -= share
                self._changed.notify_all()


_in_flight = _Budget(PIXELS_IN_FLIGHT).hold
