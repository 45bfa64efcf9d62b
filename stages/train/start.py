"""The weights a training begins with: an earlier training's, or a backbone's trained elsewhere.

Nothing is downloaded: a missing file is an error that names it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.core.labels.kinds import Label
from stages.core.program import InputError
from stages.network import modelfile
from stages.train.params import Backbone

IMAGENET = "imagenet"
# As keras.applications names its files, all without the layers above the last pooling.
FILES: dict[Backbone, str] = {
    "vgg16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "vgg19": "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "resnet50v2": "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "inception_resnet_v2": "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
}


def files(
    model: str, init_from: Mapping[str, str], pretrained: Mapping[Backbone, str]
) -> list[Path]:
    """The files that a training of this model may read; `InputError` names a missing one."""
    paths = {f"train.pretrained.{name}": weights_path(name, f) for name, f in pretrained.items()}
    if model in init_from:
        paths[f"train.init_from.{model}"] = Path(init_from[model]).expanduser()
    for key, path in paths.items():
        if not path.is_file():
            raise InputError(f"params.yaml: {key}: no file {path}; put it there, or drop the key")
    return list(paths.values())


def weights_path(backbone: Backbone, file: str) -> Path:
    """Where the weights of a backbone are; `imagenet` stands for the file that Keras downloads."""
    if file != IMAGENET:
        return Path(file).expanduser()
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / FILES[backbone]


def load(
    network: Any,
    labels: list[Label],
    model: str,
    init_from: Mapping[str, str],
    pretrained: Mapping[Backbone, str],
) -> None:
    """Put the wanted weights into a new network. Backbones with pretrained weights are frozen.

    init_from: by model, a `.keras` file of an earlier training of the same network and labels.
    pretrained: by backbone, a file of weights; a network without that backbone ignores it.
    `InputError` names the layer that does not fit.
    """
    for layer in network.layers:
        if layer.name in pretrained:
            _load_backbone(layer, weights_path(layer.name, pretrained[layer.name]))
            layer.trainable = False
    if model in init_from:
        path = Path(init_from[model]).expanduser()
        _load_earlier(network, labels, path, f"train.init_from.{model}")


def _load_backbone(backbone: Any, path: Path) -> None:
    try:
        backbone.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        # Keras appends all values of the variable.
        reason = " ".join(str(error).split(" Target variable")[0].split())
        raise InputError(
            f"params.yaml: train.pretrained.{backbone.name}: {path} does not fit: {reason}"
        ) from None


def _load_earlier(network: Any, labels: list[Label], path: Path, key: str) -> None:
    earlier, card = modelfile.load(path)
    names = [[label.name for label in each] for each in (card.labels, labels)]
    if names[0] != names[1]:
        raise InputError(f"params.yaml: {key}: {path} has heads {names[0]}, not {names[1]}")
    pairs = zip(earlier.weights, network.weights, strict=False)
    for old, new in pairs:
        if old.shape != new.shape:
            raise InputError(
                f"params.yaml: {key}: {path} does not fit: {new.path} is {tuple(new.shape)}, "
                f"there {tuple(old.shape)}"
            )
    if len(earlier.weights) != len(network.weights):
        raise InputError(f"params.yaml: {key}: {path} is another network: other layers")
    network.set_weights(earlier.get_weights())
