"""A plain convolutional network: the baseline that student projects start from.

Four times convolution and pooling, as in LeCun et al. 1998, "Gradient-Based Learning Applied to
Document Recognition", then one dense layer over everything that is left.
"""

import keras
from keras import layers

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, inputs
from stages.train import heads

WIDTHS = (16, 32, 64, 128)
DROPOUT = 0.5
FEATURES = 128


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label.

    image_size: at least 16, which the four poolings bring down to 1.
    """
    faces = inputs(image_size, channels)
    x = layers.Rescaling(1 / 255)(faces)
    for width in WIDTHS:
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(FEATURES, activation="relu")(x)
    x = layers.Dropout(DROPOUT)(x)
    return keras.Model(faces, heads.attach(x, labels), name="plain")
