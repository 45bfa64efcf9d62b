"""Pictures drawn anew in every epoch: mirrored, moved, nearer or farther, lighter or darker,
paler or harder, and with a hole.
"""

from typing import Any

from pydantic import Field

from stages.core.program import Section


class Augment(Section):
    """How far a training face may be varied; 0 and false leave it as it is."""

    flip: bool = Field(description="Mirror every other face.")
    shift: float = Field(
        ge=0, le=0.5, description="Shift by up to this share of the side, either way."
    )
    zoom: float = Field(ge=0, le=0.5, description="Zoom by a factor of 1 ± this.")
    brightness: float = Field(
        ge=0, le=1, description="Brighten or darken by up to this share of white."
    )
    contrast: float = Field(ge=0, lt=1, description="Change contrast by a factor of 1 ± this.")
    cutout: float = Field(
        ge=0, lt=1, description="Blank a square of this share of the shorter side."
    )


def vary(faces: Any, how: Augment, seed: Any) -> Any:
    """Augment every face of a batch at random; the same seed gives the same result.

    faces: uint8 tensor (B, height, width, channels). seed: two integers, as one tensor.
    Returns float32 of the same shape, 0 to 255.
    """
    import tensorflow as tf

    count, shape = tf.shape(faces)[0], faces.shape[1:]
    seeds = iter(tf.unstack(tf.random.split(seed, 8)))

    def draw(reach: float) -> Any:
        return tf.random.stateless_uniform([count], next(seeds), -reach, reach)

    mirrored, right, down = draw(1.0) < 0, draw(how.shift), draw(how.shift)
    light = tf.reshape(draw(how.brightness) * 255.0, [-1, 1, 1, 1])
    factor = tf.reshape(1.0 + draw(how.contrast), [-1, 1, 1, 1])
    seen = 1.0 + draw(how.zoom)
    moved = _move(faces, mirrored if how.flip else None, right, down, seen)
    moved = tf.ensure_shape(tf.cast(moved, tf.float32), [None, *shape])
    mean = tf.reduce_mean(moved, axis=[1, 2, 3], keepdims=True)
    varied = tf.clip_by_value(moved * factor + (mean - mean * factor + light), 0.0, 255.0)
    if not how.cutout:
        return varied
    return tf.where(_hole(shape, how.cutout, draw(0.5), draw(0.5)), mean, varied)


def _hole(shape: Any, size: float, right: Any, down: Any) -> Any:
    """Where a square hole is, bool (B, height, width, 1): DeVries and Taylor 2017, "Improved
    Regularization of Convolutional Neural Networks with Cutout".

    size: fraction of the shorter side. right, down: (B,) how far the middle of the hole lies from
    the middle of the face, fractions of width and height; part of the hole may lie outside.
    """
    import tensorflow as tf

    height, width = shape[0], shape[1]
    reach = size * min(height, width) / 2

    def inside(fraction: Any, side: int) -> Any:
        middle = (fraction + 0.5) * side
        return tf.abs(tf.range(side, dtype=tf.float32) + 0.5 - middle[:, None]) < reach

    return (inside(down, height)[:, :, None] & inside(right, width)[:, None])[..., None]


def _move(faces: Any, mirrored: Any | None, right: Any, down: Any, seen: Any) -> Any:
    """Mirror, shift and zoom in one pass over the batch, to the nearest pixel; edges are repeated.

    mirrored: (B,) bool or None. right, down: (B,) fractions of the width and height. seen: (B,) the
    share of the face that is visible, above 1 for more than all. Gathering pixels takes a quarter
    of the time of TensorFlow's projective transform.
    """
    import tensorflow as tf

    count, (height, width, channels) = tf.shape(faces)[0], faces.shape[1:]

    def places(fraction: Any, side: int) -> Any:
        middle = (side - 1) / 2
        around = (tf.range(side, dtype=tf.float32) - middle) * seen[:, None] + middle
        moved = around + tf.round(fraction * side)[:, None]
        return tf.clip_by_value(tf.cast(tf.round(moved), tf.int32), 0, side - 1)

    rows, columns = places(down, height), places(right, width)
    if mirrored is not None:
        columns = tf.where(mirrored[:, None], width - 1 - columns, columns)
    rows += tf.range(count)[:, None] * height
    pixels = tf.reshape(faces, [-1, channels])
    return tf.gather(pixels, rows[:, :, None] * width + columns[:, None])
