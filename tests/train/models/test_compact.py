"""The residual network: its size, its outputs, its place in any Keras."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.core.labels.known import LABELS
from stages.train.models import compact
from tests.models_fixture import save

SEVEN = ("age", "gender", "race", "expression", "eyeglasses", "wearing_hat", "no_beard")
ALL = [LABELS[name] for name in SEVEN]


def test_parameter_counts() -> None:
    assert compact.build(64, [LABELS["gender"]]).count_params() == 883_498
    assert compact.build(64, ALL).count_params() == 900_643


def test_outputs_of_every_label() -> None:
    model = compact.build(64, ALL)
    assert set(model.output) == {*SEVEN, "age_distribution"}
    assert model.input_shape == (None, 64, 64, 3)
    assert not model.compiled


@pytest.mark.parametrize(("size", "left"), [(16, 2), (32, 4), (48, 6), (56, 4), (96, 6)])
def test_small_pictures_keep_enough_places(size: int, left: int) -> None:
    model = compact.build(size, [LABELS["gender"]])
    pooled = next(layer for layer in model.layers if "pooling" in layer.name)
    assert pooled.input.shape[1:3] == (left, left)


@pytest.mark.slow
def test_the_file_opens_without_the_project(tmp_path: Path) -> None:
    model = compact.build(32, ALL)
    save(model, tmp_path / "model.keras")
    pictures = np.full((2, 32, 32, 3), 90.0, np.float32)
    np.save(tmp_path / "pictures.npy", pictures)
    code = (
        "import keras, numpy as np\n"
        "model = keras.models.load_model('model.keras')\n"
        "np.savez('answers.npz', **model.predict_on_batch(np.load('pictures.npy')))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, check=True)
    with np.load(tmp_path / "answers.npz") as found:
        for name, expected in model.predict_on_batch(pictures).items():
            np.testing.assert_allclose(found[name], expected, rtol=1e-5)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    model = compact.build(16, [LABELS["gender"]])
    save(model, tmp_path / "first.keras")
    save(model, tmp_path / "second.keras")
    assert (tmp_path / "first.keras").read_bytes() == (tmp_path / "second.keras").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["first.keras", "second.keras"]
