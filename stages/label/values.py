"""A face's value of a label, out of the texts that are known of its picture and its person."""

import datetime
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from stages.core.catalogue import Celebrity
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import AGE, AGE_GROUP
from stages.core.schema import SPLITS
from stages.core.texts import KEYWORD, PERSON

Value = float | bool | str | None
# Where a value is from: the picture's data set or list, the keywords in its file, the person's row
# in the catalogue or `people.csv`, or two dates between which the age was counted.
Origin = Literal["annotation", "picture", "person", "dates"]

_FLOAT32_MAX = 3.4028234663852886e38
# −1 is how CelebA writes "has not".
_BINARY = {"1": True, "yes": True, "true": True, "0": False, "-1": False, "no": False}
_BINARY["false"] = False
# No numbers: UTKFace's 0 is male, IMDB-WIKI's 0 is female. Only the source can know.
_SYNONYMS = {("gender", "m"): "male", ("gender", "f"): "female"}


@dataclass(frozen=True)
class LabelValue:
    """A label's value and its origin, both None if there is none.

    unreadable: something was written that could not be read as a value.
    """

    value: Value = None
    origin: Origin | None = None
    unreadable: bool = False


def value_of(label: Label, metadata: Mapping[str, str], person: Celebrity | None) -> LabelValue:
    """A face's value of a label, from its picture's metadata and its person's row.

    The picture's annotation comes before the keywords in its file, these before what is known of
    the person. An age that is written nowhere is counted from birth to the day the picture was
    taken, where both are known. An age group follows from the age.
    """
    if label.name == AGE_GROUP.name:
        age = value_of(AGE, metadata, person)
        group = age_group(age.value)
        return LabelValue(group, age.origin if group else None, age.unreadable)
    for origin, text in _written(label.name, metadata, person):
        if text.strip():
            value = parse(label, text)
            return LabelValue(unreadable=True) if value is None else LabelValue(value, origin)
    return _age_by_dates(metadata, person) if label.name == AGE.name else LabelValue()


def _written(
    name: str, metadata: Mapping[str, str], person: Celebrity | None
) -> Iterator[tuple[Origin, str]]:
    yield "annotation", metadata.get(name, "")
    yield "picture", metadata.get(KEYWORD + name, "")
    yield "person", metadata.get(PERSON + name, "")
    yield "person", person.traits.get(name, "") if person else ""


def parse(label: Label, text: str) -> Value:
    """`text` as a value of `label`, None when it cannot be read as one.

    Whether a number lies in range or a category is one of the classes is left to `validate`,
    which can then show the text that is wrong.
    """
    match label:
        case Number():
            return _number(text)
        case Category():
            # NFKC: one form of each letter, whatever wrote the text.
            slug = "_".join(unicodedata.normalize("NFKC", text).lower().split())
            return _SYNONYMS.get((label.name, slug), slug) or None
        case Binary():
            return _BINARY.get(text.strip().lower())
        case _:
            assert_never(label)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    # NaN compares false, so neither it nor an infinity passes as a number.
    return number if abs(number) <= _FLOAT32_MAX else None


def completed_years(birth: datetime.date, day: datetime.date) -> float:
    """A person's age on `day` as people count it; negative before birth."""
    return float(day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)))


def age_group(age: Value) -> str | None:
    """Five years that an age lies in, as `20-24`; of an age out of range no class of the label."""
    if not isinstance(age, float):
        return None
    start = int(age // 5) * 5
    return f"{start}-{start + 4}"


def _age_by_dates(metadata: Mapping[str, str], person: Celebrity | None) -> LabelValue:
    try:
        taken = _date(metadata.get("taken", ""))
        birth = _date(metadata.get("birth_date", "")) or (person and person.birth_date)
    except ValueError:
        return LabelValue(unreadable=True)
    return LabelValue(completed_years(birth, taken), "dates") if birth and taken else LabelValue()


def _date(text: str) -> datetime.date | None:
    return datetime.datetime.fromisoformat(text.strip()).date() if text.strip() else None


def official_split(metadata: Mapping[str, str]) -> str | None:
    """The split that a picture's data set puts it in, as CelebA's official partition does."""
    split = metadata.get("official_split")
    return split if split in SPLITS else None
