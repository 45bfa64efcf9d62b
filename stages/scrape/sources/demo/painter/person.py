"""Who the invented celebrities are, and what varies from one picture of them to the next.

Everything is drawn from sha256 seeds, so a name always means the same face, in every process.
"""

import datetime
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

from stages.core.labels.known import EXPRESSION, GENDER, JOB, LOOK_ALIKE, RACE
from stages.scrape.sources.demo.painter.looks import Traits, draw_traits
from stages.scrape.sources.demo.painter.shapes import FaceShape, draw_face

GENDERS = GENDER.classes
RACES = RACE.classes
JOBS = JOB.classes
LOOK_ALIKES = LOOK_ALIKE.classes
EXPRESSIONS = EXPRESSION.classes

LAST_DAY = datetime.date(2025, 12, 31)
YOUNGEST, OLDEST = 18, 80
BACKDROPS = ("studio", "bokeh", "hills", "room", "stage", "bricks", "city")


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


@dataclass(frozen=True)
class Shot:
    """One picture of a person: what is true of it, and how it was lit and framed.

    `yaw`, `pitch` and `gaze` are in half face widths, `light` is the angle in degrees the light
    comes from (0 right, 90 above), `centre` a share of the picture's size, `scale` the share of
    the picture's width that the face takes.
    """

    index: int
    taken: datetime.date
    age: int
    expression: str
    intensity: float
    eyeglasses: bool
    wearing_hat: bool
    no_beard: bool
    width: int
    height: int
    tilt: float
    yaw: float
    pitch: float
    gaze: float
    light: float
    light_strength: float
    warmth: float
    scale: float
    centre: tuple[float, float]
    backdrop: str
    clothes_hue: float
    hat: str
    grain: float
    seed: int


def seeded(*parts: object) -> random.Random:
    """A generator that depends on the parts alone."""
    text = "\x1f".join(map(str, parts))
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def person(slug: str, known: Mapping[str, str]) -> Person:
    """The person of that name; valid `known` values are kept, the others drawn from the name.

    `known` holds a catalogue row's strings: gender, race, birth_date (ISO), job, look_alike.
    """
    gender = _known_class(slug, known, "gender", GENDERS)
    race = _known_class(slug, known, "race", RACES)
    look_alike = _known_class(slug, known, "look_alike", LOOK_ALIKES)
    chance = seeded("look", slug, gender, race, look_alike)
    return Person(
        slug=slug,
        gender=gender,
        race=race,
        birth_date=_birth_date(slug, known.get("birth_date", "")),
        job=_known_class(slug, known, "job", JOBS),
        look_alike=look_alike,
        face=draw_face(chance, gender, race, look_alike),
        traits=draw_traits(chance, gender, race),
    )


def shot(person: Person, index: int) -> Shot:
    """The person's picture number `index`; the same one every time it is asked for."""
    chance = seeded("shot", person.slug, index)
    taken = _day_taken(chance, person.birth_date)
    age = age_on(person.birth_date, taken)
    traits = person.traits
    bearded = traits.beard is not None and age >= 19 and chance.random() < 0.85
    width = chance.randrange(160, 321, 8)
    return Shot(
        index=index,
        taken=taken,
        age=age,
        expression=chance.choices(EXPRESSIONS, _expression_weights())[0],
        intensity=chance.uniform(0.8, 1.15),
        eyeglasses=chance.random() < traits.glasses_habit + (0.12 if age > 50 else 0.0),
        wearing_hat=chance.random() < traits.hat_habit,
        no_beard=not bearded,
        width=width,
        height=int(width * chance.uniform(1.18, 1.3)),
        tilt=max(-14.0, min(14.0, chance.gauss(0.0, 5.0))),
        yaw=max(-0.26, min(0.26, chance.gauss(0.0, 0.11))),
        pitch=max(-0.07, min(0.07, chance.gauss(0.0, 0.035))),
        gaze=chance.gauss(0.0, 0.02),
        light=chance.uniform(20.0, 160.0),
        light_strength=chance.uniform(0.25, 0.8),
        warmth=chance.uniform(-1.0, 1.0),
        scale=chance.uniform(0.37, 0.48),
        centre=(chance.uniform(0.44, 0.56), chance.uniform(0.44, 0.5)),
        backdrop=chance.choice(BACKDROPS),
        clothes_hue=chance.random(),
        hat=traits.hat if chance.random() < 0.7 else chance.choice(("cap", "brim", "beanie")),
        grain=chance.uniform(1.0, 3.5),
        seed=chance.getrandbits(48),
    )


def age_on(birth_date: datetime.date, day: datetime.date) -> int:
    """Whole years lived on that day."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def _known_class(slug: str, known: Mapping[str, str], key: str, classes: tuple[str, ...]) -> str:
    value = known.get(key, "")
    return value if value in classes else seeded(key, slug).choice(classes)


def _birth_date(slug: str, text: str) -> datetime.date:
    try:
        known = datetime.date.fromisoformat(text)
    except ValueError:
        known = LAST_DAY
    if known < LAST_DAY:
        return known
    earliest, latest = datetime.date(1938, 1, 1), datetime.date(2003, 12, 31)
    return earliest + datetime.timedelta(seeded("birth", slug).randrange((latest - earliest).days))


def _day_taken(chance: random.Random, birth_date: datetime.date) -> datetime.date:
    """A day in the person's public years: most often around thirty, never after LAST_DAY.

    A person known to be too young for that is pictured on the last day.
    """
    first = _plus_years(birth_date, YOUNGEST)
    last = min(LAST_DAY, _plus_years(birth_date, OLDEST + 1) - datetime.timedelta(1))
    if first >= last:
        return min(_plus_years(birth_date, 16), LAST_DAY) if first > LAST_DAY else first
    days = (last - first).days
    return first + datetime.timedelta(int(chance.triangular(0, days, min(days, 14 * 365))))


def _plus_years(day: datetime.date, years: int) -> datetime.date:
    # The 29th of February has no sister in most years.
    return day.replace(year=day.year + years, day=min(day.day, 28 if day.month == 2 else 31))


def _expression_weights() -> list[float]:
    # Press pictures mostly smile or look calm; the rest still has to be learnt.
    return [{"happy": 3.0, "neutral": 2.5}.get(name, 1.2) for name in EXPRESSIONS]
