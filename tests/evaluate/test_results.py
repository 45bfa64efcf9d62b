"""Groups, predictions and mistakes of literal answers."""

import json

import numpy as np
import pyarrow as pa
import pytest

from stages.core.labels.kinds import Number
from stages.core.labels.known import LABELS
from stages.evaluate import answers, results

AGES = np.array([5.0, 25.0, np.nan, 25.0], np.float32)
GENDERS = np.array([0, 1, 1, -1])
SAID = {
    "age": np.array([[6.0], [35.0], [40.0], [25.0]]),
    "age_distribution": np.full((4, 117), 1 / 117),
    "gender": np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]]),
}


@pytest.fixture
def found() -> list[results.Result]:
    truths = {"age": AGES, "gender": GENDERS}
    return [
        results.Result(LABELS[name], truth, answers.read(SAID, LABELS[name]), truth)
        for name, truth in truths.items()
    ]


def test_summary_counts_known_values_only(found: list[results.Result]) -> None:
    summary = results.summary(found)
    assert summary["age"]["n"] == 3
    assert summary["age"]["mae"] == pytest.approx(11 / 3)
    assert summary["age"]["baseline"]["mae"] == pytest.approx(20 / 3)
    assert summary["gender"]["accuracy"] == pytest.approx(2 / 3)
    assert summary["gender"]["classes"]["female"] == {"n": 2, "precision": 1.0, "recall": 0.5}


def test_groups_by_truth_and_unknown(found: list[results.Result]) -> None:
    ages, genders = results.groups(found, 4, [20, 10])
    assert ages == ["0-9", "20+", "unknown", "20+"]
    assert genders == ["male", "female", "female", "unknown"]
    table = results.by_group(found, ages, genders)
    assert list(table) == ["0-9", "20+", "unknown", "all"]
    assert list(table["20+"]) == ["female", "unknown", "all"]
    assert table["20+"]["all"]["age"] == {
        "n": 2,
        "mae": 5.0,
        "rmse": pytest.approx(50**0.5),
        "cs_5": 0.5,
    }
    assert table["all"]["all"]["n"] == 4
    assert table["unknown"]["female"]["age"]["mae"] is None
    assert "NaN" not in json.dumps(table)


def test_groups_without_ages_and_genders() -> None:
    assert results.groups([], 2, [10]) == (["unknown"] * 2, ["unknown"] * 2)


def test_predictions_have_truth_answer_and_probability(found: list[results.Result]) -> None:
    names = {"face_id": list("abcd"), "identity": list("xxyy")}
    schema, rows = results.predictions(found, names)
    table = pa.Table.from_pylist(rows, schema).to_pylist()
    assert table[1] == {
        "face_id": "b",
        "identity": "x",
        "age": 25.0,
        "age_predicted": 35.0,
        "age_probability": pytest.approx(11 / 117),
        "gender": "female",
        "gender_predicted": "male",
        "gender_probability": pytest.approx(0.6),
    }
    assert (table[2]["age"], table[3]["gender"]) == (None, None)


def test_worst_mistakes_first(found: list[results.Result]) -> None:
    assert results.mistakes(found, 8) == {"age": [1, 0], "gender": [1]}
    assert results.mistakes(found, 1) == {"age": [1], "gender": [1]}


def test_the_cumulative_score_is_drawn_as_far_as_the_label_needs() -> None:
    stars = Number("stars", 0, 9, "stars", tolerance=1)
    said = {"stars": np.array([[3.0]]), "stars_distribution": np.full((1, 10), 0.1)}
    truth = np.array([1.0])
    tables = results.curves([results.Result(stars, truth, answers.read(said, stars), truth)])
    assert tables["cumulative-score"] == [("stars", error, float(error >= 2)) for error in range(5)]


def test_curves(found: list[results.Result]) -> None:
    tables = results.curves(found)
    assert list(tables) == list(results.CURVES)
    assert {row[0] for row in tables["cumulative-score"]} == {"age"}
    pairs = [("male", "male"), ("female", "male"), ("female", "female")]
    assert tables["confusion"] == [("gender", *pair) for pair in pairs]
    assert tables["roc"] == []
