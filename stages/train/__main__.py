"""Train one model on the shards and keep its best epoch.

The model is a file of stages/train/models, found by its name. What is trained, for how long and on
what variations of the pictures is in `params.yaml`; a training that is killed goes on from its
last whole epoch when the stage is run again with the same data, parameters and code.
"""

import importlib
import logging
import shutil
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveFloat

from stages.core import store
from stages.core.labels.kinds import Label
from stages.core.labels.known import AGE, LABELS
from stages.core.program import InputError, Section, run
from stages.network import devices, modelfile
from stages.network.inputs import CheckedSides
from stages.train.augment import Augment
from stages.train.balance import How, weights
from stages.train.start import Backbone, files

log = logging.getLogger("train")

HERE = Path(__file__).parent
MODELS = HERE / "models"
# What a training's result depends on, besides the model's own file.
SOURCES = ("*.py", "../core/labels/*.py", "../network/*.py", "../formats/*.py")


class Params(Section):
    models: list[str]  # one training each: DVC makes its matrix of them
    labels: list[str] = Field(min_length=1)  # heads; one without a known value is left out
    image_size: CheckedSides  # pixels: a side, or [height, width]
    channels: Literal[1, 3]  # 1 is grey
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    optimizer: Literal["adamw", "muon"]
    learning_rate: float = Field(gt=0)  # at its peak, after the warm-up
    weight_decay: float = Field(ge=0)
    warmup_epochs: float = Field(ge=0)
    label_smoothing: float = Field(ge=0, lt=1)
    loss_weights: dict[str, PositiveFloat]  # by label, of its loss; 1 where not given
    age_weights: How  # of the loss, by how rare an age is
    patience: int = Field(ge=1)  # epochs without a better validation loss before stopping
    ema: float = Field(ge=0, lt=1)  # decay of the weights' moving average, per step
    augment: Augment
    init_from: dict[str, str]  # model: a .keras file of the same model and labels to go on from
    pretrained: dict[Backbone, str]  # backbone: a file of its weights, or imagenet
    cache: bool  # keep decoded pictures in memory
    seed: int = Field(ge=0)
    mixed_precision: bool
    jit_compile: bool
    multi_gpu: bool


def heads_to_train(wanted: list[str], known: dict[str, int]) -> list[Label]:
    """The labels to train, less those of which the training split knows no value.

    known: number of known values by label. Raises `InputError` when none is left.
    """
    for name in wanted:
        if not known[name]:
            log.info("label %s is left out: no example of the training split knows it", name)
    kept = [LABELS[name] for name in wanted if known[name]]
    if not kept:
        raise InputError(f"train.labels = {wanted}: the training split knows none of them")
    return kept


def find_model(name: str) -> Any:
    """The module of a model; `InputError` lists those there are."""
    there = sorted(path.stem for path in MODELS.glob("*.py") if path.stem != "__init__")
    if name not in there:
        raise InputError(f"no model {name!r} in stages/train/models; there are: {', '.join(there)}")
    return importlib.import_module(f"stages.train.models.{name}")


def identity(model: str, tfrecord: Path, params: Params) -> str:
    """Key of all that a training's result depends on: data, parameters and code."""
    code = [path for pattern in SOURCES for path in sorted(HERE.glob(pattern))]
    begun = files(model, params.init_from, params.pretrained)
    read = [*sorted(tfrecord.iterdir()), *code, MODELS / f"{model}.py", *begun]
    given = params.model_dump(exclude={"models"})
    return store.key(model, given, [(file.name, store.digest(file)) for file in read])


def main(
    model: str, tfrecord: Path, out: Path, history: Path, store_folder: Path, params: Params
) -> None:
    for field, given in {"labels": params.labels, "loss_weights": params.loss_weights}.items():
        if unknown := sorted(set(given) - set(LABELS)):
            allowed = ", ".join(LABELS)
            raise InputError(f"params.yaml: train.{field} has {unknown[0]!r}; allowed: {allowed}")
    devices.quiet()
    from stages.formats import examples
    from stages.train import fitting, heads

    chosen = devices.choose(params.mixed_precision, params.jit_compile, params.multi_gpu)
    devices.reproducible(params.seed, chosen.jit_compile)
    module = find_model(model)
    labels = [LABELS[name] for name in dict.fromkeys(params.labels)]
    examples.check(examples.open_shards(tfrecord), labels)
    columns = examples.columns(tfrecord, "train", [label.name for label in labels])
    counts = {name: int(examples.known(column).sum()) for name, column in columns.items()}
    labels = heads_to_train([label.name for label in labels], counts)
    log.info("model %s, heads %s; %s", model, ", ".join(x.name for x in labels), chosen.summary)
    folder = store_folder / "train" / identity(model, tfrecord, params)
    folder.mkdir(parents=True, exist_ok=True)
    by_age = (
        {AGE.name: weights(columns[AGE.name], AGE, params.age_weights)} if AGE in labels else {}
    )
    losses = heads.losses(labels, params.label_smoothing, by_age)
    trained = fitting.fit(module, labels, tfrecord, folder, history, chosen, losses, params)
    modelfile.save(trained, out)
    shutil.rmtree(folder)


if __name__ == "__main__":
    run(main)
