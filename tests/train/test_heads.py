"""Losses and metrics pass over what is not known; models are made of Keras's own layers."""

import ast
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from stages.core.labels.kinds import Label, Number
from stages.core.labels.known import AGE, GENDER, LABELS
from stages.train import heads

GLASSES = LABELS["eyeglasses"]
SMALL = Number("age", 10, 13, "years")
STAGES = Path(heads.__file__).parents[1]
WIDTHS = {"age": 117, "gender": 2, "eyeglasses": 1}


def loss(label: Label, targets: list[float], logits: Any, smoothing: float = 0.0) -> float:
    function = heads.losses([label], smoothing)[label.name]
    given = keras.ops.convert_to_tensor(np.array(logits, np.float32))
    return float(np.mean(function(np.array(targets, np.float32), given)))


def gradient(label: Label, targets: list[float], logits: Any) -> Any:
    function = heads.losses([label], 0.05)[label.name]
    given = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(function(np.array(targets, np.float32), given))
    return tape.gradient(value, given).numpy()


def drawn(label: Label, count: int) -> Any:
    return np.random.default_rng(0).normal(size=(count, WIDTHS[label.name])).astype(np.float32)


@pytest.mark.parametrize(
    ("label", "targets"),
    [(AGE, [30, np.nan, 70]), (GENDER, [1, -1, 0]), (GLASSES, [0, -1, 1])],
    ids=lambda value: getattr(value, "name", None),
)
def test_missing_labels_add_nothing(label: Label, targets: list[float]) -> None:
    logits = drawn(label, 3)
    kept = [targets[0], targets[2]]
    assert loss(label, targets, logits) == pytest.approx(loss(label, kept, logits[[0, 2]]))
    slopes = gradient(label, targets, logits)
    assert np.array_equal(slopes[1], np.zeros_like(slopes[1]))
    assert np.abs(slopes[[0, 2]]).max() > 0


@pytest.mark.parametrize(
    ("label", "missing"),
    [(AGE, np.nan), (GENDER, -1), (GLASSES, -1)],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_batch_that_knows_nothing_costs_nothing(label: Label, missing: float) -> None:
    logits = drawn(label, 4)
    assert loss(label, [missing] * 4, logits) == 0
    assert np.array_equal(gradient(label, [missing] * 4, logits), np.zeros_like(logits))


def test_binary_loss_by_hand() -> None:
    assert loss(GLASSES, [1, 0], [[0.0], [0.0]]) == pytest.approx(np.log(2))
    assert loss(GLASSES, [1], [[-100.0]]) == pytest.approx(100)


def test_category_loss_by_hand() -> None:
    logits = np.log([[0.8, 0.2]])
    assert loss(GENDER, [0], logits) == pytest.approx(-np.log(0.8))
    smooth = -(0.95 * np.log(0.8) + 0.05 * np.log(0.2))
    assert loss(GENDER, [0], logits, smoothing=0.1) == pytest.approx(smooth)


def test_number_loss_by_hand() -> None:
    soft = np.exp(-np.square(np.array([10, 11, 12, 13]) - 11) / 8)
    crossed = -np.sum(soft / soft.sum() * np.log(0.25))
    assert loss(SMALL, [11], np.zeros((1, 4))) == pytest.approx(crossed + 0.1 * 0.5)


def test_a_number_s_soft_label_is_as_wide_as_the_label_says() -> None:
    narrow = Number("stars", 0, 3, "stars", sigma=0.5)
    soft = np.exp(-np.square(np.arange(4) - 1) / (2 * 0.25))
    logits = np.array([[0.0, 1.0, 0.0, 0.0]])
    log_softmax = logits[0] - np.log(np.exp(logits[0]).sum())
    crossed = -np.sum(soft / soft.sum() * log_softmax)
    expected = abs(np.sum(np.exp(log_softmax) * np.arange(4)) - 1)
    assert loss(narrow, [1], logits) == pytest.approx(crossed + 0.1 * expected)


def test_rare_values_count_more_where_weighted() -> None:
    weights = {"age": np.array([1, 3, 1, 0.5], np.float32)}
    function = heads.losses([SMALL], 0.0, weights)["age"]
    targets, logits = np.array([11, 13, np.nan], np.float32), np.zeros((3, 4), np.float32)
    weighted = np.asarray(function(targets, keras.ops.convert_to_tensor(logits)))
    alone = [loss(SMALL, [age], np.zeros((1, 4))) for age in (11, 13)]
    np.testing.assert_allclose(weighted, [3 * alone[0] * 1.5, 0.5 * alone[1] * 1.5, 0], rtol=1e-5)


def test_one_units_loss_is_its_squared_error() -> None:
    features = keras.Input((1,))
    model = keras.Model(features, heads.regression(features, AGE))
    model.get_layer("age_value").set_weights([np.ones((1, 1)), np.zeros(1)])
    at = [loss(AGE, [40], model.predict_on_batch(np.array([[value]]))) for value in (40.0, 43, 50)]
    squared = [9 / 8 + heads.L1 * 3, 100 / 8 + heads.L1 * 10]
    np.testing.assert_allclose(np.subtract(at[1:], at[0]), squared, rtol=1e-3)


def test_a_number_beyond_its_range_is_taken_as_its_end() -> None:
    logits = np.random.default_rng(1).normal(size=(1, 4))
    assert loss(SMALL, [500], logits) == pytest.approx(loss(SMALL, [13], logits))


def test_losses_are_finite_however_wrong() -> None:
    far = np.zeros((1, 117), np.float32)
    far[0, 0] = 1e4
    assert np.isfinite(loss(AGE, [116], far))
    assert np.isfinite(gradient(AGE, [116], far)).all()


@pytest.mark.parametrize(
    ("label", "targets", "logits", "expected"),
    [
        (GENDER, [0, 1, -1, 1], [[2, 1], [2, 1], [2, 1], [0, 1]], 2 / 3),
        (GLASSES, [1, -1, 0], [[3], [3], [-3]], 1.0),
        (SMALL, [10, np.nan], [[0, 0, 0, 0], [9, 0, 0, 0]], 1.5),
    ],
    ids=["category", "binary", "number"],
)
def test_metrics_count_known_values_only(
    label: Label, targets: list[float], logits: Any, expected: float
) -> None:
    metric = heads.metrics([label])[label.name][0]
    metric.update_state(np.array(targets, np.float32), np.array(logits, np.float32))
    assert float(metric.result()) == pytest.approx(expected)


def test_outputs_are_probabilities_and_their_expectation() -> None:
    features = keras.Input((8,))
    model = keras.Model(features, heads.attach(features, [AGE, GENDER, GLASSES]))
    given = model(np.random.default_rng(2).normal(size=(5, 8)).astype(np.float32))
    found = {name: np.asarray(output) for name, output in given.items()}
    assert {name: output.shape for name, output in found.items()} == {
        "age": (5, 1),
        "age_distribution": (5, 117),
        "gender": (5, 2),
        "eyeglasses": (5, 1),
    }
    np.testing.assert_allclose(found["age_distribution"].sum(1), 1, rtol=1e-5)
    expected = found["age_distribution"] @ np.arange(117)
    np.testing.assert_allclose(found["age"][:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(found["gender"].sum(1), 1, rtol=1e-5)


def test_the_expectation_is_not_trained() -> None:
    features = keras.Input((8,))
    model = keras.Model(features, heads.attach(features, [AGE]))
    assert [variable.shape for variable in model.trainable_variables] == [(8, 117), (117,)]


def test_logits_share_the_layers_of_the_model() -> None:
    features = keras.Input((8,))
    model = keras.Model(features, heads.attach(features, [AGE, GENDER]))
    trained = heads.logits(model, [AGE, GENDER])
    shapes = {name: output.shape for name, output in trained.output.items()}
    assert shapes == {"age": (None, 117), "gender": (None, 2)}
    assert [id(v) for v in trained.trainable_variables] == [
        id(v) for v in model.trainable_variables
    ]


@pytest.mark.parametrize(
    "path", [STAGES / "train" / "heads.py", *sorted((STAGES / "train" / "models").glob("*.py"))]
)
def test_models_and_heads_name_no_tensorflow(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = [
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([*node.names] if isinstance(node, ast.Import) else [ast.alias(node.module)])
    ]
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not [name for name in imported if name and name.startswith("tensorflow")]
    assert "tf" not in used
