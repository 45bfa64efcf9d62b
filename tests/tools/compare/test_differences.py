"""Differences of literal predictions: figures as `evaluate` has them, verdicts, groups."""

import numpy as np
import pyarrow as pa
import pytest

from stages.core.labels.known import LABELS
from stages.evaluate import metrics
from stages.tools.compare import predictions
from stages.tools.compare.differences import Difference, differences
from stages.tools.compare.predictions import Predictions

GENDERS = ("male", "female")


def answered(errors: list[float], wrong: int, people: int = 8) -> Predictions:
    """Four faces each of some people, aged 20 and 40, of whom `wrong` faces are misgendered."""
    faces = 4 * people
    truths = [GENDERS[n // 4 % 2] for n in range(faces)]
    said = [GENDERS[1 - GENDERS.index(t)] if n < wrong else t for n, t in enumerate(truths)]
    ages = np.array([20.0, 20.0, 40.0, 40.0] * people)
    return predictions.read(
        pa.table(
            {
                "face_id": [f"f{n}" for n in range(faces)],
                "identity": [f"p{n // 4}" for n in range(faces)],
                "age": ages,
                "age_predicted": ages + np.resize(errors, faces),
                "gender": truths,
                "gender_predicted": said,
            }
        ),
        [30],
    )


def one(found: list[Difference], figure: str, *group: str) -> Difference:
    (match,) = [d for d in found if d.figure == figure and d.group == (group or ("all", "all"))]
    return match


def test_figures_are_those_of_evaluate() -> None:
    before, after = answered([1, 7], 3), answered([2, 9, 4], 5)
    found = differences("m", before, after, paired=True)
    for side, given in (("before", before), ("after", after)):
        for label in ("age", "gender"):
            wanted = metrics.figures(LABELS[label], *given.labels[label])
            for figure in metrics.overall(wanted).keys() - {"n"}:
                match = next(d for d in found if (d.label, d.figure) == (label, figure))
                assert match.overall
                assert getattr(match, side) == pytest.approx(wanted[figure])


def test_an_error_that_falls_is_better_and_an_accuracy_that_falls_is_worse() -> None:
    found = differences("m", answered([9], 0), answered([1], 30), paired=True)
    assert one(found, "mae").verdict == "better"
    assert one(found, "cs_5").verdict == "better"
    assert one(found, "accuracy").verdict == "worse"


def test_a_difference_of_one_face_is_noise() -> None:
    found = differences("m", answered([1], 4), answered([1], 3), paired=True)
    assert one(found, "accuracy").after > one(found, "accuracy").before
    assert one(found, "accuracy").verdict == "noise"
    assert one(found, "mae").verdict == "noise"


def test_groups_are_by_age_bin_and_gender() -> None:
    before, after = answered([0, 0, 0, 0], 0, 16), answered([0, 0, 3, 3], 0, 16)
    found = differences("m", before, after, paired=True)
    assert one(found, "mae", "0-29", "all").verdict == "noise"
    assert one(found, "mae", "30+", "female").after == pytest.approx(3)
    assert one(found, "mae", "30+", "female").people == 8
    assert one(found, "mae", "30+", "female").verdict == "worse"
    assert not [d for d in found if "unknown" in d.group]  # nobody is in it


@pytest.mark.parametrize(("people", "verdict"), [(5, "too few people"), (6, "worse")])
def test_five_people_are_too_few(people: int, verdict: str) -> None:
    found = differences("m", answered([1], 0, people), answered([9], 0, people), paired=True)
    assert one(found, "mae").verdict == verdict


def test_unpaired_sides_may_hold_other_people() -> None:
    found = differences("m", answered([1], 0, 6), answered([9], 0, 9), paired=False)
    assert one(found, "mae").people == 6
    assert one(found, "mae").verdict == "worse"


@pytest.mark.parametrize(
    ("figure", "low", "high", "tolerance", "worse"),
    [
        ("accuracy", -0.3, -0.1, 0.05, True),
        ("accuracy", -0.3, -0.04, 0.05, False),
        ("accuracy", 0.1, 0.3, 0.0, False),
        ("mae", 0.6, 0.9, 0.5, True),
        ("mae", 0.4, 0.9, 0.5, False),
        ("mae", -0.9, -0.6, 0.5, False),
        ("mae", float("nan"), float("nan"), 0.0, False),
    ],
)
def test_only_an_interval_wholly_beyond_the_tolerance_is_a_regression(
    figure: str, low: float, high: float, tolerance: float, worse: bool
) -> None:
    given = Difference("m", "age", figure, ("all", "all"), 9, 1.0, 2.0, low, high)
    assert given.is_worse_by(tolerance) is worse
