"""VGG16 up to its last pooling (Simonyan and Zisserman 2015), with the UTKFace seed's small heads.

14,714,688 parameters, and per head at 224 × 224 one layer of 401,424 (25,088 to 16), one of 136
(16 to 8) and the answer's own; the age's is one unit, 9. The seed's backbone was VGG-Face (Parkhi,
Vedaldi and Zisserman 2015): give `train.pretrained.vgg16` a file of it, or of ImageNet's. Without,
the backbone is trained from scratch; two cores are too slow for that at 224 × 224.
"""

import keras
from keras import layers
from keras.applications import VGG16
from keras.applications.vgg16 import preprocess_input

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, colored, inputs, sides
from stages.train import heads

HIDDEN = (16, 8)


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label.

    image_size: at least 32. Pictures are centred with the means of ImageNet, in its order of
    colours; those of VGG-Face differ by at most 12 of 255.
    """
    faces = inputs(image_size, channels)
    backbone = VGG16(include_top=False, weights=None, input_shape=(*sides(image_size), 3))
    pooled = layers.Flatten()(backbone(preprocess_input(colored(faces))))
    logits = {}
    for label in labels:
        x = pooled
        for units in HIDDEN:
            x = layers.Dense(units, activation="relu")(x)
        logits[label.name] = heads.one_unit_or_scores(x, label)
    return keras.Model(faces, heads.answers(logits, labels), name="vgg16_heads")
