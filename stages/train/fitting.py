"""The training itself: warm-up and cosine, averaged weights, the best epoch kept."""

import logging
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from dvclive import Live
from dvclive.keras import DVCLiveCallback

from stages.core.labels.kinds import Label
from stages.core.program import InputError
from stages.formats import examples
from stages.network.devices import Devices
from stages.train import heads, resume, start
from stages.train.muon import Muon

if TYPE_CHECKING:
    from stages.train.params import Params

MANY = 8  # figures, beyond which a line tells their mean
log = logging.getLogger("train")

# AdamW: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
OPTIMIZERS = {"adamw": keras.optimizers.AdamW, "muon": Muon}


def fit(
    module: Any,
    labels: list[Label],
    tfrecord: Path,
    folder: Path,
    history: Path,
    chosen: Devices,
    losses: dict[str, heads.Loss],
    params: "Params",
) -> Any:
    """Train, or go on with what `folder` holds, and return the best epoch's model, in float32.

    history: folder of DVCLive's tables, one row an epoch.
    """
    steps = examples.batches(examples.labelled_size(tfrecord, "train", labels), params.batch_size)
    name = module.__name__.rpartition(".")[2]
    keras.config.set_dtype_policy(chosen.policy)
    with chosen.strategy.scope() if chosen.strategy else nullcontext():
        network = build(module, labels, params)
        start.load(network, labels, name, params.init_from, params.pretrained)
        model = compiled(network, labels, steps, chosen, losses, params)
        if not chosen.strategy:  # with one, Keras does so itself
            create_variables(model, labels)
        state = resume.load(folder, model)
    if state.epoch:
        log.info("goes on after epoch %d of an earlier, interrupted run", state.epoch)
    if state.epoch < params.epochs and state.epoch - state.best_epoch < params.patience:
        _run_epochs(model, labels, tfrecord, folder, history, state, steps, params)
    else:
        live_callback(history, state)
    if not state.best_epoch:
        raise InputError("the loss was never finite: lower train.learning_rate")
    log.info("keeps epoch %d of %d (loss %.4f)", state.best_epoch, state.epoch, state.best)
    keras.backend.clear_session()  # layers are counted, and so named, from the start again
    keras.config.set_dtype_policy("float32")
    best = build(module, labels, params)
    heads.logits(best, labels).set_weights(resume.best_weights(folder, state))
    return best


def build(module: Any, labels: list[Label], params: "Params") -> Any:
    """The module's network for these pictures; `InputError` when they are too small for it."""
    try:
        return module.build(params.image_size, labels, params.channels)
    except ValueError as error:  # what Keras raises when a layer would have nothing left
        told = " ".join(str(error).split())
        name = module.__name__.rpartition(".")[2]
        raise InputError(
            f"params.yaml: train.image_size = {list(params.image_size)} is no size for model "
            f"{name}: {told}"
        ) from None


def compiled(
    model: Any,
    labels: list[Label],
    steps: int,
    chosen: Devices,
    losses: dict[str, heads.Loss],
    params: "Params",
) -> Any:
    """The model's logits with its optimizer, a warm-up and a cosine's fall of the rate."""
    every = steps * params.epochs
    warmup = min(round(params.warmup_epochs * steps), every - 1)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else params.learning_rate,
        every - warmup,
        warmup_target=params.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    optimizer = OPTIMIZERS[params.optimizer](
        rate,
        weight_decay=params.weight_decay,
        use_ema=True,
        ema_momentum=averaging(params.ema, every),
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trained = heads.logits(model, labels)
    trained.compile(
        optimizer,
        loss=losses,
        loss_weights={label.name: params.loss_weights.get(label.name, 1.0) for label in labels},
        metrics=heads.metrics(labels),
        jit_compile=chosen.jit_compile,
    )
    return trained


def create_variables(model: Any, labels: list[Label]) -> None:
    """Those of the optimizer and the losses of a compiled model.

    Keras leaves them to the first step, which TensorFlow then has to trace twice.
    """
    model.optimizer.build(model.trainable_variables)
    targets = {label.name: keras.ops.zeros((1,)) for label in labels}
    outputs = {label.name: keras.ops.zeros((1, heads.width(label))) for label in labels}
    model.compute_loss(None, targets, outputs)


def _run_epochs(
    model: Any,
    labels: list[Label],
    tfrecord: Path,
    folder: Path,
    history: Path,
    state: resume.State,
    steps: int,
    params: "Params",
) -> None:
    def read(split: str, **how: Any) -> Any:
        given = (tfrecord, split, labels, params.image_size, params.batch_size)
        how |= {"channels": params.channels, "cache": params.cache, "labelled": True}
        return examples.dataset(*given, **how)

    validated = examples.labelled_size(tfrecord, "validation", labels) > 0
    if not validated:
        log.info("no validation split: the best epoch is chosen by the training loss")
    monitor = "val_loss" if validated else "loss"

    def report(state: resume.State) -> None:
        figures = ", ".join(f"{name} {value:.4g}" for name, value in told(state.history[-1]))
        mark = " (best)" if state.best_epoch == state.epoch else ""
        log.info("epoch %d/%d: %s%s", state.epoch, params.epochs, figures, mark)

    model.fit(
        read(
            "train",
            augment=params.augment,
            shuffle_seed=params.seed,
            epochs=range(state.epoch, params.epochs),
        ),
        validation_data=read("validation") if validated else None,
        steps_per_epoch=steps,
        initial_epoch=state.epoch,
        epochs=params.epochs,
        callbacks=[
            live_callback(history, state),
            resume.Checkpoint(folder, state, monitor, params.patience, report),
        ],
        shuffle=False,
        verbose=0,
    )


def live_callback(history: Path, state: resume.State) -> Any:
    """DVCLive's callback, writing to a folder that already tells the epochs of `state`."""
    live = Live(str(history), save_dvc_exp=False, dvcyaml=None, report=None)
    callback = DVCLiveCallback(live=live)
    for epoch, logs in enumerate(state.history):
        callback.on_epoch_end(epoch, logs)
    return callback


def told(logs: dict[str, float]) -> list[tuple[str, float]]:
    """Of an epoch's figures those worth a line: both losses, and what validation says of heads.

    Of many heads it is their mean accuracy.
    """
    prefix = "val_" if "val_loss" in logs else ""
    losses = [(name, logs[name]) for name in ("loss", "val_loss") if name in logs]
    ends = ("_mae", "_accuracy")
    scores = [
        (name.removeprefix("val_"), value)
        for name, value in logs.items()
        if name.endswith(ends) and name.startswith("val_") == bool(prefix)
    ]
    if len(scores) > MANY:
        shares = [value for name, value in scores if name.endswith("_accuracy")]
        scores = [score for score in scores if score[0].endswith("_mae")]
        scores += [(f"mean accuracy of {len(shares)}", sum(shares) / len(shares))]
    return losses + scores


def averaging(ema: float, steps: int) -> float:
    """The average's decay: as asked, but never a memory longer than a tenth of the training."""
    return min(ema, max(0.0, 1.0 - 10.0 / steps))
