"""The age seed's autoencoder: its published size and code, and that it learns to reconstruct."""

import keras
import numpy as np
import pytest

from stages.core.labels.known import LABELS
from stages.train.models import autoencoder


def test_the_published_parameters_and_code() -> None:
    model = autoencoder.reconstructor(150)
    assert model.count_params() == 13_939
    assert model.output_shape == (None, 150, 150, 3)
    assert (19, 19, 8) in [tuple(layer.output.shape[1:]) for layer in model.layers]


def test_sides_that_do_not_come_back() -> None:
    with pytest.raises(ValueError, match=r"sides \(148, 150\) must leave 6 when divided by 8"):
        autoencoder.reconstructor((148, 150))


@pytest.mark.slow
def test_it_learns_to_reconstruct() -> None:
    keras.utils.set_random_seed(0)
    model = autoencoder.reconstructor((14, 22), channels=1)
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    across = np.linspace(0, 1, 22, dtype=np.float32)
    pictures = np.stack([np.tile(across[::way], (14, 1)) for way in (1, -1) * 8])[..., None]
    before = model.evaluate(pictures, pictures, verbose=0)
    model.fit(pictures, pictures, epochs=25, batch_size=8, verbose=0)
    assert model.evaluate(pictures, pictures, verbose=0) < before / 2


def test_heads_on_the_code() -> None:
    model = autoencoder.build(150, [LABELS["gender"]])
    assert model.get_layer("gender_logits").count_params() == (19 * 19 * 8 + 1) * 2
