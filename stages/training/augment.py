"""Pictures drawn anew in every epoch: mirrored, moved, lighter or darker, paler or harder."""

from typing import Any

from pydantic import Field

from stages.stage import Section


class Augment(Section):
    """How far a training picture may stray; 0 and false leave it as it is."""

    flip: bool  # mirror every other picture
    shift: float = Field(ge=0, le=0.5)  # either way, fraction of the sides; edges repeat
    brightness: float = Field(ge=0, le=1)  # added or taken, fraction of white
    contrast: float = Field(ge=0, lt=1)  # factor 1 ± this round the picture's own mean


def vary(pictures: Any, how: Augment, seed: Any) -> Any:
    """Draw one variation of every picture of a batch; the same seed draws the same.

    pictures: uint8 tensor (B, height, width, channels). seed: two integers, as one tensor.
    Returns float32 of the same shape, 0 to 255.
    """
    import tensorflow as tf

    count, shape = tf.shape(pictures)[0], pictures.shape[1:]
    seeds = iter(tf.unstack(tf.random.split(seed, 5)))

    def draw(reach: float) -> Any:
        return tf.random.stateless_uniform([count], next(seeds), -reach, reach)

    moved = _move(pictures, draw(1.0) < 0 if how.flip else None, draw(how.shift), draw(how.shift))
    light = tf.reshape(draw(how.brightness) * 255.0, [-1, 1, 1, 1])
    factor = tf.reshape(1.0 + draw(how.contrast), [-1, 1, 1, 1])
    moved = tf.ensure_shape(tf.cast(moved, tf.float32), [None, *shape])
    mean = tf.reduce_mean(moved, axis=[1, 2, 3], keepdims=True)
    return tf.clip_by_value(moved * factor + (mean - mean * factor + light), 0.0, 255.0)


def _move(pictures: Any, mirrored: Any | None, right: Any, down: Any) -> Any:
    """Mirror and shift by whole pixels in one pass over the batch; edges are repeated.

    mirrored: (B,) bool or None. right, down: (B,) fractions of the width and height. Gathering
    pixels takes a quarter of the time of TensorFlow's projective transform.
    """
    import tensorflow as tf

    count, (height, width, channels) = tf.shape(pictures)[0], pictures.shape[1:]

    def places(fraction: Any, side: int) -> Any:
        moved = tf.range(side) + tf.cast(tf.round(fraction * side), tf.int32)[:, None]
        return tf.clip_by_value(moved, 0, side - 1)

    rows, columns = places(down, height), places(right, width)
    if mirrored is not None:
        columns = tf.where(mirrored[:, None], width - 1 - columns, columns)
    rows += tf.range(count)[:, None] * height
    pixels = tf.reshape(pictures, [-1, channels])
    return tf.gather(pixels, rows[:, :, None] * width + columns[:, None])
