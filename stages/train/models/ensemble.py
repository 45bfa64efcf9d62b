"""The look-alike seed's ensemble: ResNet50V2, VGG19 and InceptionResNetV2 side by side.

He et al. 2016, Simonyan and Zisserman 2015, Szegedy et al. 2017. Each has an input of its own,
prepared as it was trained; here all three are one face. What they see, 4,096 averaged features,
feeds the heads. Backbones with `train.pretrained` are frozen, as the seed's were; 97,925,920
parameters without the heads. Its heads are not known; these are single layers.
"""

from typing import Any

import keras
from keras import layers
from keras.applications import (
    VGG19,
    InceptionResNetV2,
    ResNet50V2,
    inception_resnet_v2,
    resnet_v2,
    vgg19,
)

from stages.core.labels.kinds import Label
from stages.network.inputs import Size, colored, inputs, sides
from stages.train import heads

DROPOUT = 0.5
BACKBONES = (
    (ResNet50V2, resnet_v2.preprocess_input),
    (VGG19, vgg19.preprocess_input),
    (InceptionResNetV2, inception_resnet_v2.preprocess_input),
)


def build(image_size: Size, labels: list[Label], channels: int = 3) -> keras.Model:
    """A model from faces (B, height, width, channels), 0 to 255, to one output per label.

    image_size: at least 75.
    """
    faces = inputs(image_size, channels)
    seen = []
    for backbone, prepare in BACKBONES:
        network = backbone(include_top=False, weights=None, input_shape=(*sides(image_size), 3))
        seen.append(_averaged(network(prepare(colored(faces)))))
    x = layers.Dropout(DROPOUT)(layers.Concatenate()(seen))
    return keras.Model(faces, heads.attach(x, labels), name="ensemble")


def _averaged(features: Any) -> Any:
    return layers.GlobalAveragePooling2D()(features)
