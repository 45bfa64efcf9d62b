"""Fitting a model: warm-up and cosine decay, averaged weights, the best epoch kept."""

import logging
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import keras
import numpy as np
from dvclive import Live
from dvclive.keras import DVCLiveCallback

from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.program import InputError
from stages.core.progress import tracked
from stages.formats import batches, tfrecord
from stages.network.devices import Devices
from stages.train import heads, resume, start
from stages.train.augment import vary
from stages.train.model import Model
from stages.train.muon import Muon
from stages.train.params import Params

SECONDS = 20.0  # between two lines about steps
log = logging.getLogger("train")

# AdamW: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
OPTIMIZERS = {"adamw": keras.optimizers.AdamW, "muon": Muon}


@dataclass(frozen=True)
class Training:
    """What is trained on what. name: the model's; folder: where an interrupted training lies."""

    name: str
    model: Model
    labels: list[Label]
    losses: dict[str, heads.Loss]
    tfrecord_folder: Path
    params: Params
    folder: Path
    history: Path  # folder of DVCLive's tables, one row an epoch

    def faces(self, split: str, **options: Any) -> Any:
        """Batches of a split, of those examples of which one of the labels is known."""
        params = self.params
        return batches.dataset(
            self.tfrecord_folder,
            split,
            self.labels,
            params.image_size,
            params.batch_size,
            channels=params.channels,
            cache=params.cache,
            labeled_only=True,
            **options,
        )

    def size(self, split: str) -> int:
        """The number of those examples."""
        builder = tfrecord.open_shards(self.tfrecord_folder)
        return batches.labeled_size(builder, split, self.labels)


def fit(training: Training, devices: Devices) -> Any:
    """Train, or resume what the folder holds, and return the model of the best epoch in float32."""
    params, labels = training.params, training.labels
    steps = batches.batches(training.size("train"), params.batch_size)
    keras.config.set_dtype_policy(devices.policy)
    with devices.strategy.scope() if devices.strategy else nullcontext():
        network = build(training.model, training.name, labels, params)
        start.load(network, labels, training.name, params.init_from, params.pretrained)
        model = compiled(network, labels, steps, devices, training.losses, params)
        if not devices.strategy:  # with one, Keras does so itself
            create_variables(model, labels)
        state = resume.load(training.folder, model)
    if state.epoch:
        log.info("resuming after epoch %d of an interrupted run", state.epoch)
    if state.epoch < params.epochs and state.epoch - state.best_epoch < params.patience:
        _run_epochs(training, model, state, steps)
    else:
        live_callback(training.history, state)
    if not state.best_epoch:
        raise InputError("the loss was never finite: lower train.learning_rate")
    log.info("best epoch %d of %d (loss %.4f)", state.best_epoch, state.epoch, state.best)
    keras.backend.clear_session()  # layers are counted, and so named, from the start again
    keras.config.set_dtype_policy("float32")
    best = build(training.model, training.name, labels, params)
    heads.logits(best, labels).set_weights(resume.best_weights(training.folder, state))
    return best


def build(model: Model, name: str, labels: list[Label], params: Params) -> Any:
    """The network for faces of this size; `InputError` when they are too small for it."""
    try:
        return model.build(params.image_size, labels, params.channels)
    except ValueError as error:  # what Keras raises when a layer would have nothing left
        reason = " ".join(str(error).split())
        raise InputError(
            f"params.yaml: train.image_size = {list(params.image_size)} is no size for model "
            f"{name}: {reason}"
        ) from None


def compiled(
    model: Any,
    labels: list[Label],
    steps: int,
    devices: Devices,
    losses: dict[str, heads.Loss],
    params: Params,
) -> Any:
    """The model up to its logits, with an optimizer whose rate warms up and then falls.

    The rate falls as half a cosine (Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent
    with Warm Restarts"). steps: batches in an epoch.
    """
    total = steps * params.epochs
    warmup = min(round(params.warmup_epochs * steps), total - 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else params.learning_rate,
        total - warmup,
        warmup_target=params.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = OPTIMIZERS[params.optimizer](
        rate,
        weight_decay=params.weight_decay,
        use_ema=True,
        ema_momentum=averaging(params.ema, total),
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trained = heads.logits(model, labels)
    trained.compile(
        optimizer,
        loss=losses,
        loss_weights={label.name: params.loss_weights.get(label.name, 1.0) for label in labels},
        metrics=heads.metrics(labels),
        jit_compile=devices.jit_compile,
    )
    return trained


def create_variables(model: Any, labels: list[Label]) -> None:
    """Create the variables of the optimizer and the losses of a compiled model.

    Keras leaves them to the first step, which TensorFlow then has to trace twice.
    """
    model.optimizer.build(model.trainable_variables)
    targets = {label.name: keras.ops.zeros((1,)) for label in labels}
    outputs = {label.name: keras.ops.zeros((1, heads.width(label))) for label in labels}
    model.compute_loss(None, targets, outputs)


def _run_epochs(training: Training, model: Any, state: resume.State, steps: int) -> None:
    params = training.params
    validated = training.size("validation") > 0
    if not validated:
        log.info("no validation split: the best epoch is chosen by the training loss")
    monitor = "val_loss" if validated else "loss"

    def report(state: resume.State) -> None:
        figures = summary(state.history[-1], training.labels)
        mark = " (best)" if state.best_epoch == state.epoch else ""
        log.info("epoch %d/%d: %s%s", state.epoch, params.epochs, figures, mark)

    epochs = range(state.epoch, params.epochs)
    model.fit(
        training.faces(
            "train",
            augment=lambda faces, seed: vary(faces, params.augment, seed),
            shuffle_seed=params.seed,
            epochs=epochs,
        ),
        validation_data=training.faces("validation") if validated else None,
        steps_per_epoch=steps,
        initial_epoch=state.epoch,
        epochs=params.epochs,
        callbacks=[
            Steps(len(epochs) * steps),
            live_callback(training.history, state),
            resume.Checkpoint(training.folder, state, monitor, params.patience, report),
        ],
        shuffle=False,
        verbose=0,
    )


class Steps(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Reports now and then how many steps of the whole training are done."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.steps = tracked(range(total), total, "step", SECONDS)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        next(self.steps, None)


def live_callback(history: Path, state: resume.State) -> Any:
    """DVCLive's callback, writing to a folder that already holds the epochs of `state`."""
    live = Live(str(history), save_dvc_exp=False, dvcyaml=None, report=None)
    callback = DVCLiveCallback(live=live)
    for epoch, logs in enumerate(state.history):
        callback.on_epoch_end(epoch, logs)
    return callback


def summary(logs: dict[str, float], labels: list[Label]) -> str:
    """An epoch in a few figures: the losses, and the means of accuracies and of errors by unit.

    They are those on the validation split where there is one.
    """
    prefix = "val_" if "val_loss" in logs else ""
    figures: dict[tuple[str, str], list[float]] = defaultdict(list)
    for label in labels:
        name = f"{label.name}_{label.leading}" if len(labels) > 1 else label.leading
        for key in (f"{prefix}{label.name}_{label.leading}", f"{prefix}{name}"):
            if key in logs:
                figures[_heading(label)].append(logs[key])
                break
    losses = [f"{name} {logs[name]:.4g}" for name in ("loss", "val_loss") if name in logs]
    means = [
        f"{'mean ' if len(values) > 1 else ''}{name} {np.mean(values):.3g}{unit}"
        for (name, unit), values in figures.items()
    ]
    return ", ".join(losses + means)


def _heading(label: Label) -> tuple[str, str]:
    """The name of a label's leading figure, and its unit."""
    match label:
        case Number():
            return "MAE", f" {label.unit}"
        case Category() | Binary():
            return "accuracy", ""
        case _:
            assert_never(label)


def averaging(ema: float, steps: int) -> float:
    """The decay of the average: `ema`, but no longer a memory than a tenth of the training."""
    return min(ema, max(0.0, 1.0 - 10.0 / steps))
