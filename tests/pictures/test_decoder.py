"""Whatever the bytes are, they decode to RGB or are rejected with a reason."""

import io
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, JpegImagePlugin

from stages.pictures import decoder
from stages.pictures.decoder import Rejected, decode, decoding
from stages.pictures.limits import Limits
from tests.pictures.drawing import FORMATS, exif, picture, png_header, stored
from tests.project import ROOT

LIMITS = Limits(max_pixels=1_000_000, min_side=8)
# Pillow's, of damaged metadata; pytest sets aside the filter that silences them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def why(body: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(Rejected) as caught:
        decode(body, limits)
    return caught.value.reason


@pytest.mark.parametrize("kind", FORMATS)
def test_the_format_is_that_of_the_content(kind: str) -> None:
    with decoding(picture(kind=kind), LIMITS) as decoded:
        assert decoded.format == kind.lower()
        assert decoded.image.size == (48, 32)


def test_a_picture_of_several_is_an_mpo() -> None:
    first, second = (Image.open(io.BytesIO(picture(seed))) for seed in (0, 1))
    body = stored(first, "MPO", save_all=True, append_images=[second])
    assert decode(body, LIMITS).shape == (32, 48, 3)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *[("JPEG", mode) for mode in ("RGB", "L", "CMYK")],
        *[("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1")],
        *[("WEBP", mode) for mode in ("RGB", "RGBA")],
        *[("GIF", mode) for mode in ("L", "P", "RGBA")],
        *[("BMP", mode) for mode in ("RGB", "L", "P", "1")],
        *[("TIFF", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I")],
        *[("AVIF", mode) for mode in ("RGB", "RGBA")],
        *[("JPEG2000", mode) for mode in ("RGB", "RGBA", "L", "LA")],
    ],
)
def test_every_mode_becomes_rgb(kind: str, mode: str) -> None:
    pixels = decode(stored(Image.new("RGB", (32, 24), "white").convert(mode), kind), LIMITS)
    assert pixels.shape == (24, 32, 3)
    assert pixels.dtype == np.uint8
    assert pixels.min() >= 250


def test_sixteen_bits_are_scaled() -> None:
    deep = Image.fromarray(np.full((8, 8), 128 * 256, np.uint16))
    assert (decode(stored(deep), LIMITS) == 128).all()


def test_transparency_lies_on_white() -> None:
    assert (decode(stored(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), LIMITS) == 255).all()


def test_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (16, 8))
    image.paste("white", (0, 0, 8, 8))
    pixels = decode(stored(image, "PNG", exif=exif(turn=6)), LIMITS)  # turned clockwise by 90°
    assert pixels.shape == (16, 8, 3)
    assert pixels[:8].min() == 255
    assert pixels[8:].max() == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_body"),
        (b"<!doctype html><p>Not found", "not_an_image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_an_image"),
        (b"\xff\xd8\xff", "not_an_image"),
        (picture(size=(300, 7)), "too_small"),
        (picture(size=(200, 200))[:-400], "truncated"),
    ],
)
def test_what_is_no_picture(body: bytes, reason: str) -> None:
    assert why(body) == reason


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_cut_in_half(kind: str) -> None:
    body = picture(kind=kind, size=(200, 200))
    assert why(body[: len(body) // 2]) in ("truncated", "not_an_image")


@pytest.mark.parametrize("side", [1_001, 20_000, 2**31 - 1])
def test_a_bomb_is_known_by_its_header(side: int) -> None:
    assert why(png_header(side, side)) == "too_many_pixels"


def test_there_is_one_limit_and_it_is_ours() -> None:
    """Pillow's own, of 89 and of 179 megapixels, does not hold where ours is higher."""
    assert why(png_header(14_000, 14_000), Limits(200_000_000)) == "truncated"


def test_a_picture_may_be_as_large_as_the_limit() -> None:
    body = picture(size=(100, 80), kind="PNG")
    assert decode(body, Limits(8_000)).shape == (80, 100, 3)
    assert why(body, Limits(7_999)) == "too_many_pixels"


def test_a_jpeg_of_thousands_of_scans_is_rejected_at_once() -> None:
    body = picture(size=(512, 512), progressive=True)
    scan = body.rindex(b"\xff\xda")
    hostile = body[:scan] + body[scan:-2] * 3_000 + body[-2:]
    began = time.monotonic()
    assert why(hostile) == "too_complex"
    assert time.monotonic() - began < 0.5
    assert decode(body, LIMITS).shape == (512, 512, 3)


def chunk(name: bytes, content: bytes = b"") -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


PNG, JPEG = picture(kind="PNG"), picture()
TIFF_TAG = struct.pack("<HHLL", 40_000, 5, 1_200_000, 8)  # 1.2 million rationals
JP2 = picture(kind="JPEG2000", size=(512, 512))
SIZ = JP2.index(b"\xff\x51")


@pytest.mark.parametrize(
    "body",
    [
        JPEG[:2] + b"\xff" * 2_000_000 + JPEG[2:],
        JPEG[:2] + b"\xff\xfe\0\2" * 500_000 + JPEG[2:],
        PNG[:33] + chunk(b"teSt") * 200_000 + PNG[33:],
        PNG[:33] + chunk(b"tEXt", b"a\0b") * 200_000 + PNG[33:],
        b"II*\0" + struct.pack("<LH", 8, 1) + TIFF_TAG + bytes(4) + bytes(9_600_000),
        JP2[: SIZ + 22] + struct.pack(">LL", 2, 2) + JP2[SIZ + 30 :],
    ],
    ids=["fill", "comments", "chunks", "texts", "tag", "tiles"],
)
def test_a_file_of_a_million_parts_is_rejected_at_once(body: bytes) -> None:
    began = time.process_time()
    assert why(body) == "too_complex"
    assert time.process_time() - began < 0.5


def test_what_no_list_of_damage_knows_costs_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of the parser")

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(Rejected) as caught:
        decode(picture(kind="PNG"), LIMITS)
    assert (caught.value.reason, caught.value.detail) == ("truncated", "RuntimeError")


def test_the_parsers_fault_while_opening_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "_open", fail)
    assert why(picture()) == "not_an_image"


def test_threads_hold_no_more_pixels_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_in_flight", decoder._Budget(10_000).hold)
    held, most, lock = 0, 0, threading.Lock()

    def look(size: tuple[int, int]) -> None:
        nonlocal held, most
        with decoding(picture(size=size), Limits(100_000)):
            with lock:
                held += size[0] * size[1]
                most = max(most, held)
            time.sleep(0.005)
            with lock:
                held -= size[0] * size[1]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(look, [(60, 50)] * 30 + [(200, 200)] * 2))  # the last two come alone
    assert most == 40_000
    with ThreadPoolExecutor(8) as threads:
        most = 0
        list(threads.map(look, [(60, 50)] * 30))
    assert most <= 10_000


@settings(max_examples=300)
@given(st.data())
def test_any_damage_is_a_verdict_and_no_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(FORMATS))
    body = bytearray(picture(kind=kind))
    places = st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, max_size=10)):
        body[place] = value
    cut = data.draw(st.integers(0, len(body)))
    inserted = struct.pack(">I", data.draw(st.integers(0, 2**32 - 1)))
    variants = (body, body[:cut], body[:cut] + inserted + body[cut:])
    hostile = bytes(data.draw(st.sampled_from(variants)))
    with suppress(Rejected):  # any other exception is a fault
        assert decode(hostile, LIMITS).shape[2] == 3


MEASURE = """
import io, resource, sys
from concurrent.futures import ThreadPoolExecutor
from PIL import Image
from stages.pictures.decoder import decode
from stages.pictures.limits import Limits
stream = io.BytesIO()
Image.new(sys.argv[1], (3500, 3500)).save(stream, "PNG")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with ThreadPoolExecutor(20) as threads:
    for pixels in threads.map(lambda _: decode(stream.getvalue(), Limits(10**8)).mean(), range(20)):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_twenty_threads_take_the_memory_of_the_budget(mode: str) -> None:
    """Twelve megapixels each, of which the budget lets eight be decoded at once."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, mode], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 16 * decoder.PIXELS_IN_FLIGHT / 1000  # kilobytes
