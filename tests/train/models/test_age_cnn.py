"""The age seed's network: its published size, an age that is one unit."""

import numpy as np

from stages.core.labels.known import LABELS
from stages.train.models import age_cnn


def test_the_published_parameters() -> None:
    model = age_cnn.build(150, [LABELS["age"]])
    # The layers that read the unit as years are fixed, and no part of the seed.
    assert sum(int(np.prod(each.shape)) for each in model.trainable_variables) == 43_694_145


def test_the_age_is_what_its_unit_says() -> None:
    model = age_cnn.build(32, [LABELS["age"], LABELS["gender"]])
    unit = model.get_layer("age_value")
    unit.set_weights([np.zeros((128, 1)), np.array([41.0])])
    given = model.predict_on_batch(np.zeros((2, 32, 32, 3), np.float32))
    np.testing.assert_allclose(given["age"][:, 0], 41, atol=1e-3)
    assert given["age_distribution"].argmax(1).tolist() == [41, 41]
    assert given["gender"].shape == (2, 2)
