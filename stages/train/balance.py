"""Weights of ages in the loss, so that rare ages are learnt as well as common ones."""

from typing import Any

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Number
from stages.formats.tfrecord import known
from stages.train.params import AgeWeights

FEWEST, MOST = 5, 1000  # the counts are cut to these, or one face of a rare age could dominate
REACH = 2  # years in either direction that the kernel of `lds` covers
SPREAD = 2.0  # years, standard deviation of that kernel


def weights(column: npt.NDArray[Any], label: Number, how: AgeWeights) -> npt.NDArray[np.float32]:
    """A weight per whole number of a label from low to high; their mean over the known values is 1.

    column: the values of the training split, NaN where missing. inverse: 1 / the number of examples
    of the same age; sqrt_inverse: its square root; lds: the same after label distribution smoothing
    (Yang et al. 2021, "Delving into Deep Imbalanced Regression", whose limits and kernel these
    are).
    """
    places = np.round(column[known(column)]).astype(int) - label.low
    nearest = np.clip(places, 0, label.bins - 1)
    counts = np.bincount(nearest, minlength=label.bins).astype(np.float64)
    each: npt.NDArray[np.float64] = {
        "none": np.ones(label.bins),
        "inverse": 1 / np.clip(counts, FEWEST, MOST),
        "sqrt_inverse": 1 / np.sqrt(np.maximum(counts, 1)),
        "lds": 1 / np.sqrt(np.maximum(_smoothed(counts), 1)),
    }[how]
    return np.asarray(each * (counts.sum() / np.sum(each * counts)), np.float32)


def _smoothed(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Counts convolved with a Gaussian kernel, mirrored at both ends."""
    distance = np.arange(-REACH, REACH + 1)
    kernel = np.exp(-0.5 * np.square(distance / SPREAD))
    wide = np.pad(counts, REACH, mode="symmetric")
    return np.convolve(wide, kernel / kernel.sum(), mode="valid")
