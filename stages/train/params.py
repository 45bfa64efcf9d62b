"""The `train` section of `params.yaml`."""

from typing import Literal

from pydantic import Field, PositiveFloat, field_validator

from stages.core import plugins
from stages.core.labels.known import LABELS
from stages.core.program import Section
from stages.network.inputs import CheckedSides
from stages.train.augment import Augment

MODELS = "stages.train.models"
AgeWeights = Literal["none", "inverse", "sqrt_inverse", "lds"]
Backbone = Literal["vgg16", "vgg19", "resnet50v2", "inception_resnet_v2"]


class Params(Section):
    """What is trained, and how."""

    models: list[str] = Field(min_length=1, description="Models to train: stages/train/models.")
    labels: list[str] = Field(
        min_length=1, description="Labels to predict; one without a known value is left out."
    )
    image_size: CheckedSides = Field(
        description="Size of the model's input, pixels: a side, or [height, width]."
    )
    channels: Literal[1, 3] = Field(description="3 for colour, 1 for grey.")
    epochs: int = Field(ge=1, le=100_000, description="Most epochs; see patience.")
    batch_size: int = Field(ge=1, le=100_000, description="Faces per training step.")
    optimizer: Literal["adamw", "muon"] = Field(description="adamw or muon.")
    learning_rate: float = Field(gt=0, description="Peak learning rate, after the warm-up.")
    weight_decay: float = Field(ge=0, description="Decoupled weight decay.")
    warmup_epochs: float = Field(
        ge=0, description="Epochs in which the learning rate rises to its peak."
    )
    label_smoothing: float = Field(ge=0, lt=1, description="Label smoothing of classes.")
    loss_weights: dict[str, PositiveFloat] = Field(
        description="Weight of a label's loss, by label; 1 if not named."
    )
    age_weights: AgeWeights = Field(
        description="Weight rare ages more: none, inverse, sqrt_inverse, lds."
    )
    patience: int = Field(
        ge=1, le=100_000, description="Epochs without a better validation loss before stopping."
    )
    ema: float = Field(
        ge=0, lt=1, description="Decay per step of the weights' moving average; 0 for none."
    )
    augment: Augment = Field(description="Random augmentation of the training faces.")
    init_from: dict[str, str] = Field(
        description="Model: a .keras file to start from, trained earlier with the same labels."
    )
    pretrained: dict[Backbone, str] = Field(
        description="Backbone: a file of weights, or imagenet; it is then frozen."
    )
    cache: bool = Field(description="Keep decoded faces in memory.")
    seed: int = Field(ge=0, lt=2**32, description="Seed of weights, shuffle and augmentation.")
    mixed_precision: bool = Field(description="Compute in 16 bits where the device gains by it.")
    jit_compile: bool = Field(description="Compile with XLA where the device gains by it.")
    multi_gpu: bool = Field(description="Use all GPUs of this machine.")

    @field_validator("models")
    @classmethod
    def _found(cls, names: list[str]) -> list[str]:
        known = plugins.names(MODELS)
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f"has {unknown[0]!r}; allowed: {', '.join(known)}")
        return names

    @field_validator("labels", "loss_weights")
    @classmethod
    def _known(cls, names: list[str] | dict[str, float]) -> list[str] | dict[str, float]:
        if unknown := sorted(set(names) - set(LABELS)):
            raise ValueError(f"has {unknown[0]!r}; allowed: {', '.join(LABELS)}")
        return names
