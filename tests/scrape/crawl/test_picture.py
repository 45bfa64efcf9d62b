import io
import re
import struct
import zlib

import imagehash
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stages.scrape.crawl.picture import Rejected, inspect

# Pillow's, of damaged metadata; pytest sets aside the filter that silences them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# The fixtures used are functions and values; and a busy machine is no failure.
RELAXED = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
DATE_TIME, ORIGINAL, DESCRIPTION, ORIENTATION, KEYWORDS = 0x0132, 0x9003, 0x010E, 0x0112, 0x9C9E


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 10)
    chunks = b"".join(
        struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each))
        for each in (header, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


def exif(**tags) -> bytes:
    """EXIF bytes; `original` goes where cameras put it, into the Exif directory."""
    names = {"date": DATE_TIME, "title": DESCRIPTION, "turn": ORIENTATION, "keywords": KEYWORDS}
    found = Image.Exif()
    for name, value in tags.items():
        if name == "original":
            found.get_ifd(0x8769)[ORIGINAL] = value
        else:
            found[names[name]] = value
    return found.tobytes()


def why(body: bytes, params) -> str:
    with pytest.raises(Rejected) as caught:
        inspect(body, params)
    return caught.value.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_format_is_that_of_the_content(picture, params, kind: str) -> None:
    found = inspect(picture(kind=kind), params)
    assert (found.format, found.width, found.height) == (kind.lower(), 48, 32)
    assert len(found.phash) == 16


def test_a_picture_of_several_is_an_mpo(picture, params) -> None:
    stream = io.BytesIO()
    first, second = (Image.open(io.BytesIO(picture(seed))) for seed in (0, 1))
    first.save(stream, "MPO", save_all=True, append_images=[second])
    assert inspect(stream.getvalue(), params).format == "mpo"


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "1", "I", "LA"])
def test_every_mode_is_read(params, mode: str) -> None:
    stream = io.BytesIO()
    Image.new("L", (32, 32), 99).convert(mode).save(stream, "TIFF")
    assert inspect(stream.getvalue(), params).width == 32


def test_nothing_is_no_picture(params) -> None:
    assert why(b"", params) == "empty_body"


@pytest.mark.parametrize("body", [b"<!doctype html><p>Not found", b"\xff\xd8\xff", b"%!PS-Adobe\n"])
def test_what_is_no_picture(params, body: bytes) -> None:
    assert why(body, params) == "not_an_image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_picture_cut_in_half(picture, params, kind: str) -> None:
    body = picture(kind=kind, size=(200, 200))
    assert why(body[: len(body) // 2], params) in ("truncated", "not_an_image")


def test_a_jpeg_that_lacks_its_end_is_truncated(picture, params) -> None:
    assert why(picture(size=(200, 200))[:-400], params) == "truncated"


@pytest.mark.parametrize("side", [1_001, 20_000, 2**31 - 1])
def test_a_bomb_is_known_by_its_header(params, side: int) -> None:
    assert why(png_header(side, side), params) == "too_many_pixels"


def test_pillows_own_limit_holds_where_ours_is_higher(params) -> None:
    lenient = params.model_copy(update={"max_pixels": 10**12})
    assert why(png_header(20_000, 20_000), lenient) == "too_many_pixels"


def test_a_small_picture(picture, params) -> None:
    assert why(picture(size=(300, 15)), params) == "too_small"
    assert inspect(picture(size=(300, 16)), params).width == 300


def test_the_hash_and_the_size_are_of_the_upright_picture(picture, params) -> None:
    upright = Image.open(io.BytesIO(picture(7, size=(80, 48), kind="PNG")))
    stream = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(stream, "PNG", exif=exif(turn=6))
    found = inspect(stream.getvalue(), params)
    assert (found.width, found.height) == (80, 48)
    assert found.phash == str(imagehash.phash(upright))


def test_what_the_picture_says_about_itself(picture, params) -> None:
    keywords = "faceline:gender=female; beach;faceline:age=31;faceline:nose=big;faceline:race=\0"
    tags = exif(
        original="2014:06:01 12:00:00",
        date="2019:01:01 00:00:00",
        title="On\nthe  beach" + "!" * 300,
        keywords=keywords.encode("utf-16-le"),
    )
    found = inspect(picture(exif=tags), params).metadata
    assert found.pop("title") == ("On the beach" + "!" * 300)[:200]
    assert found == {
        "taken": "2014-06-01",
        "faceline:gender": "female",
        "faceline:age": "31",
        "faceline:nose": "big",
    }


@pytest.mark.parametrize("name", ["taken", "title", "birth_date", "partition", "official_split"])
def test_a_keyword_passes_for_nothing_that_a_data_set_says(name: str, picture, params) -> None:
    tags = exif(keywords=f"faceline:{name}=test".encode("utf-16-le"))
    assert inspect(picture(exif=tags), params).metadata == {f"faceline:{name}": "test"}


def test_keywords_are_bounded(picture, params) -> None:
    many = ";".join(f"faceline:n{number}={'x' * (300 - number)}" for number in range(3))
    many += "".join(f";faceline:n{number}=y" for number in range(3, 100))
    tags = exif(keywords=f"{many};faceline:A b=1;faceline:=2".encode("utf-16-le"))
    found = inspect(picture(exif=tags), params).metadata
    assert len(found) == 64
    assert all(len(text) <= 200 for text in found.values())
    assert all(re.fullmatch(r"faceline:n\d+", name) for name in found)


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("2019:12:31 23:59:59", "2019-12-31"),
        ("2019:12:31", "2019-12-31"),
        ("0000:00:00 00:00:00", None),
        ("0001:01:01 00:00:00", None),
        ("2019:13:01 00:00:00", None),
        ("9999:01:01 00:00:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(picture, params, date: str, taken: str | None) -> None:
    assert inspect(picture(exif=exif(date=date)), params).metadata.get("taken") == taken


@pytest.mark.parametrize(
    "tags",
    [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" * 9],
)
def test_damaged_exif_fails_no_picture(picture, params, tags: bytes) -> None:
    assert inspect(picture(exif=tags), params).metadata == {}


@RELAXED
@given(st.lists(st.tuples(st.integers(6, 200), st.integers(0, 255)), max_size=8), st.binary())
def test_no_exif_whatever_fails_a_picture(picture, params, changes, tail) -> None:
    tags = bytearray(exif(original="2014:06:01", title="A", turn=6, keywords=b"f\0") + tail)
    for place, value in changes:
        tags[place % len(tags)] = value
    assert inspect(picture(exif=bytes(tags)), params).format == "jpeg"


@RELAXED
@given(st.data())
def test_any_damage_is_a_verdict_and_no_error(picture, params, data) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]))
    body = bytearray(picture(kind=kind))
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(body) - 1), st.integers(0, 255)), max_size=10)
    ):
        body[place] = value
    try:
        reason = inspect(bytes(body), params).format
    except Rejected as rejected:
        reason = rejected.reason
    assert reason
