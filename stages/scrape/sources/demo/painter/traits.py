"""An identity's colours, hair and habits, drawn once per person."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stages.scrape.sources.demo.painter.colours import RGB, mix


@dataclass(frozen=True)
class Traits:
    """Colours, hair and habits."""

    skin: RGB
    hair: RGB
    hair_style: str
    fringe: str
    part: float
    eyes: RGB
    lips: RGB
    beard: str | None
    grey_from: float
    bald_from: float
    monolid: bool
    freckles: float
    mole: tuple[float, float] | None
    glasses: str
    glasses_colour: RGB
    hat: str
    glasses_habit: float
    hat_habit: float


SKINS: Mapping[str, tuple[RGB, RGB]] = MappingProxyType(
    {
        "white": ((240, 204, 180), (214, 164, 134)),
        "black": ((150, 102, 74), (84, 55, 42)),
        "asian": ((236, 202, 168), (208, 166, 128)),
        "indian": ((206, 156, 116), (142, 97, 68)),
        "other": ((228, 184, 146), (166, 118, 84)),
    }
)
BLACK_HAIR, DARK_HAIR, BROWN_HAIR = (34, 30, 34), (54, 38, 32), (96, 62, 40)
CHESTNUT, AUBURN, BLOND = (128, 78, 44), (152, 72, 38), (206, 164, 98)
HAIRS: Mapping[str, tuple[RGB, ...]] = MappingProxyType(
    {
        "white": (
            DARK_HAIR,
            BROWN_HAIR,
            BROWN_HAIR,
            CHESTNUT,
            AUBURN,
            BLOND,
            BLOND,
            (178, 134, 80),
        ),
        "black": (BLACK_HAIR, (28, 24, 24), (46, 34, 30), DARK_HAIR),
        "asian": (BLACK_HAIR, (28, 26, 32), DARK_HAIR, (80, 54, 40)),
        "indian": (BLACK_HAIR, (30, 24, 24), (48, 36, 32)),
        "other": (BLACK_HAIR, DARK_HAIR, BROWN_HAIR, (112, 70, 42)),
    }
)
BROWN_EYES: tuple[RGB, ...] = ((74, 46, 28), (92, 58, 32), (58, 38, 28))
EYES: Mapping[str, tuple[RGB, ...]] = MappingProxyType(
    {
        "white": ((84, 128, 168), (96, 136, 110), (122, 142, 152), (112, 84, 46), *BROWN_EYES),
        "other": ((112, 84, 46), (96, 116, 80), *BROWN_EYES),
    }
)
STYLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "female": ("bob", "long", "long", "wavy", "wavy", "bun", "ponytail", "curly", "pixie"),
        "male": ("crop", "crop", "side", "side", "quiff", "curly", "wavy", "bun"),
    }
)
COILED = ("afro", "afro", "coils", "coils", "bun", "curly")


def draw_traits(rng: random.Random, gender: str, race: str) -> Traits:
    """Colours, hair and habits common among people of that kind."""
    male = gender == "male"
    skin = mix(*SKINS[race], rng.random())
    styles = STYLES[gender] + (COILED * 2 if race == "black" else ())
    return Traits(
        skin=skin,
        hair=mix(rng.choice(HAIRS[race]), (110, 80, 60), rng.uniform(0.0, 0.1)),
        hair_style=rng.choice(styles),
        fringe=rng.choice(
            ("swept", "side", "curtain") if male else ("swept", "side", "curtain", "bangs")
        ),
        part=rng.choice((-1, 1)) * rng.uniform(0.15, 0.5),
        eyes=rng.choice(EYES.get(race, BROWN_EYES)),
        lips=mix(
            skin,
            (166, 60, 62) if male else (188, 44, 66),
            0.28 if male else rng.uniform(0.4, 0.7),
        ),
        beard=rng.choice((None, None, "stubble", "full", "goatee", "moustache", "full"))
        if male
        else None,
        grey_from=rng.uniform(40.0, 58.0),
        bald_from=rng.uniform(26.0, 90.0) if male else 200.0,
        monolid=race == "asian" and rng.random() < 0.6,
        freckles=rng.random() if race == "white" and rng.random() < 0.25 else 0.0,
        mole=(rng.choice((-1, 1)) * rng.uniform(0.25, 0.6), rng.uniform(0.35, 0.95))
        if rng.random() < 0.25
        else None,
        glasses=rng.choice(("round", "square", "cat")),
        glasses_colour=rng.choice(((30, 28, 32), (92, 52, 30), (120, 30, 40), (150, 130, 80))),
        hat=rng.choice(("cap", "brim", "beanie")),
        glasses_habit=rng.choice((0.03, 0.05, 0.1, 0.6)),
        hat_habit=rng.choice((0.03, 0.06, 0.1, 0.45)),
    )
