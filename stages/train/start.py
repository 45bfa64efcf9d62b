"""Weights to begin from: those of an earlier training, or of a backbone trained elsewhere.

Nothing is fetched: a file that is not there is told by name.
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
# As keras.applications names what it keeps; all without the layers above the last pooling.
FILES: dict[Backbone, str] = {
    "vgg16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "vgg19": "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "resnet50v2": "resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "inception_resnet_v2": "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
}


def files(model: str, start: Mapping[str, str], weights: Mapping[Backbone, str]) -> list[Path]:
    """The files that a training of this model may read; `InputError` names one that is missing."""
    wanted = {f"train.pretrained.{name}": found(name, given) for name, given in weights.items()}
    if model in start:
        wanted[f"train.init_from.{model}"] = Path(start[model]).expanduser()
    for key, path in wanted.items():
        if not path.is_file():
            raise InputError(f"params.yaml: {key}: no file {path}; put it there, or drop the key")
    return list(wanted.values())


def found(backbone: Backbone, given: str) -> Path:
    """Where the weights of a backbone are; `imagenet` is what Keras itself fetched before."""
    if given != IMAGENET:
        return Path(given).expanduser()
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / FILES[backbone]


def load(
    network: Any,
    labels: list[Label],
    model: str,
    start: Mapping[str, str],
    weights: Mapping[Backbone, str],
) -> None:
    """Put the weights that are asked for into a new network; those of a backbone are then frozen.

    start: a `.keras` file by model, an earlier training of the same network and labels. weights:
    a file of weights by backbone; a network without that backbone passes over it. `InputError`
    names the layer that does not fit.
    """
    for layer in network.layers:
        if layer.name in weights:
            _load_backbone(layer, found(layer.name, weights[layer.name]))
            layer.trainable = False
    if model in start:
        _go_on(network, labels, Path(start[model]).expanduser(), f"train.init_from.{model}")


def _load_backbone(backbone: Any, path: Path) -> None:
    try:
        backbone.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        # Keras ends with all values of the variable.
        told = " ".join(str(error).split(" Target variable")[0].split())
        raise InputError(
            f"params.yaml: train.pretrained.{backbone.name}: {path} does not fit: {told}"
        ) from None


def _go_on(network: Any, labels: list[Label], path: Path, key: str) -> None:
    earlier, known = modelfile.load(path)
    names = [[label.name for label in each] for each in (known, labels)]
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
