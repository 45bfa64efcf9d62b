"""A small residual network, after He et al. 2016, "Deep Residual Learning for Image Recognition".

Of 0.9 million parameters, to be trained from scratch in minutes on two cores; docs/recipes has
what it reached on which data.
"""

from typing import Any

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs, sides
from stages.train import heads

WIDTHS = (24, 48, 96, 160)  # of the stem and of the three stages that halve the picture
DROPOUT = 0.25
FEATURES = 128
SMALL = 56  # pixels: under it the stem keeps the size, or too few places are left at the end


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label."""
    faces = inputs(image_size, channels)
    x = layers.Rescaling(1 / 127.5, offset=-1)(faces)
    x = _convolve(x, WIDTHS[0], strides=1 if min(sides(image_size)) < SMALL else 2)
    for width in WIDTHS[1:]:
        x = _residual(_convolve(x, width, strides=2), width)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(DROPOUT)(x)
    x = layers.Dense(FEATURES, activation="relu", kernel_initializer="he_normal")(x)
    return keras.Model(faces, heads.attach(x, labels), name="compact")


def _convolve(x: Any, width: int, strides: int = 1) -> Any:
    return layers.ReLU()(_normalised(x, width, strides))


def _residual(x: Any, width: int) -> Any:
    change = _normalised(_convolve(x, width), width, 1)
    return layers.ReLU()(layers.Add()([x, change]))


def _normalised(x: Any, width: int, strides: int) -> Any:
    x = layers.Conv2D(
        width, 3, strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    # Keras's own momentum, .99, is slower than a short training on a small dataset.
    return layers.BatchNormalization(momentum=0.9)(x)
