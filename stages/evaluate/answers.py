"""A model's outputs as answers: values, probabilities, and text."""

from dataclasses import dataclass
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Binary, Category, Label, Number

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """One label's answers for N faces.

    values: (N,) numbers in the label's unit, class numbers, or 0 and 1. scores: (N,) for a number
    the probability within its tolerance of the answer, for a category that of the answer, for a
    binary label that of yes. probabilities: (N, classes), no and yes for a binary label; None for
    a number.
    """

    values: Floats
    scores: Floats
    probabilities: Floats | None


def read(outputs: dict[str, Any], label: Label) -> Answers:
    """The answers in a model's outputs, arrays by output name as `heads.attach` describes them."""
    output = np.asarray(outputs[label.name], np.float64)
    match label:
        case Number():
            value, bins = output.reshape(-1), np.arange(label.low, label.high + 1)
            near = np.abs(bins - value[:, None]) <= label.tolerance
            distribution = np.asarray(outputs[f"{label.name}_distribution"], np.float64)
            return Answers(value, (distribution * near).sum(1), None)
        case Category():
            return Answers(output.argmax(1).astype(np.float64), output.max(1), output)
        case Binary():
            yes = output.reshape(-1)
            return Answers((yes > 0.5).astype(np.float64), yes, np.stack([1 - yes, yes], axis=1))
        case _:
            assert_never(label)


def wrongness(answers: Answers, truth: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """How wrong each answer is, (N,): the error of a number, or 1 − probability of the true class.

    It is 0 for a correct class and where the truth is not known.
    """
    if answers.probabilities is None:
        return np.where(known, np.abs(answers.values - truth), 0.0)
    rows = np.arange(len(truth))
    true = answers.probabilities[rows, np.where(known, truth, 0).astype(int)]
    return np.where(known & (answers.values != truth), 1 - true, 0.0)


def words(value: float, label: Label) -> str:
    """One value as text: a whole number, the class's name, yes or no."""
    match label:
        case Number():
            return f"{value:.0f}"
        case Category() | Binary():
            return label.classes[int(value)]
        case _:
            assert_never(label)


def certainty(answers: Answers, row: int) -> float:
    """The probability of the answer for a face, also where the answer is no."""
    if answers.probabilities is None:
        return float(answers.scores[row])
    return float(answers.probabilities[row, int(answers.values[row])])


def sentence(answers: Answers, row: int, label: Label) -> str:
    """One face's answer with its probability: `age 34 (±5: 61 %)`, `gender female (97 %)`."""
    value, score = answers.values[row], certainty(answers, row)
    reach = f"±{label.tolerance}: " if isinstance(label, Number) else ""
    name = label.name.replace("_", " ")
    return f"{name} {words(value, label)} ({reach}{100 * score:.0f} %)"
