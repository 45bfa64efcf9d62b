"""The CelebA seed's network: three convolutions, and batch normalisation in the dense layers.

8,822,813 parameters at 109 × 89 × 3 with one attribute; all forty can share it. The published
description has this count, the size, and batch normalisation before the sigmoid's layer, but no
list of layers; this one was derived from them as the simplest that fits. That last
normalisation makes the first epochs' figures swing.
"""

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs
from stages.train import heads

BLOCKS = ((32,), (64, 64))  # widths of the convolutions before each pooling
HIDDEN = (300, 32)


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label."""
    faces = inputs(image_size, channels)
    x = layers.Rescaling(1 / 255)(faces)
    for widths in BLOCKS:
        for width in widths:
            x = layers.Conv2D(width, 3, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for width in HIDDEN:
        x = layers.BatchNormalization()(layers.Dense(width, activation="relu")(x))
    return keras.Model(faces, heads.attach(x, labels), name="celeba_cnn")
