"""Intervals of differences whose truth is known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.labels.kinds import Label
from stages.core.labels.known import LABELS
from stages.evaluate import metrics
from stages.tools.compare import bootstrap

AGE, GENDER = LABELS["age"], LABELS["gender"]
EVERYONE = np.ones((1, 40), bool)
PEOPLE = np.repeat(np.arange(10), 4)


def sums(
    label: Label, truths: Any, answers: Any, people: Any = PEOPLE, groups: Any = EVERYONE
) -> Any:
    parts = metrics.parts(label, np.array(truths, float), np.array(answers, float))
    return bootstrap.per_person(parts, people, int(people.max()) + 1, groups)


def test_sums_by_person_and_group() -> None:
    groups = np.array([[True, True, True], [False, True, True]])
    found = sums(AGE, [30, 30, 30], [31, 34, 40], np.array([0, 1, 1]), groups)
    assert found.shape == (4, 2, 2)
    assert found[0].tolist() == [[1, 0], [2, 2]]  # faces
    assert found[1].tolist() == [[1, 0], [14, 14]]  # years of error
    assert found[3].tolist() == [[1, 0], [1, 1]]  # near


@pytest.mark.parametrize("label", [AGE, GENDER], ids=lambda label: label.name)
def test_the_same_answers_differ_by_exactly_nothing(label: Label) -> None:
    same = sums(label, [0, 1] * 20, [1, 1] * 20)
    for low, high in bootstrap.intervals(label, same, same, paired=True).values():
        assert (low.tolist(), high.tolist()) == ([0], [0])


def test_a_constant_difference_has_no_width_when_paired() -> None:
    before, after = (sums(AGE, [30] * 40, [30 + years] * 40) for years in (2, 5))
    low, high = bootstrap.intervals(AGE, before, after, paired=True)["mae"]
    assert (low, high) == (pytest.approx(3), pytest.approx(3))


def test_pairing_takes_out_what_both_share() -> None:
    hard = np.repeat(np.linspace(0, 30, 10), 4)  # a person may be hard for any model
    before, after = sums(AGE, 0 * hard, hard), sums(AGE, 0 * hard, hard + 1)
    paired = bootstrap.intervals(AGE, before, after, paired=True)["mae"]
    apart = bootstrap.intervals(AGE, before, after, paired=False)["mae"]
    assert paired[0] > 0
    assert apart[0] < 0 < apart[1]


def test_faces_of_one_person_are_drawn_together() -> None:
    """Half of the people all wrong: as wide as 10 draws, not as the 40 that faces would be."""
    right, wrong = np.zeros(40), np.repeat([0, 1], 20)
    before, after = sums(GENDER, right, right), sums(GENDER, right, wrong)
    low, high = bootstrap.intervals(GENDER, before, after, paired=True)["accuracy"]
    assert low == pytest.approx(-0.8, abs=0.051)
    assert high == pytest.approx(-0.2, abs=0.051)


def test_people_may_differ_in_number_when_unpaired() -> None:
    before = sums(GENDER, [0] * 40, [0] * 40)
    after = sums(GENDER, [0] * 12, [1] * 12, np.arange(12), np.ones((1, 12), bool))
    low, high = bootstrap.intervals(GENDER, before, after, paired=False)["accuracy"]
    assert (low, high) == (-1, -1)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = sums(AGE, [30] * 40, range(40)), sums(AGE, [30] * 40, range(5, 45))
    whole = bootstrap.intervals(AGE, before, after, paired=True)
    monkeypatch.setattr(bootstrap, "HELD", 300)
    parts = bootstrap.intervals(AGE, before, after, paired=True)
    assert parts["mae"] == (pytest.approx(whole["mae"][0]), pytest.approx(whole["mae"][1]))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=40, max_size=40))
def test_swapping_the_sides_flips_the_signs(pairs: list[tuple[int, int]]) -> None:
    before, after = (sums(AGE, [45] * 40, side) for side in zip(*pairs, strict=True))
    there = bootstrap.intervals(AGE, before, after, paired=True)
    back = bootstrap.intervals(AGE, after, before, paired=True)
    for figure, (low, high) in there.items():
        assert -back[figure][1] == pytest.approx(low, abs=1e-9)
        assert -back[figure][0] == pytest.approx(high, abs=1e-9)
