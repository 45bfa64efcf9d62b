"""What varies from one picture of a person to the next."""

import datetime
import random
from dataclasses import dataclass

from stages.scrape.sources.demo.painter.person import LAST_DAY, Person, age_on
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.vocabulary import EXPRESSIONS

YOUNGEST, OLDEST = 18, 80
BACKDROPS = ("studio", "bokeh", "hills", "room", "stage", "bricks", "city")


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


def compose_shot(person: Person, index: int) -> Shot:
    """The person's picture number `index`; the same one every time it is asked for."""
    rng = seeded_random("shot", person.slug, index)
    taken = _day_taken(rng, person.birth_date)
    age = age_on(person.birth_date, taken)
    traits = person.traits
    bearded = traits.beard is not None and age >= 19 and rng.random() < 0.85
    width = rng.randrange(160, 321, 8)
    return Shot(
        index=index,
        taken=taken,
        age=age,
        expression=rng.choices(EXPRESSIONS, _expression_weights())[0],
        intensity=rng.uniform(0.8, 1.15),
        eyeglasses=rng.random() < traits.glasses_habit + (0.12 if age > 50 else 0.0),
        wearing_hat=rng.random() < traits.hat_habit,
        no_beard=not bearded,
        width=width,
        height=int(width * rng.uniform(1.18, 1.3)),
        tilt=max(-14.0, min(14.0, rng.gauss(0.0, 5.0))),
        yaw=max(-0.26, min(0.26, rng.gauss(0.0, 0.11))),
        pitch=max(-0.07, min(0.07, rng.gauss(0.0, 0.035))),
        gaze=rng.gauss(0.0, 0.02),
        light=rng.uniform(20.0, 160.0),
        light_strength=rng.uniform(0.25, 0.8),
        warmth=rng.uniform(-1.0, 1.0),
        scale=rng.uniform(0.37, 0.48),
        centre=(rng.uniform(0.44, 0.56), rng.uniform(0.44, 0.5)),
        backdrop=rng.choice(BACKDROPS),
        clothes_hue=rng.random(),
        hat=traits.hat if rng.random() < 0.7 else rng.choice(("cap", "brim", "beanie")),
        grain=rng.uniform(1.0, 3.5),
        seed=rng.getrandbits(48),
    )


def _day_taken(rng: random.Random, birth_date: datetime.date) -> datetime.date:
    """A day in the person's public years: most often around thirty, never after LAST_DAY.

    A person known to be too young for that is pictured on the last day.
    """
    first = _plus_years(birth_date, YOUNGEST)
    last = min(LAST_DAY, _plus_years(birth_date, OLDEST + 1) - datetime.timedelta(1))
    if first >= last:
        return min(_plus_years(birth_date, 16), LAST_DAY) if first > LAST_DAY else first
    days = (last - first).days
    return first + datetime.timedelta(int(rng.triangular(0, days, min(days, 14 * 365))))


def _plus_years(day: datetime.date, years: int) -> datetime.date:
    # The 29th of February has no sister in most years.
    return day.replace(year=day.year + years, day=min(day.day, 28 if day.month == 2 else 31))


def _expression_weights() -> list[float]:
    # Press pictures mostly smile or look calm; the rest still has to be learnt.
    return [{"happy": 3.0, "neutral": 2.5}.get(name, 1.2) for name in EXPRESSIONS]
