"""The words of our labels, and the codes of public data sets in them: one place translates.

UTKFace and IMDB-WIKI number gender the opposite way. Sources do not depend on the labels, so that
a new label fetches nothing anew; tests/scrape/datasets/test_codes.py compares the two.
"""

# The classes that sources speak of, by label. A class folder may be named after any of them.
CLASSES: dict[str, tuple[str, ...]] = {
    "gender": ("male", "female"),
    "race": ("white", "black", "asian", "indian", "other"),
    "expression": ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
    "job": (
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
    "look_alike": (
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
    "age_group": tuple(f"{year}-{year + 4}" for year in range(0, 120, 5)),
}

# A data set: its code: our word.
GENDERS = {
    "utkface": {"0": "male", "1": "female"},
    "imdb_wiki": {"0": "female", "1": "male"},
    "celeba": {"-1": "female", "1": "male"},  # its attribute Male
}
# White, Black, Asian, Indian, others.
UTKFACE_RACES = dict(zip("01234", CLASSES["race"], strict=True))
UTKFACE_AGES = (0, 116)  # years, both inclusive
# Angry, Disgust, Fear, Happy, Sad, Surprise, Neutral.
FER2013_EXPRESSIONS = dict(zip("0123456", CLASSES["expression"], strict=True))
FER2013_SPLITS = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
CELEBA_SPLITS = {"0": "train", "1": "validation", "2": "test"}
# CelebA's forty, named and ordered as in its list_attr_celeba.txt, in lower case.
CELEBA_ATTRIBUTES = (
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
