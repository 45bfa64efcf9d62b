"""Figures against literal tables and against scikit-learn."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from stages.core.labels.kinds import Label, Number
from stages.core.labels.known import LABELS
from stages.evaluate import metrics

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)
AGES = st.lists(st.tuples(st.floats(0, 116), st.floats(0, 116)), min_size=1, max_size=40)
NAMES = ("a", "b", "c", "d")


def array(*values: float) -> Any:
    return np.array(values, np.float64)


def test_numbers_by_hand() -> None:
    found = metrics.number(array(10, 20, 30, 40), array(10, 25, 24, 40), tolerance=5)
    assert found == {"n": 4, "mae": 2.75, "rmse": math.sqrt(61 / 4), "cs_5": 0.75}


def test_a_number_is_close_within_its_own_tolerance() -> None:
    height = Number("height", 40, 250, "cm", tolerance=10)
    found = metrics.figures(height, array(170, 170, 170), array(180, 181, 150))
    assert set(found) == {"n", *height.figures}
    assert found["cs_10"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("label", LABELS.values(), ids=lambda label: label.name)
def test_every_figure_of_a_label_has_a_heading(label: Label) -> None:
    assert set(metrics.overall(metrics.figures(label, array(0, 1), array(1, 1)))) == {
        "n",
        *label.figures,
    }


def test_classes_by_hand() -> None:
    found = metrics.classes(array(0, 0, 0, 1), array(0, 0, 1, 1), ("male", "female"))
    assert found == {
        "n": 4,
        "accuracy": 0.75,
        "macro_f1": pytest.approx((0.8 + 2 / 3) / 2),
        "classes": {
            "male": {"n": 3, "precision": 1.0, "recall": pytest.approx(2 / 3)},
            "female": {"n": 1, "precision": 0.5, "recall": 1.0},
        },
    }


def test_a_class_never_answered_has_no_precision_and_one_never_met_no_recall() -> None:
    found = metrics.classes(array(0, 0), array(1, 1), ("a", "b", "c"))["classes"]
    assert found == {
        "a": {"n": 2, "precision": None, "recall": 0.0},
        "b": {"n": 0, "precision": 0.0, "recall": None},
        "c": {"n": 0, "precision": None, "recall": None},
    }


@pytest.mark.parametrize("label", LABELS.values(), ids=lambda label: label.name)
def test_nothing_known_is_none_and_valid_json(label: Any) -> None:
    found = metrics.figures(label, array(), array())
    assert found["n"] == 0
    assert set(metrics.overall(found).values()) == {0, None}
    assert "NaN" not in json.dumps(found, allow_nan=False)


@given(PAIRS)
def test_classes_agree_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    actual, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    found = metrics.classes(actual, predicted, NAMES)
    assert found["accuracy"] == pytest.approx(accuracy_score(actual, predicted))
    assert found["macro_f1"] == pytest.approx(f1_score(actual, predicted, average="macro"))
    precision, recall, _, support = precision_recall_fscore_support(
        actual, predicted, labels=range(4), zero_division=0
    )
    for place, name in enumerate(NAMES):
        one = found["classes"][name]
        assert one["n"] == support[place]
        assert (one["precision"] or 0) == pytest.approx(precision[place])
        assert (one["recall"] or 0) == pytest.approx(recall[place])
    table = metrics.confusion(actual, predicted, 4)
    assert np.array_equal(table, confusion_matrix(actual, predicted, labels=range(4)))


@given(AGES)
def test_numbers_agree_with_their_definitions(pairs: list[tuple[float, float]]) -> None:
    errors = [abs(actual - predicted) for actual, predicted in pairs]
    found = metrics.number(*(np.array(column) for column in zip(*pairs, strict=True)), tolerance=5)
    assert found["mae"] == pytest.approx(sum(errors) / len(errors))
    assert found["mae"] <= found["rmse"] + 1e-9
    assert found["cs_5"] == sum(error <= 5 for error in errors) / len(errors)


def test_baseline_is_the_median_or_the_most_frequent_class_of_train() -> None:
    age = metrics.baseline(LABELS["age"], array(20, 30, 70), array(30, 40))
    assert age == {"mae": 5.0, "rmse": math.sqrt(50), "cs_5": 0.5}
    gender = metrics.baseline(LABELS["gender"], array(1, 1, 0), array(1, 0, 0))
    assert gender == {"accuracy": pytest.approx(1 / 3), "macro_f1": 0.25}


def test_baseline_of_a_label_that_train_does_not_know() -> None:
    found = metrics.baseline(LABELS["gender"], array(), array(1, 0))
    assert found == {"accuracy": None, "macro_f1": None}


@pytest.mark.parametrize(
    ("age", "expected"),
    [(0, "0-9"), (9.9, "0-9"), (10, "10-19"), (20, "20+"), (90, "20+"), (math.nan, "unknown")],
)
def test_age_bins(age: float, expected: str) -> None:
    assert metrics.age_bin(age, [10, 20]) == expected


def test_no_edges_are_one_bin() -> None:
    assert metrics.age_bin(5, []) == "0+"


def test_curves_of_a_perfect_score() -> None:
    actual, score = array(0, 0, 1, 1), array(0.1, 0.2, 0.8, 0.9)
    assert (0.0, 1.0) in metrics.roc(actual, score)
    assert (1.0, 1.0) in metrics.precision_recall(actual, score)
    assert metrics.roc(actual, score)[0] == (0.0, 0.0)
    assert metrics.precision_recall(actual, score)[0] == (0.0, 1.0)


def test_no_curve_of_a_single_class() -> None:
    assert metrics.roc(array(1, 1), array(0.2, 0.4)) == []
    assert metrics.precision_recall(array(), array()) == []


def test_curves_are_thinned_and_keep_their_ends() -> None:
    chance = np.random.default_rng(0)
    actual = chance.integers(0, 2, 5000)
    points = metrics.roc(actual, chance.random(5000))
    assert len(points) <= metrics.POINTS
    assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))


def test_cumulative_score_counts_errors_of_at_most_so_many_years() -> None:
    found = metrics.cumulative_score(array(30, 30), array(30, 33.5), until=4)
    assert found == [(0, 0.5), (1, 0.5), (2, 0.5), (3, 0.5), (4, 1.0)]
    assert metrics.cumulative_score(array(), array(), until=4) == []
