"""The codes of public data sets in the words of `LABELS`: the one place that translates them.

UTKFace and IMDB-WIKI number gender the opposite way.
"""

from stages.core.labels.known import EXPRESSION, RACE

# A data set: its code: our word.
GENDERS = {
    "utkface": {"0": "male", "1": "female"},
    "imdb_wiki": {"0": "female", "1": "male"},
    "celeba": {"-1": "female", "1": "male"},  # its attribute Male
}
# White, Black, Asian, Indian, others.
UTKFACE_RACES = dict(zip("01234", RACE.classes, strict=True))
# Angry, Disgust, Fear, Happy, Sad, Surprise, Neutral.
FER2013_EXPRESSIONS = dict(zip("0123456", EXPRESSION.classes, strict=True))
FER2013_USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
CELEBA_PARTITIONS = {"0": "train", "1": "validation", "2": "test"}
