"""From outputs to words, and how wrong they are."""

import numpy as np
import pytest

from stages.core.labels.kinds import Label, Number
from stages.core.labels.known import LABELS
from stages.evaluate import answers

AGE, GENDER, GLASSES = LABELS["age"], LABELS["gender"], LABELS["eyeglasses"]


def outputs() -> dict[str, object]:
    distribution = np.zeros((2, 117))
    distribution[0, [30, 40]] = 0.5
    distribution[1, 20] = 1
    return {
        "age": np.array([[35.0], [20.0]]),
        "age_distribution": distribution,
        "gender": np.array([[0.3, 0.7], [0.9, 0.1]]),
        "eyeglasses": np.array([[0.8], [0.4]]),
    }


@pytest.mark.parametrize(
    ("label", "values", "scores"),
    [(AGE, [35, 20], [1, 1]), (GENDER, [1, 0], [0.7, 0.9]), (GLASSES, [1, 0], [0.8, 0.4])],
    ids=lambda value: getattr(value, "name", None),
)
def test_values_and_scores(label: Label, values: list[float], scores: list[float]) -> None:
    found = answers.read(outputs(), label)
    assert found.values.tolist() == values
    assert found.scores.tolist() == pytest.approx(scores)


def test_sentences() -> None:
    said = [answers.sentence(answers.read(outputs(), x), 1, x) for x in (AGE, GENDER, GLASSES)]
    assert said == ["age 20 (±5: 100 %)", "gender male (90 %)", "eyeglasses no (60 %)"]


def test_a_number_s_probability_is_of_its_own_tolerance() -> None:
    stars = Number("stars", 0, 4, "stars", tolerance=1)
    given = {
        "stars": np.array([[2.0]]),
        "stars_distribution": np.array([[0.1, 0.2, 0.3, 0.2, 0.2]]),
    }
    assert answers.sentence(answers.read(given, stars), 0, stars) == "stars 2 (±1: 70 %)"


def test_wrongness_is_zero_where_right_or_unknown() -> None:
    known = np.array([True, True, False])
    given = answers.read({"gender": np.array([[0.3, 0.7], [0.9, 0.1], [0.9, 0.1]])}, GENDER)
    found = answers.wrongness(given, np.array([1.0, 1.0, -1.0]), known)
    assert found.tolist() == pytest.approx([0, 0.9, 0])
    ages = answers.read(outputs(), AGE)
    found = answers.wrongness(ages, np.array([30.0, np.nan]), known[1:])
    assert found.tolist() == [5, 0]
