"""Train one model on the shards and keep its best epoch.

The model is a file of stages/train/models, found by its name. What is trained, for how long and on
what variations of the pictures is in `params.yaml`; a training that is killed goes on from its
last whole epoch when the stage is run again with the same data, parameters and code.
"""

import importlib
import logging
import shutil
from pathlib import Path
from typing import Any

from stages.core import store
from stages.core.labels.kinds import Label
from stages.core.labels.known import AGE, LABELS
from stages.core.program import InputError, run
from stages.network import devices, modelfile
from stages.train.balance import weights
from stages.train.params import Params
from stages.train.start import files

log = logging.getLogger("train")

HERE = Path(__file__).parent
MODELS = HERE / "models"
# What a training's result depends on, besides the model's own file.
SOURCES = ("*.py", "../core/labels/*.py", "../network/*.py", "../formats/*.py")


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
