"""Cropping and encoding, by literals and by properties."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stages.pictures.crops import crop_face, crop_whole, cut, expand_box, tilt
from stages.pictures.decoder import decode
from stages.pictures.encoder import encode
from stages.pictures.face import Box, Face
from stages.pictures.limits import Limits

LEVEL = ((30.0, 40.0), (70.0, 40.0), (50.0, 60.0), (35.0, 80.0), (65.0, 80.0))
NOISE = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
coordinates = st.floats(-500, 1500, allow_nan=False)
lengths = st.floats(0, 1500, allow_nan=False)


def face(box: Box = (20, 20, 60, 60), confidence: float = 0.99, keypoints: Any = LEVEL) -> Face:
    return Face(box, keypoints, confidence)


@pytest.mark.parametrize(
    ("box", "margin", "square"),
    [
        ((20, 20, 60, 60), 0.0, (20, 20, 80, 80)),
        ((20, 30, 60, 40), 0.0, (20, 20, 80, 80)),
        ((20, 20, 60, 60), 0.5, (-10, -10, 110, 110)),
        ((-40, 20, 60, 20), 0.0, (0, 20, 20, 40)),  # only the part in the picture counts
        ((20, 20, 60, 60), -0.25, (35, 35, 65, 65)),
        ((50, 50, 0, 0), 0.4, (50, 50, 51, 51)),
    ],
)
def test_expand_box(box: Box, margin: float, square: tuple[int, int, int, int]) -> None:
    assert expand_box(box, margin, (100, 100)) == square


@given(coordinates, coordinates, lengths, lengths, st.floats(-0.49, 2))
def test_squares_are_square_and_centred(
    x: float, y: float, width: float, height: float, margin: float
) -> None:
    x0, y0, x1, y1 = expand_box((x, y, width, height), margin, (640, 480))
    assert x1 - x0 == y1 - y0 >= 1
    left, right = np.clip([x, x + width], 0, 639)
    top, bottom = np.clip([y, y + height], 0, 479)
    assert abs((x0 + x1) - (left + right)) <= 1
    assert abs((y0 + y1) - (top + bottom)) <= 1


def test_a_margin_that_leaves_nothing() -> None:
    with pytest.raises(ValueError, match=r"margin -0\.5 must be greater than -0\.5"):
        expand_box((0, 0, 10, 10), -0.5, (100, 100))


@given(st.integers(-30, 60), st.integers(-30, 50), st.integers(1, 50))
def test_cutting_repeats_the_edge(x0: int, y0: int, side: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    x0, y0 = max(x0, 1 - side), max(y0, 1 - side)  # some of it lies in the picture
    x0, y0 = min(x0, 49), min(y0, 39)
    rows = np.clip(np.arange(y0, y0 + side), 0, 39)
    columns = np.clip(np.arange(x0, x0 + side), 0, 49)
    pixels = cut(image, (x0, y0, x0 + side, y0 + side))
    np.testing.assert_array_equal(pixels, image[rows][:, columns])


@given(
    st.tuples(coordinates, coordinates, lengths, lengths),
    st.floats(-0.4, 1),
    st.booleans(),
    st.tuples(coordinates, coordinates),
)
def test_any_face_gives_a_crop_of_the_size(
    box: Box, margin: float, align: bool, eye: tuple[float, float]
) -> None:
    image = np.full((90, 70, 3), 77, np.uint8)
    crop = crop_face(image, face(box, keypoints=(eye, *LEVEL[1:])), margin, 32, align)
    assert crop.shape == (32, 32, 3)
    assert crop.dtype == np.uint8
    assert (crop == 77).all()  # nothing but the picture's own colour, in the padding too


def test_cropping_at_the_same_size_copies_pixels() -> None:
    middle = NOISE[20:80, 20:80]
    np.testing.assert_array_equal(crop_face(NOISE, face(), 0.0, 60, False), middle)
    np.testing.assert_array_equal(crop_face(NOISE, face(), 0.0, 60, True), middle)


def test_a_whole_square_of_the_same_size_is_copied() -> None:
    image = NOISE[:64, :64]
    np.testing.assert_array_equal(crop_whole(image, 0.0, 64), image)


def test_a_negative_margin_cuts_off_evenly() -> None:
    np.testing.assert_array_equal(crop_whole(NOISE, -0.1, 80), NOISE[10:90, 10:90])


def test_an_oblong_picture_is_squared_by_its_edges() -> None:
    image = NOISE[:60, :100]
    whole = crop_whole(image, 0.0, 100)
    np.testing.assert_array_equal(whole[20:80], image)
    np.testing.assert_array_equal(whole[:20], np.repeat(image[:1], 20, axis=0))


@pytest.mark.parametrize("degrees", [-60, -20, 15, 45])
def test_alignment_levels_the_eyes(degrees: int) -> None:
    middle, radians = 100.0, np.radians(degrees)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    points = [tuple((turn @ (x, y) + middle).tolist()) for x, y in ((-20, -10), (20, -10), (0, 5))]
    tilted = face((60, 60, 80, 80), keypoints=(*points, points[0], points[1]))
    assert tilt(tilted) == pytest.approx(degrees)
    image = np.zeros((201, 201, 3), np.uint8)
    for x, y in points[:2]:
        image[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4] = 255
    crop = crop_face(image, tilted, 0.0, 80, align=True)[:, :, 0] > 127
    for half, x in ((crop[:, :40], 20), (crop[:, 40:], 20)):
        rows, columns = np.nonzero(half)
        assert rows.mean() == pytest.approx(29.5, abs=1.0)
        assert columns.mean() == pytest.approx(x - 0.5, abs=1.0)


def test_a_very_wide_picture_can_be_aligned() -> None:
    image = np.full((40, 33_000, 3), 9, np.uint8)
    crop = crop_face(image, face((32_900, 5, 30, 30), keypoints=LEVEL), 0.2, 24, True)
    assert (crop == 9).all()


def test_encoding_is_repeatable_and_bare() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    data = encode(pixels, 90)
    assert data == encode(pixels.copy(), 90)
    assert Image.open(io.BytesIO(data)).getexif() == {}
    assert len(encode(pixels, 50)) < len(data)


def test_red_stays_red() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 250
    assert np.abs(decode(encode(red, 95), Limits(1_000)).astype(int) - red).max() < 6
