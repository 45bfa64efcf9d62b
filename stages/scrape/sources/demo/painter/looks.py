"""An identity's colours, hair and habits, drawn once per person."""

import colorsys
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RGB = tuple[int, int, int]


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


def draw_traits(chance: random.Random, gender: str, race: str) -> Traits:
    """Colours, hair and habits common among people of that kind."""
    male = gender == "male"
    skin = mix(*SKINS[race], chance.random())
    styles = STYLES[gender] + (COILED * 2 if race == "black" else ())
    return Traits(
        skin=skin,
        hair=mix(chance.choice(HAIRS[race]), (110, 80, 60), chance.uniform(0.0, 0.1)),
        hair_style=chance.choice(styles),
        fringe=chance.choice(
            ("swept", "side", "curtain") if male else ("swept", "side", "curtain", "bangs")
        ),
        part=chance.choice((-1, 1)) * chance.uniform(0.15, 0.5),
        eyes=chance.choice(EYES.get(race, BROWN_EYES)),
        lips=mix(
            skin,
            (166, 60, 62) if male else (188, 44, 66),
            0.28 if male else chance.uniform(0.4, 0.7),
        ),
        beard=chance.choice((None, None, "stubble", "full", "goatee", "moustache", "full"))
        if male
        else None,
        grey_from=chance.uniform(40.0, 58.0),
        bald_from=chance.uniform(26.0, 90.0) if male else 200.0,
        monolid=race == "asian" and chance.random() < 0.6,
        freckles=chance.random() if race == "white" and chance.random() < 0.25 else 0.0,
        mole=(chance.choice((-1, 1)) * chance.uniform(0.25, 0.6), chance.uniform(0.35, 0.95))
        if chance.random() < 0.25
        else None,
        glasses=chance.choice(("round", "square", "cat")),
        glasses_colour=chance.choice(((30, 28, 32), (92, 52, 30), (120, 30, 40), (150, 130, 80))),
        hat=chance.choice(("cap", "brim", "beanie")),
        glasses_habit=chance.choice((0.03, 0.05, 0.1, 0.6)),
        hat_habit=chance.choice((0.03, 0.06, 0.1, 0.45)),
    )


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def hue(turn: float, saturation: float, value: float) -> RGB:
    """The colour at that turn of the colour wheel; all in 0..1."""
    red, green, blue = colorsys.hsv_to_rgb(turn % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)
