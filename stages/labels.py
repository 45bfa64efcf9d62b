"""Every label the pipeline knows: its kind, its classes, its range.

Column types, Great Expectations rules, TFRecord features and model heads all derive from
`LABELS`, so a new label of a known kind is one line here. A missing label is null everywhere.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "category", "binary"]


@dataclass(frozen=True)
class Label:
    """One label. `classes` belong to a category; `low` and `high` (inclusive) to a number."""

    name: str
    kind: Kind
    classes: tuple[str, ...] = ()
    low: int = 0
    high: int = 1


_ALL = (
    # 0 to 116 years is the range of UTKFace, the widest of the public age sets.
    Label("age", "number", low=0, high=116),
    Label("gender", "category", ("male", "female")),
    # The five groups of UTKFace, in its order.
    Label("race", "category", ("white", "black", "asian", "indian", "other")),
    # The seven expressions of FER2013, in its order.
    Label(
        "expression",
        "category",
        ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
    ),
    Label(
        "job",
        "category",
        (
            "actor",
            "athlete",
            "comedian",
            "model",
            "musician",
            "politician",
            "presenter",
            "representative",
            "senator",
        ),
    ),
    # Korean celebrity culture sorts faces by the animal they recall.
    Label(
        "look_alike",
        "category",
        (
            "bear",
            "cat",
            "deer",
            "dinosaur",
            "dog",
            "fox",
            "hamster",
            "horse",
            "rabbit",
            "turtle",
            "wolf",
        ),
    ),
    # Named as in CelebA's list_attr_celeba.txt, in lower case.
    Label("eyeglasses", "binary"),
    Label("wearing_hat", "binary"),
    Label("no_beard", "binary"),
)

LABELS: dict[str, Label] = {label.name: label for label in _ALL}
