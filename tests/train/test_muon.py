"""Muon's steps: orthogonal for kernels, AdamW's for all else."""

from typing import Any

import keras
import numpy as np
import pytest

from stages.train.muon import Muon


def step(shape: tuple[int, ...], name: str = "kernel") -> Any:
    """The change that one step makes of a variable, its rate 1."""
    variable = keras.Variable(np.zeros(shape, np.float32), name=name)
    optimizer = Muon(1.0, weight_decay=0.0)
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return -np.asarray(variable), gradient


@pytest.mark.parametrize("shape", [(3, 3, 8, 16), (1, 1, 4, 32), (40, 12)])
def test_a_kernels_step_is_nearly_orthogonal(shape: tuple[int, ...]) -> None:
    change, gradient = step(shape)
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    sizes = np.linalg.svd(change.reshape(rows, columns), compute_uv=False)
    wanted = 0.2 * max(rows, columns) ** 0.5
    assert (sizes / wanted > 0.5).all()
    assert (sizes / wanted < 1.3).all()
    assert np.sum(change * gradient) > 0  # downhill


@pytest.mark.parametrize(
    ("shape", "name"), [((8,), "beta"), ((8, 4), "age_logits/kernel"), ((8, 1), "age_value")]
)
def test_other_variables_and_last_layers_step_as_in_adamw(
    shape: tuple[int, ...], name: str
) -> None:
    change, gradient = step(shape, name.replace("/", "_"))
    np.testing.assert_allclose(change, np.sign(gradient), rtol=1e-3)
