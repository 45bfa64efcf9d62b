"""What a model's outputs say about a face, in the words of `LABELS`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.core.labels import Label

NEAR = 5  # years: the reach that a number's probability speaks of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """One label's answers for N faces.

    values: (N,) years, class numbers or 0 and 1. scores: (N,) for a number the probability within
    NEAR of the answer, for a category that of the answer, for a binary label that of yes.
    probabilities: (N, classes), no and yes for a binary label; None for a number.
    """

    values: Floats
    scores: Floats
    probabilities: Floats | None


def read(outputs: dict[str, Any], label: Label) -> Answers:
    """The answers in a model's outputs, arrays by output name as `heads.attach` describes them."""
    output = np.asarray(outputs[label.name], np.float64)
    if label.kind == "category":
        return Answers(output.argmax(1).astype(np.float64), output.max(1), output)
    output = output.reshape(-1)
    if label.kind == "binary":
        return Answers(
            (output > 0.5).astype(np.float64), output, np.stack([1 - output, output], axis=1)
        )
    distribution = np.asarray(outputs[f"{label.name}_distribution"], np.float64)
    bins = np.arange(label.low, label.high + 1)
    near = np.abs(bins - output[:, None]) <= NEAR
    return Answers(output, (distribution * near).sum(1), None)


def wrongness(answers: Answers, truth: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """How wrong each answer is: a number's error, 1 − probability of the true class; (N,).

    0 for a right class and where the truth is not known.
    """
    if answers.probabilities is None:
        return np.where(known, np.abs(answers.values - truth), 0.0)
    rows = np.arange(len(truth))
    true = answers.probabilities[rows, np.where(known, truth, 0).astype(int)]
    return np.where(known & (answers.values != truth), 1 - true, 0.0)


def words(value: float, label: Label) -> str:
    """One value as text: whole years, the class's name, yes or no."""
    if label.kind == "number":
        return f"{value:.0f}"
    return label.classes[int(value)] if label.kind == "category" else ("no", "yes")[int(value)]


def certainty(answers: Answers, row: int, label: Label) -> float:
    """Probability of one face's answer, also where that is no."""
    no = label.kind == "binary" and not answers.values[row]
    return float(1 - answers.scores[row] if no else answers.scores[row])


def sentence(answers: Answers, row: int, label: Label) -> str:
    """One face's answer with its probability: `age 34 (±5: 61 %)`, `gender female (97 %)`."""
    value, score = answers.values[row], certainty(answers, row, label)
    reach = f"±{NEAR}: " if label.kind == "number" else ""
    name = label.name.replace("_", " ")
    return f"{name} {words(value, label)} ({reach}{100 * score:.0f} %)"
