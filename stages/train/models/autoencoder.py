"""The age seed's autoencoder: three convolutions and poolings down, three and a last one up.

13,939 parameters at 150 × 150 × 3; the code between is 19 × 19 × 8, and the last convolution,
without padding, brings 152 pixels back to 150. It learns from faces alone (`reconstructor`),
which is no stage of this DAG: every training there has labels. `build` is its encoder with heads
on the code, trained with them.
"""

from typing import Any

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs
from stages.train import heads

WIDTHS = (32, 16, 8)
FIT = 6  # what three doublings, and two pixels less, leave of a side when divided by eight


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label."""
    faces = inputs(image_size, channels)
    code = layers.Flatten()(_encode(layers.Rescaling(1 / 255)(faces)))
    return keras.Model(faces, heads.attach(code, labels), name="encoder")


def reconstructor(image_size: Size, channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 1, to the same faces again.

    Raises ValueError unless both sides leave 6 when divided by 8.
    """
    faces = inputs(image_size, channels)
    if any(side % 8 != FIT for side in faces.shape[1:3]):
        raise ValueError(f"sides {faces.shape[1:3]} must leave {FIT} when divided by 8")
    x = _encode(faces)
    for width in reversed(WIDTHS):
        x = layers.UpSampling2D()(_convolve(x, width))
    x = layers.Conv2D(channels, 3, activation="sigmoid")(x)
    return keras.Model(faces, x, name="autoencoder")


def _encode(x: Any) -> Any:
    for width in WIDTHS:
        x = layers.MaxPooling2D(padding="same")(_convolve(x, width))
    return x


def _convolve(x: Any, width: int) -> Any:
    return layers.Conv2D(width, 3, padding="same", activation="relu")(x)
