"""The contract of a model: a module of stages/train/models with one function."""

from typing import Any, Protocol

from stages.core.labels.kinds import Label
from stages.network.inputs import Size


class Model(Protocol):
    """One network. A new model is a file with this function; `train.models` then may name it."""

    @staticmethod
    def build(image_size: Size, labels: list[Label], channels: int) -> Any:
        """A `keras.Model` with new weights, of layers that Keras itself has.

        Its input is `network.inputs.inputs(image_size, channels)`: faces (B, height, width,
        channels), 0 to 255. Its outputs are those of `heads.answers`: for every label there is a
        layer "<label>_logits", where losses are taken, which `heads.attach` puts on features
        (B, F). ValueError when the faces are too small.
        """
        ...
