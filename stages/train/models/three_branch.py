"""The look-alike seed's network: three branches read a face, a merged layer feeds every head.

8,165,683 parameters at 100 × 100 grey with gender (2 classes), job (2) and look-alike (11). Sizes
and order of its layers are the published ones. There each branch read a picture list of its own,
made for one of the heads; here all three read one face. Its dense layer of 64 before the type's
head was never connected, so it is not here.
"""

from typing import Any

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs
from stages.train import heads

MERGED, HEAD = 64, 32
BRANCHES = (("valid", 64), ("valid", 64), ("same", 100))  # padding, and units at the end


def build(image_size: Size, labels: list[Label], channels: int = 1) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label."""
    faces = inputs(image_size, channels)
    x = layers.Rescaling(1 / 255)(faces)
    x = layers.Concatenate()([_branch(x, padding, units) for padding, units in BRANCHES])
    merged = layers.Dense(MERGED)(x)
    logits = {
        label.name: heads.scores(layers.Dense(HEAD, activation="relu")(merged), label)
        for label in labels
    }
    return keras.Model(faces, heads.answers(logits, labels), name="three_branch")


def _branch(x: Any, padding: str, units: int) -> Any:
    for width, kernel in ((32, 2), (64, 3)):
        for _ in range(2):
            x = layers.Conv2D(width, kernel, padding=padding, activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    return layers.Dense(units, activation="relu")(layers.Flatten()(x))
