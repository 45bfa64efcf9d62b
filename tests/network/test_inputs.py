"""Sizes as they are written, and the part of a stored square that a size stands for."""

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from stages.network import inputs

SIZES: Any = TypeAdapter(inputs.CheckedSides)


def test_a_side_and_both() -> None:
    assert SIZES.validate_python(64) == (64, 64)
    assert SIZES.validate_python([109, 89]) == (109, 89)


@pytest.mark.parametrize("given", [15, 513, [64], [64, 64, 3], [64, 8], "64", 64.5, None, True])
def test_what_is_no_size(given: Any) -> None:
    with pytest.raises(ValidationError, match=r"a side of 16 to 512 pixels, or \[height, width\]"):
        SIZES.validate_python(given)


@pytest.mark.parametrize(
    ("stored", "wanted", "expected"),
    [
        ((96, 96), (64, 64), (0, 0, 96, 96)),
        ((109, 109), (109, 89), (0, 10, 109, 89)),
        ((96, 96), (48, 24), (0, 24, 96, 48)),
        ((64, 64), (80, 96), (5, 0, 53, 64)),
    ],
)
def test_the_middle_with_the_wanted_proportions(
    stored: inputs.Sides, wanted: inputs.Sides, expected: tuple[int, int, int, int]
) -> None:
    assert inputs.middle(stored, wanted) == expected


def test_the_part_of_squares_that_a_model_takes() -> None:
    squares = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    assert np.array_equal(inputs.shaped(squares, (8, 8, 3)), squares)
    assert np.array_equal(inputs.shaped(squares, (8, 6, 3)), squares[:, :, 1:7])
    grey = inputs.shaped(squares, (6, 8, 1))
    assert grey.shape == (2, 6, 8, 1)
    assert grey.dtype == np.float32
    white = np.full((1, 8, 8, 3), 255, np.uint8)
    assert (inputs.shaped(white, (8, 8, 1)) == 255).all()
