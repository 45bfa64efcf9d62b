"""How a model's figures differ between two revisions, overall and by age bin × gender."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Label
from stages.core.labels.known import LABELS
from stages.evaluate import metrics
from stages.evaluate.metrics import Floats
from stages.evaluate.results import EVERYONE
from stages.tools.compare import bootstrap
from stages.tools.compare.predictions import Predictions

LOWER_IS_BETTER = ("mae", "rmse")
Verdict = Literal["better", "worse", "noise", "too few people"]


@dataclass(frozen=True)
class Difference:
    """One figure of one group before and after, and the bounds of the difference's interval.

    `group` is (age bin, gender), either of which may be EVERYONE. The bounds are NaN where the
    group has fewer than `bootstrap.LEAST_PEOPLE` people.
    """

    model: str
    label: str
    figure: str
    group: tuple[str, str]
    people: int
    before: float
    after: float
    low: float
    high: float

    @property
    def overall(self) -> bool:
        return self.group == (EVERYONE, EVERYONE)

    @property
    def verdict(self) -> Verdict:
        """Whether the difference is noise, which it is where the interval contains 0."""
        if np.isnan(self.low):
            return "too few people"
        if self.low <= 0 <= self.high:
            return "noise"
        return "better" if (self.low > 0) != (self.figure in LOWER_IS_BETTER) else "worse"

    def is_worse_by(self, tolerance: float) -> bool:
        """Whether the whole interval is worse by more than the tolerance, in the figure's unit."""
        lower = self.figure in LOWER_IS_BETTER
        return self.low > tolerance if lower else self.high < -tolerance


def differences(
    model: str, before: Predictions, after: Predictions, paired: bool
) -> list[Difference]:
    """Every label's figures in every group that both revisions have, everyone first.

    paired: both have the same faces in the same order.
    """
    cells = _cells(before, after)
    shared = [LABELS[name] for name in LABELS if name in before.labels and name in after.labels]
    return [each for label in shared
            for each in _of_label(model, label, cells, before, after, paired)]  # fmt: skip


def _cells(before: Predictions, after: Predictions) -> list[tuple[str, str]]:
    """All groups (age bin, gender), in order; a few may be empty."""
    ages = [EVERYONE, *dict.fromkeys([*before.age_order, *after.age_order])]
    genders = [EVERYONE, *sorted({*before.genders, *after.genders})]
    return [(age, gender) for age in ages for gender in genders]


def _of_label(
    model: str,
    label: Label,
    cells: Sequence[tuple[str, str]],
    before: Predictions,
    after: Predictions,
    paired: bool,
) -> list[Difference]:
    if paired:  # people must have the same numbers in both, as they are drawn together
        known = before.known(label) & after.known(label)
        before, after = before.take(np.flatnonzero(known)), after.take(np.flatnonzero(known))
    old, new = (_sums(label, answers, cells) for answers in (before, after))
    people = np.minimum(*(_people(label, sums) for sums in (old, new)))
    there = np.flatnonzero(people).tolist()
    old, new = old[:, :, there], new[:, :, there]
    was, now = (metrics.of_sums(label, sums.sum(axis=1)) for sums in (old, new))
    enough = people[there] >= bootstrap.LEAST_PEOPLE
    bounds = {name: np.full((2, len(there)), np.nan) for name in was.keys() - {"n"}}
    if enough.any():
        spans = bootstrap.intervals(label, old[:, :, enough], new[:, :, enough], paired)
        for name, span in spans.items():
            bounds[name][:, enough] = span
    return [
        Difference(
            model, label.name, figure, cells[cell], int(people[cell]),
            float(was[figure][at]), float(now[figure][at]), *map(float, bounds[figure][:, at]),
        )
        for at, cell in enumerate(there)
        for figure in was if figure != "n"
    ]  # fmt: skip


def _sums(label: Label, predictions: Predictions, cells: Sequence[tuple[str, str]]) -> Floats:
    """The sums (S, people, cells) of the faces whose label is known."""
    rows = predictions.take(np.flatnonzero(predictions.known(label)))
    truths, answers = rows.labels[label.name]
    names, people = np.unique(rows.people, return_inverse=True)
    masks = np.array([_in(cell, rows) for cell in cells])
    return bootstrap.per_person(metrics.parts(label, truths, answers), people, len(names), masks)


def _in(cell: tuple[str, str], rows: Predictions) -> npt.NDArray[np.bool_]:
    age, gender = cell
    old = (rows.ages == age) | (age == EVERYONE)
    return np.asarray(old & ((rows.genders == gender) | (gender == EVERYONE)), bool)


def _people(label: Label, sums: Floats) -> npt.NDArray[np.int64]:
    """How many people each group has faces of: (cells,)."""
    return np.asarray(np.count_nonzero(metrics.of_sums(label, sums)["n"], axis=0), np.int64)
