"""What is written after an epoch, what of it is read, and when a training stops."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from stages.train import resume


def small() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.AdamW(0.01, use_ema=True, ema_momentum=0.5)
    model.compile(optimizer, loss="mse")
    return model


def fit(model: Any, folder: Path, state: resume.State, epochs: int, **how: Any) -> list[int]:
    chance = np.random.default_rng(0)
    inputs, targets = chance.normal(size=(8, 4)), chance.normal(size=(8, 1))
    told: list[int] = []
    keep = resume.Checkpoint(
        folder,
        state,
        how.get("monitor", "loss"),
        how.get("patience", 99),
        lambda state: told.append(state.epoch),
    )
    model.fit(
        inputs,
        targets,
        batch_size=4,
        initial_epoch=state.epoch,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[keep],
        validation_data=(inputs, targets) if how.get("validate") else None,
    )
    return told


@pytest.mark.slow
def test_going_on_equals_never_stopping(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole, state = small(), resume.State()
    assert fit(whole, tmp_path / "whole", state, 5) == [1, 2, 3, 4, 5]
    fit(small(), tmp_path / "parts", resume.State(), 2)
    second = small()
    found = resume.load(tmp_path / "parts", second)
    assert found.epoch == 2
    assert fit(second, tmp_path / "parts", found, 5) == [3, 4, 5]
    assert found == state
    for left, right in zip(
        resume.best_weights(tmp_path / "whole", state),
        resume.best_weights(tmp_path / "parts", found),
        strict=True,
    ):
        assert np.array_equal(left, right)


def test_only_the_last_and_the_best_epoch_are_kept(tmp_path: Path) -> None:
    state = resume.State()
    fit(small(), tmp_path, state, 4)
    names = {"state.json", "epoch-4.npz", f"best-{state.best_epoch}.npz"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_folder_without_a_state_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "epoch-1.npz").write_bytes(b"cut off before the state was written")
    assert resume.load(tmp_path, small()) == resume.State()


@pytest.mark.slow
def test_validation_sees_averaged_weights_and_training_raw_ones(tmp_path: Path) -> None:
    plain, watched = small(), small()
    fit(plain, tmp_path, resume.State(), 3)
    raw = plain.optimizer.variables
    fit(watched, tmp_path, resume.State(), 3, monitor="val_loss", validate=True)
    for left, right in zip(raw, watched.optimizer.variables, strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("losses", [[3.0, 2.0, 2.5, 2.0, 1.0], [3.0, 2.0, float("nan"), 2.1, 1.0]])
def test_training_stops_when_patience_ends(tmp_path: Path, losses: list[float]) -> None:
    model, state = small(), resume.State()
    model.optimizer.build(model.trainable_variables)
    keep = resume.Checkpoint(tmp_path, state, "loss", 2, lambda state: None)
    keep.set_model(model)
    model.stop_training = False
    for epoch, loss in enumerate(losses):
        keep.on_epoch_end(epoch, {"loss": loss})
        if model.stop_training:
            break
    assert (state.epoch, state.best_epoch, state.best) == (4, 2, 2.0)
    assert len(state.history) == 4


def test_a_loss_that_is_never_finite_has_no_best_epoch(tmp_path: Path) -> None:
    model, state = small(), resume.State()
    keep = resume.Checkpoint(tmp_path, state, "loss", 5, lambda state: None)
    keep.set_model(model)
    keep.on_epoch_end(0, {"loss": float("inf")})
    assert (state.best, state.best_epoch) == (None, 0)
    assert "Infinity" not in (tmp_path / "state.json").read_text()
