"""Train one model on the shards and keep its best epoch.

The model is a file of stages/train/models, found by its name. What is trained, for how long and on
what variations of the faces is in `params.yaml`. A training that was interrupted resumes after its
last whole epoch when the stage is run again with the same data, parameters and code; one that is
finished is taken from the store.
"""

import logging
import shutil
from pathlib import Path
from typing import Any

from stages.core import plugins
from stages.core.labels.kinds import Label
from stages.core.labels.known import AGE, LABELS
from stages.core.program import InputError, section
from stages.core.stage import run
from stages.core.store import Store
from stages.formats import tfrecord
from stages.network import devices, modelfile
from stages.network.card import Card, Crop
from stages.train import finished
from stages.train.balance import weights
from stages.train.params import MODELS, Params

log = logging.getLogger("train")


def heads_to_train(labels: list[Label], known: dict[str, int]) -> list[Label]:
    """The labels to train: those of which the training split knows a value.

    known: number of known values by label. Raises `InputError` when none is left.
    """
    kept = [label for label in labels if known[label.name]]
    for label in labels:
        if label not in kept:
            log.info("label %s is left out: no example of the training split has it", label.name)
    if not kept:
        names = [label.name for label in labels]
        raise InputError(f"train.labels = {names}: no example of the training split has any")
    return kept


def main(
    model: str,
    tfrecord_folder: Path,
    out: Path,
    history: Path,
    store: Path,
    params: Params,
    crop: dict[str, Any],
) -> None:
    devices.quiet()
    network = plugins.find(MODELS, model, "train.models")
    labels = [LABELS[name] for name in dict.fromkeys(params.labels)]
    builder = tfrecord.open_shards(tfrecord_folder)
    tfrecord.check(builder, labels)
    if not tfrecord.size(builder, "train"):
        raise InputError(f"{tfrecord_folder}: split 'train' has no examples to train on")
    columns = tfrecord.columns(builder, "train", [label.name for label in labels])
    known = {name: int(tfrecord.known(column).sum()) for name, column in columns.items()}
    labels = heads_to_train(labels, known)
    names = ", ".join(label.name for label in labels)
    card = Card(tuple(labels), section(Crop, {"crop": crop}, "crop"))
    key = finished.cache_key(model, builder, card, params)
    if finished.restore(Store(store), key, out, history):
        log.info("model %s, heads %s: already trained on the same data", model, names)
        return
    from stages.train import fitting, heads

    chosen = devices.choose(params.mixed_precision, params.jit_compile, params.multi_gpu)
    devices.reproducible(params.seed, chosen.jit_compile)
    log.info("model %s, heads %s; %s", model, names, chosen.summary)
    folder = store / finished.KIND / key
    folder.mkdir(parents=True, exist_ok=True)
    by_age = (
        {AGE.name: weights(columns[AGE.name], AGE, params.age_weights)} if AGE in labels else {}
    )
    losses = heads.losses(labels, params.label_smoothing, by_age)
    training = fitting.Training(
        model, network, labels, losses, tfrecord_folder, params, folder, history
    )
    modelfile.save(fitting.fit(training, chosen), card, out)
    finished.keep(Store(store), key, out, history)
    shutil.rmtree(folder)


if __name__ == "__main__":
    run(main, crop="crop")  # which a model carries in its file
