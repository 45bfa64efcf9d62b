"""The age seed's network: two convolutions, one pooling, and nearly all weights in one layer.

43,694,145 parameters at 150 × 150 × 3 with one unit for the age. The published description has
this count and size but no list of layers; this one was derived from them as the
simplest of those that fit.
"""

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs
from stages.train import heads

WIDTH = 64
HIDDEN = 128


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label.

    A number is one linear unit, as in the seed, not a distribution.
    """
    faces = inputs(image_size, channels)
    x = layers.Rescaling(1 / 255)(faces)
    for _ in range(2):
        x = layers.Conv2D(WIDTH, 3, activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dense(HIDDEN, activation="relu")(x)
    logits = {label.name: heads.one_unit_or_scores(x, label) for label in labels}
    return keras.Model(faces, heads.answers(logits, labels), name="age_cnn")
