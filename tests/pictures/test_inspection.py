"""How a picture looks and what it says about itself, whatever its metadata is."""

import io
import re

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stages.pictures.inspection import inspect
from stages.pictures.limits import Limits
from tests.pictures.drawing import exif, picture, stored

LIMITS = Limits(max_pixels=1_000_000, min_side=16)
# Pillow's, of damaged metadata; pytest sets aside the filter that silences them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_the_hash_and_the_size_are_of_the_upright_picture() -> None:
    upright = Image.open(io.BytesIO(picture(7, size=(80, 48), kind="PNG")))
    stream = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(stream, "PNG", exif=exif(turn=6))
    found = inspect(stream.getvalue(), LIMITS)
    assert (found.width, found.height) == (80, 48)
    assert found.phash == str(imagehash.phash(upright))


def test_what_the_picture_says_about_itself() -> None:
    keywords = "faceline:gender=female; beach;faceline:age=31;faceline:nose=big;faceline:race=\0"
    tags = exif(
        original="2014:06:01 12:00:00",
        date="2019:01:01 00:00:00",
        title="On\nthe  beach" + "!" * 300,
        keywords=keywords.encode("utf-16-le"),
    )
    found = inspect(picture(exif=tags), LIMITS).metadata
    assert found.pop("title") == ("On the beach" + "!" * 300)[:200]
    assert found == {
        "taken": "2014-06-01",
        "faceline:gender": "female",
        "faceline:age": "31",
        "faceline:nose": "big",
    }


@pytest.mark.parametrize("name", ["taken", "title", "birth_date", "partition", "official_split"])
def test_a_keyword_passes_for_nothing_that_a_data_set_says(name: str) -> None:
    tags = exif(keywords=f"faceline:{name}=test".encode("utf-16-le"))
    assert inspect(picture(exif=tags), LIMITS).metadata == {f"faceline:{name}": "test"}


def test_keywords_are_bounded() -> None:
    many = ";".join(f"faceline:n{number}={'x' * (300 - number)}" for number in range(3))
    many += "".join(f";faceline:n{number}=y" for number in range(3, 100))
    tags = exif(keywords=f"{many};faceline:A b=1;faceline:=2".encode("utf-16-le"))
    found = inspect(picture(exif=tags), LIMITS).metadata
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
def test_dates(date: str, taken: str | None) -> None:
    assert inspect(picture(exif=exif(date=date)), LIMITS).metadata.get("taken") == taken


@pytest.mark.parametrize(
    "tags",
    [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" * 9],
)
def test_damaged_exif_fails_no_picture(tags: bytes) -> None:
    assert inspect(picture(exif=tags), LIMITS).metadata == {}


@given(st.lists(st.tuples(st.integers(6, 200), st.integers(0, 255)), max_size=8), st.binary())
def test_no_exif_whatever_fails_a_picture(changes, tail) -> None:
    tags = bytearray(exif(original="2014:06:01", title="A", turn=6, keywords=b"f\0") + tail)
    for place, value in changes:
        tags[place % len(tags)] = value
    assert inspect(picture(exif=bytes(tags)), LIMITS).format == "jpeg"


def test_sixteen_bits_hash_as_eight() -> None:
    """A copy in another depth is a copy."""
    grey = np.asarray(Image.open(io.BytesIO(picture(3, (64, 64), "PNG"))).convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 256)
    assert (
        inspect(stored(deep), LIMITS).phash == inspect(stored(Image.fromarray(grey)), LIMITS).phash
    )


def test_colours_under_transparency_do_not_count() -> None:
    """What nobody sees makes no two pictures of one."""
    shown = Image.open(io.BytesIO(picture(3, (64, 64), "PNG"))).convert("RGBA")
    hidden = np.asarray(shown).copy()
    hidden[:20, :, 3] = 0
    other = hidden.copy()
    other[:20, :, :3] = 255 - other[:20, :, :3]
    hashes = {inspect(stored(Image.fromarray(each)), LIMITS).phash for each in (hidden, other)}
    assert len(hashes) == 1


def test_a_title_typed_as_a_fraction_fails_no_picture() -> None:
    content = bytearray(exif(turn=6, title="AB"))
    place = content.index(b"\x01\x0e")  # ImageDescription's tag; its type follows
    content[place + 3] = 5  # RATIONAL
    described = inspect(picture(exif=bytes(content)), LIMITS)
    assert sorted((described.width, described.height)) == [32, 48]
