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


# CelebA's forty, named and ordered as in its list_attr_celeba.txt, in lower case.
CELEBA = (
    "5_o_clock_shadow",
    "arched_eyebrows",
    "attractive",
    "bags_under_eyes",
    "bald",
    "bangs",
    "big_lips",
    "big_nose",
    "black_hair",
    "blond_hair",
    "blurry",
    "brown_hair",
    "bushy_eyebrows",
    "chubby",
    "double_chin",
    "eyeglasses",
    "goatee",
    "gray_hair",
    "heavy_makeup",
    "high_cheekbones",
    "male",
    "mouth_slightly_open",
    "mustache",
    "narrow_eyes",
    "no_beard",
    "oval_face",
    "pale_skin",
    "pointy_nose",
    "receding_hairline",
    "rosy_cheeks",
    "sideburns",
    "smiling",
    "straight_hair",
    "wavy_hair",
    "wearing_earrings",
    "wearing_hat",
    "wearing_lipstick",
    "wearing_necklace",
    "wearing_necktie",
    "young",
)

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
    # In groups of five years, as some networks answer it; `label` derives them of the age.
    Label("age_group", "category", tuple(f"{year}-{year + 4}" for year in range(0, 120, 5))),
    # What a data set's own detector said; not to be trained, but `validate.ranges` selects by them.
    Label("face_score", "number", low=-100, high=100),
    Label("faces_found", "number", low=0, high=2),  # 2: two or more
    *(Label(name, "binary") for name in CELEBA),
)

LABELS: dict[str, Label] = {label.name: label for label in _ALL}
