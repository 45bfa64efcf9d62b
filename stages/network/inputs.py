"""The pictures that a model takes: how high, how wide, how many colours."""

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator

SMALLEST, LARGEST = 16, 512  # pixels
BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue

Sides = tuple[int, int]  # height and width, pixels
Size = int | Sides  # a square's side, or both


def sides(size: Size) -> Sides:
    """Height and width of a size."""
    return (size, size) if isinstance(size, int) else size


def inputs(size: Size, channels: int) -> Any:
    """A Keras input of pictures (B, height, width, channels), 0 to 255; 1 channel is grey."""
    import keras

    return keras.Input((*sides(size), channels), name="image")


def coloured(pictures: Any) -> Any:
    """Pictures with three channels; a grey one is repeated."""
    import keras

    grey = pictures.shape[-1] == 1
    return keras.layers.Concatenate()([pictures] * 3) if grey else pictures


def middle(stored: Sides, wanted: Sides) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest middle part that has the wanted proportions.

    `crop` makes a square of every picture, repeating its edges; so this finds a picture again that
    was not square, and no face is ever stretched.
    """
    scale = min(stored[0] / wanted[0], stored[1] / wanted[1])
    height, width = round(wanted[0] * scale), round(wanted[1] * scale)
    return (stored[0] - height) // 2, (stored[1] - width) // 2, height, width


def shaped(squares: npt.NDArray[np.uint8], shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """What a model takes of squares (B, side, side, 3), the side being the longer one it wants.

    shape: its height, width and channels. Returns (B, *shape), grey as JPEG's brightness is.
    """
    top, left, height, width = middle(squares.shape[1:3], shape[:2])
    part = squares[:, top : top + height, left : left + width].astype(np.float32)
    return part if shape[2] == 3 else np.round(part @ BRIGHTNESS)[..., None]


def _checked(given: Any) -> Any:
    both = given if isinstance(given, list | tuple) else [given, given]
    whole = all(isinstance(side, int) and SMALLEST <= side <= LARGEST for side in both)
    if len(both) != 2 or not whole:
        raise ValueError(f"must be a side of {SMALLEST} to {LARGEST} pixels, or [height, width]")
    return tuple(both)


# A size in `params.yaml`, always read as height and width.
CheckedSides = Annotated[Sides, BeforeValidator(_checked)]
