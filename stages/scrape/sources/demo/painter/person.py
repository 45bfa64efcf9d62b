"""Who the invented celebrities are: what a catalogue row does not say follows from the name."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shapes import FaceShape, draw_face_shape
from stages.scrape.sources.demo.painter.traits import Traits, draw_traits
from stages.scrape.sources.demo.painter.vocabulary import GENDERS, JOBS, LOOK_ALIKES, RACES

LAST_DAY = datetime.date(2025, 12, 31)


@dataclass(frozen=True)
class Person:
    """The fixed traits of an identity."""

    slug: str
    gender: str
    race: str
    birth_date: datetime.date
    job: str
    look_alike: str
    face: FaceShape
    traits: Traits


def invent_person(slug: str, facts: Mapping[str, str]) -> Person:
    """The person of that name; valid `facts` are kept, all others follow from the name.

    `facts` holds a catalogue row's strings: gender, race, birth_date (ISO), job, look_alike.
    """
    gender = _known_class(slug, facts, "gender", GENDERS)
    race = _known_class(slug, facts, "race", RACES)
    look_alike = _known_class(slug, facts, "look_alike", LOOK_ALIKES)
    rng = seeded_random("look", slug, gender, race, look_alike)
    return Person(
        slug=slug,
        gender=gender,
        race=race,
        birth_date=_birth_date(slug, facts.get("birth_date", "")),
        job=_known_class(slug, facts, "job", JOBS),
        look_alike=look_alike,
        face=draw_face_shape(rng, gender, race, look_alike),
        traits=draw_traits(rng, gender, race),
    )


def age_on(birth_date: datetime.date, day: datetime.date) -> int:
    """Whole years lived on that day."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def _known_class(slug: str, facts: Mapping[str, str], key: str, classes: tuple[str, ...]) -> str:
    value = facts.get(key, "")
    return value if value in classes else seeded_random(key, slug).choice(classes)


def _birth_date(slug: str, text: str) -> datetime.date:
    try:
        known = datetime.date.fromisoformat(text)
    except ValueError:
        known = LAST_DAY
    if known < LAST_DAY:
        return known
    earliest, latest = datetime.date(1938, 1, 1), datetime.date(2003, 12, 31)
    return earliest + datetime.timedelta(
        seeded_random("birth", slug).randrange((latest - earliest).days)
    )
