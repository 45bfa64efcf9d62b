"""Predictions out of literal tables."""

import numpy as np
import pyarrow as pa

from stages.core.labels.known import LABELS
from stages.tools.compare import predictions

TABLE = pa.table(
    {
        "face_id": ["c", "a", "b"],
        "identity": ["zoe", "abe", None],
        "age": pa.array([24.9, 25.0, None], pa.float32()),
        "age_predicted": pa.array([20.0, 30.0, 40.0], pa.float32()),
        "gender": ["female", "male", None],
        "gender_predicted": ["male", "male", "female"],
        "no_beard": [True, None, False],
        "no_beard_predicted": [True, True, True],
        "race": ["martian", "white", None],
        "race_predicted": ["white", "other", "other"],
    }
)


def test_truths_and_answers_as_numbers() -> None:
    found = predictions.read(TABLE, [25])
    assert list(found.labels) == ["age", "gender", "race", "no_beard"]
    np.testing.assert_array_equal(found.labels["gender"][0], [1, 0, np.nan])
    np.testing.assert_array_equal(found.labels["gender"][1], [0, 0, 1])
    np.testing.assert_array_equal(found.labels["no_beard"][0], [1, np.nan, 0])
    np.testing.assert_array_equal(found.labels["race"][0], [np.nan, 0, np.nan])  # a class no more
    assert found.known(LABELS["age"]).tolist() == [True, True, False]


def test_groups_and_people() -> None:
    found = predictions.read(TABLE, [25])
    assert found.ages.tolist() == ["0-24", "25+", "unknown"]
    assert found.genders.tolist() == ["female", "male", "unknown"]
    assert found.people.tolist() == ["zoe", "abe", "b"]
    assert found.age_order == ("0-24", "25+", "unknown")


def test_without_age_and_gender_everyone_is_unknown() -> None:
    found = predictions.read(TABLE.select(["face_id", "identity"]), [25])
    assert set(found.ages) == set(found.genders) == {"unknown"}
    assert found.labels == {}


def test_common_faces_stand_row_for_row() -> None:
    both = predictions.read(TABLE, []), predictions.read(TABLE.slice(1).take([1, 0]), [])
    before, after = predictions.common(*both)
    assert before.faces.tolist() == after.faces.tolist() == ["/b", "abe/a"]
    np.testing.assert_array_equal(before.labels["age"][1], after.labels["age"][1])


def test_one_picture_under_two_names_is_two_faces() -> None:
    twice = pa.table({"face_id": ["a", "a"], "identity": ["abe", "zoe"]})
    assert len(predictions.common(*[predictions.read(twice, [])] * 2)[0]) == 2
