"""Every label that the pipeline knows.

Column types, Great Expectations rules, TFRecord features and model heads all derive from
`LABELS`, so a new label of a known kind is one entry here.
"""

from collections.abc import Iterable

from stages.core.labels.kinds import Binary, Category, Label, Number

# CelebA's forty, in the order of its list_attr_celeba.txt.
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

# 0 to 116 years is the range of UTKFace, the widest of the public age sets.
AGE = Number("age", 0, 116, "years")
GENDER = Category("gender", ("male", "female"))
# The five groups of UTKFace, in its order.
RACE = Category("race", ("white", "black", "asian", "indian", "other"))
# The seven expressions of FER2013, in its order.
EXPRESSION = Category(
    "expression", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
)
JOB = Category(
    "job",
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
)
# Korean celebrity culture sorts faces by the animal they recall.
LOOK_ALIKE = Category(
    "look_alike",
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
)
# Groups of five years, as some networks answer; the stage `label` derives them from the age.
AGE_GROUP = Category("age_group", tuple(f"{year}-{year + 4}" for year in range(0, 120, 5)))
# What a data set's own detector said; not to be trained, but `validate.ranges` selects by them.
FACE_SCORE = Number("face_score", -100, 100, "points")
FACES_FOUND = Number("faces_found", 0, 2, "faces", tolerance=1, sigma=0.5)  # 2: two or more

_ALL: tuple[Label, ...] = (
    AGE,
    GENDER,
    RACE,
    EXPRESSION,
    JOB,
    LOOK_ALIKE,
    AGE_GROUP,
    FACE_SCORE,
    FACES_FOUND,
    *(Binary(name) for name in CELEBA),
)

LABELS: dict[str, Label] = {label.name: label for label in _ALL}
NUMBERS = {name: label for name, label in LABELS.items() if isinstance(label, Number)}
CATEGORIES = {name: label for name, label in LABELS.items() if isinstance(label, Category)}


def labels_of(columns: Iterable[str]) -> list[Label]:
    """The labels among a table's columns, in the columns' order."""
    return [LABELS[name] for name in columns if name in LABELS]
