"""The gender codes of UTKFace and IMDB-WIKI are opposite; one place knows."""

from stages.core.labels.known import AGE, CATEGORIES, CELEBA, RACE
from stages.scrape.datasets.codes import (
    CELEBA_ATTRIBUTES,
    CLASSES,
    FER2013_EXPRESSIONS,
    GENDERS,
    UTKFACE_AGES,
    UTKFACE_RACES,
)
from stages.scrape.datasets.reading import Item
from stages.scrape.sources import celeba, imdb_wiki, utkface


def test_opposite_codes_become_one_word() -> None:
    for code in ("0", "1"):
        theirs = utkface.describe(Item(f"30_{code}_0_20170117.jpg")).metadata["gender"]
        other = imdb_wiki.describe(
            Item("a.jpg", ("723671.0", "2009.0", f"{code}.0", "", "", "1.0", "nan"))
        ).metadata["gender"]
        assert {theirs, other} == {"male", "female"}
    assert utkface.describe(Item("30_0_0_20170117.jpg")).metadata["gender"] == "male"


def test_celebas_attribute_male_is_a_gender() -> None:
    assert celeba.describe(Item("a", ("1" * 40, "", ""))).metadata["gender"] == "male"
    assert celeba.describe(Item("a", ("0" * 40, "", ""))).metadata["gender"] == "female"


def test_every_code_means_a_class() -> None:
    assert all(set(words.values()) == {"male", "female"} for words in GENDERS.values())
    assert set(UTKFACE_RACES.values()) == set(RACE.classes)
    assert (AGE.low, AGE.high) == UTKFACE_AGES
    assert CELEBA_ATTRIBUTES == CELEBA
    assert {name: CATEGORIES[name].classes for name in CLASSES} == CLASSES
    assert UTKFACE_RACES["2"] == "asian"
    assert FER2013_EXPRESSIONS == {
        "0": "angry",
        "1": "disgust",
        "2": "fear",
        "3": "happy",
        "4": "sad",
        "5": "surprise",
        "6": "neutral",
    }
