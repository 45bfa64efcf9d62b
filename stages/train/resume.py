"""A training that can be interrupted, and the best of its epochs.

After every epoch the weights, the state of the optimizer and the seeds of the layers are written
to a new file, then one small file that names it is replaced. So the folder always holds one whole
state, and a training that resumes from it ends with the same weights as one that never stopped.
(Keras's own BackupAndRestore overwrites two files in turn, and forgets the best epoch and the
state of dropout's seeds.)
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from stages.core.tables import write_json

STATE = "state.json"


@dataclass
class State:
    """The progress of a training: epochs done, the best of them, and the logs of every epoch."""

    epoch: int = 0
    best_epoch: int = 0  # counted from 1; 0 is none yet
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


def load(folder: Path, model: Any) -> State:
    """Restore a compiled model from a folder and return its state; a new one if there is none."""
    if not (folder / STATE).is_file():
        return State()
    state = State(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    model.optimizer.build(model.trainable_variables)
    values = _read(_everything(folder, state.epoch))
    for variable, value in zip(_variables(model), values, strict=True):
        variable.assign(value)
    return state


def best_weights(folder: Path, state: State) -> list[Any]:
    """The weights of the best epoch, averaged, in the order of `model.get_weights()`."""
    return _read(_best(folder, state.best_epoch))


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Validate with averaged weights, save the best epoch, stop when the loss no longer falls.

    While a model is validated and when it is saved, the optimizer's moving average replaces its
    weights (Polyak and Juditsky 1992); training itself continues with the raw ones.
    """

    def __init__(
        self,
        folder: Path,
        state: State,
        monitor: str,
        patience: int,
        report: Callable[[State], None],
    ) -> None:
        super().__init__()
        self.folder, self.state, self.monitor = folder, state, monitor
        self.patience, self.report = patience, report
        self.raw: list[Any] = []

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        self._average()

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        self.model.set_weights(self.raw)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = {name: float(value) for name, value in (logs or {}).items()}
        state, score = self.state, logs[self.monitor]
        before = State(**asdict(state))
        state.epoch = epoch + 1
        # JSON knows no infinity, and DVC reads the logs.
        state.history.append({name: value for name, value in logs.items() if math.isfinite(value)})
        if math.isfinite(score) and (state.best is None or score < state.best):
            state.best, state.best_epoch = score, state.epoch
            self._average()
            np.savez(_best(self.folder, state.epoch), *self.model.get_weights())
            self.model.set_weights(self.raw)
        self._save(before)
        self.report(state)
        if state.epoch - state.best_epoch >= self.patience:
            self.model.stop_training = True

    def _average(self) -> None:
        self.raw = self.model.get_weights()
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

    def _save(self, before: State) -> None:
        values = [keras.ops.convert_to_numpy(variable) for variable in _variables(self.model)]
        np.savez(_everything(self.folder, self.state.epoch), *values)
        write_json(self.folder / STATE, asdict(self.state))
        _everything(self.folder, before.epoch).unlink(missing_ok=True)
        if self.state.best_epoch != before.best_epoch:
            _best(self.folder, before.best_epoch).unlink(missing_ok=True)


def _variables(model: Any) -> list[Any]:
    """Weights, seeds of the layers, and the optimizer's steps, moments and averages."""
    return [*model.variables, *model.optimizer.variables]


def _read(path: Path) -> list[Any]:
    with np.load(path) as kept:
        return [kept[f"arr_{place}"] for place in range(len(kept.files))]


def _everything(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch}.npz"


def _best(folder: Path, epoch: int) -> Path:
    return folder / f"best-{epoch}.npz"
