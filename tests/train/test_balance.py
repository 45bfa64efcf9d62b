"""How much each age counts: by its examples, by its neighbours', one in the mean."""

import numpy as np
import pytest

from stages.core.labels.kinds import Number
from stages.train import balance
from stages.train.params import AgeWeights

AGE = Number("age", 10, 13, "years")
AGES = np.array([10] * 64 + [11] * 16 + [13] * 4 + [np.nan], np.float32)


def ratios(how: AgeWeights) -> list[float]:
    found = balance.weights(AGES, AGE, how)
    return [round(float(weight / found[0]), 3) for weight in found]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("none", [1, 1, 1, 1]),
        ("inverse", [1, 4, 12.8, 12.8]),  # nobody counts as fewer than five
        ("sqrt_inverse", [1, 2, 8, 4]),
    ],
)
def test_weights_by_their_own_examples(how: AgeWeights, expected: list[float]) -> None:
    assert ratios(how) == expected


def test_label_distribution_smoothing_shares_with_neighbours() -> None:
    found = ratios("lds")
    assert found[0] == 1
    assert found == sorted(found)
    assert found[2] < 4  # nobody is twelve, but eleven is near


def test_smoothing_leaves_an_even_distribution_even() -> None:
    ages = np.repeat(np.arange(10, 14), 50).astype(np.float32)
    np.testing.assert_allclose(balance.weights(ages, AGE, "lds"), 1, rtol=1e-6)


@pytest.mark.parametrize("how", ["none", "inverse", "sqrt_inverse", "lds"])
def test_the_mean_over_the_examples_is_one(how: AgeWeights) -> None:
    found = balance.weights(AGES, AGE, how)
    places = AGES[~np.isnan(AGES)].astype(int) - AGE.low
    assert found.dtype == np.float32
    assert found[places].mean() == pytest.approx(1)
