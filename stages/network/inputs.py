"""The faces that a model takes: their height, width and colors."""

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
    """A Keras input of faces (B, height, width, channels), 0 to 255; 1 channel is grey."""
    import keras

    return keras.Input((*sides(size), channels), name="face")


def colored(faces: Any) -> Any:
    """Faces with three channels; a single grey channel is repeated."""
    import keras

    grey = faces.shape[-1] == 1
    return keras.layers.Concatenate()([faces] * 3) if grey else faces


def middle(stored: Sides, wanted: Sides) -> tuple[int, int, int, int]:
    """Top, left, height and width of the largest central part with the wanted aspect ratio.

    `crop` makes every face a square, repeating its edges where necessary; this recovers a picture
    that was not square, and no face is ever stretched.
    """
    scale = min(stored[0] / wanted[0], stored[1] / wanted[1])
    height, width = round(wanted[0] * scale), round(wanted[1] * scale)
    return (stored[0] - height) // 2, (stored[1] - width) // 2, height, width


def resize(faces: Any, stored: Sides, wanted: Sides) -> Any:
    """The central part of uint8 faces (..., height, width, channels), resized to `wanted`."""
    import tensorflow as tf

    top, left, height, width = middle(stored, wanted)
    part = faces[..., top : top + height, left : left + width, :]
    if (height, width) == wanted:
        return part
    smooth = tf.image.resize(part, wanted, antialias=True)
    return tf.cast(tf.round(tf.clip_by_value(smooth, 0.0, 255.0)), tf.uint8)


def shaped(squares: npt.NDArray[np.uint8], shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """Faces as training reads them from shards, from squares (B, side, side, 3).

    shape: height, width and channels of the model's input. Returns (B, *shape), 0 to 255, grey
    weighted as in JPEG.
    """
    height, width, channels = shape
    grey = np.round(squares @ BRIGHTNESS).astype(np.uint8)[..., None] if channels == 1 else squares
    return np.asarray(resize(grey, squares.shape[1:3], (height, width)), np.float32)


def _check_sides(value: Any) -> Any:
    both = value if isinstance(value, list | tuple) else [value, value]
    valid = all(type(side) is int and SMALLEST <= side <= LARGEST for side in both)
    if len(both) != 2 or not valid:
        raise ValueError(f"must be a side of {SMALLEST} to {LARGEST} pixels, or [height, width]")
    return tuple(both)


# A size in `params.yaml`, always read as height and width.
CheckedSides = Annotated[Sides, BeforeValidator(_check_sides)]
