"""The look-alike seed's ensemble: its three backbones, and its place in any Keras."""

from pathlib import Path

import keras
import numpy as np
import pytest

from stages.core.labels.known import LABELS
from stages.train.models import ensemble
from tests.models_fixture import save

pytestmark = pytest.mark.slow  # 780 layers take half a minute to build and to read


def test_its_backbones_and_its_file(tmp_path: Path) -> None:
    model = ensemble.build(75, [LABELS["gender"], LABELS["job"]], channels=1)
    sizes = {layer.name: layer.count_params() for layer in model.layers if layer.count_params()}
    assert sizes == {
        "resnet50v2": 23_564_800,
        "vgg19": 20_024_384,
        "inception_resnet_v2": 54_336_736,
        "gender_logits": 4097 * 2,
        "job_logits": 4097 * 9,
    }
    save(model, tmp_path / "model.keras")
    pictures = np.full((1, 75, 75, 1), 90, np.float32)
    found = keras.models.load_model(tmp_path / "model.keras")(pictures)
    for name, expected in model(pictures).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4)


def test_pictures_too_small_for_it() -> None:
    with pytest.raises(ValueError, match="at least 75x75"):
        ensemble.build(64, [LABELS["gender"]])
