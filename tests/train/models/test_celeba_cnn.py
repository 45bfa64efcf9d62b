"""The CelebA seed's network: its published size, one attribute or forty."""

import pytest

from stages.core.labels.known import CELEBA, LABELS
from stages.train.models import celeba_cnn


def test_the_published_parameters() -> None:
    assert celeba_cnn.build((109, 89), [LABELS["male"]]).count_params() == 8_822_813


def test_forty_attributes_share_it() -> None:
    model = celeba_cnn.build((109, 89), [LABELS[name] for name in CELEBA], channels=1)
    assert set(model.output) == set(CELEBA)
    assert model.input_shape == (None, 109, 89, 1)
    # A grey first convolution, and a unit of 33 per further attribute.
    assert model.count_params() == 8_822_813 - 2 * 9 * 32 + 39 * 33


def test_too_small_a_picture() -> None:
    with pytest.raises(ValueError, match="size"):
        celeba_cnn.build(4, [LABELS["male"]])
