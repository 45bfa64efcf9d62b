"""What people wear on their shoulders, after their job."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, from_hsv, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse, mirror, smooth
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shot import Shot

GARMENTS: dict[str, tuple[str, str]] = {  # for men, for women
    "politician": ("suit", "blazer"),
    "senator": ("suit", "blazer"),
    "representative": ("suit", "blazer"),
    "presenter": ("blazer", "blazer"),
    "athlete": ("jersey", "jersey"),
    "comedian": ("hoodie", "check"),
    "model": ("turtleneck", "dress"),
    "musician": ("leather", "leather"),
    "actor": ("shirt", "dress"),
}


def paint_clothes(pen: Pen, person: Person, shot: Shot) -> None:
    """Shoulders and the garment of the person's job."""
    garment = GARMENTS[person.job][person.gender == "female"]
    muted = garment in ("suit", "blazer")
    colour = from_hsv(shot.clothes_hue, 0.35 if muted else 0.55, 0.3 if muted else 0.62)
    if garment == "leather":
        colour = from_hsv(shot.clothes_hue, 0.12, 0.2)
    y = person.face.length
    wide = 2.15 if person.gender == "male" else 1.78
    drop = 0.35 if garment == "dress" else 0.0
    layer = pen.canvas.layer(colour)
    dark, light = mix(colour, (0, 0, 0), 0.45), mix(colour, (255, 250, 240), 0.3)
    side = 1 if math.cos(math.radians(shot.light)) < 0 else -1
    pen.soft(layer, ellipse(side * wide, y + 1.5, 0.8, 1.6), dark, 0.7, 0.3)
    pen.soft(layer, ellipse(-side * wide * 0.6, y + 0.9, 0.7, 0.25), light, 0.6, 0.2)
    for x in (-0.62, 0.62):
        fold = smooth([(x * wide, y + 2.6), (x * wide * 0.95, y + 1.7), (x * wide * 1.1, y + 1.2)])
        pen.soft_line(layer, fold, 0.1, dark, 0.6, 0.06)
    pen.fill(_torso(y, wide, drop), layer)
    accent = from_hsv(shot.clothes_hue + 0.5, 0.65, 0.7)
    shade, gleam = mix(colour, (0, 0, 0), 0.35), mix(colour, (255, 255, 255), 0.22)
    DETAILS[garment](pen, Cloth(colour, shade, gleam, accent, y, wide))


def _torso(y: float, wide: float, drop: float) -> Points:
    """Shoulders with a round neckline, `drop` deeper for a dress."""
    neck = 0.56 + 0.5 * drop
    right = smooth(
        [
            (neck, y + 0.5 + 0.35 * drop),
            (0.62 * wide, y + 0.74),
            (0.9 * wide, y + 0.98),
            (wide, y + 1.6),
            (1.08 * wide, y + 6.0),
        ]
    )
    scoop = smooth(
        [
            (-neck, y + 0.5 + 0.35 * drop),
            (-0.5 * neck, y + 0.82 + drop),
            (0.0, y + 0.9 + 1.1 * drop),
            (0.5 * neck, y + 0.82 + drop),
            (neck, y + 0.5 + 0.35 * drop),
        ]
    )
    return np.concatenate([scoop, right, mirror(right)[::-1]])


@dataclass(frozen=True)
class Cloth:
    """The tones of a garment, the y of the chin and the half width of the shoulders."""

    colour: RGB
    dark: RGB
    light: RGB
    accent: RGB
    y: float
    wide: float


def _suit(pen: Pen, cloth: Cloth) -> None:
    y, shirt = cloth.y, (240, 240, 244)
    pen.fill([(-0.5, y + 0.5), (0.5, y + 0.5), (0.0, y + 2.3)], shirt)
    tie = [(-0.1, y + 0.82), (0.1, y + 0.82), (0.15, y + 1.9), (-0.15, y + 1.9)]
    knot = [(-0.13, y + 0.74), (0.13, y + 0.74), (0.08, y + 0.96), (-0.08, y + 0.96)]
    pen.fill(tie, cloth.accent)
    pen.fill(knot, mix(cloth.accent, (0, 0, 0), 0.25))
    for side in (-1, 1):
        collar = np.array([(0.52, y + 0.44), (0.2, y + 1.08), (0.02, y + 0.8)])
        pen.fill(collar * (side, 1.0), mix(shirt, (150, 150, 170), 0.2))
    _lapels(pen, cloth, cloth.light)


def _blazer(pen: Pen, cloth: Cloth) -> None:
    _open_jacket(pen, cloth, mix(cloth.accent, (240, 236, 230), 0.5), cloth.light)


def _leather(pen: Pen, cloth: Cloth) -> None:
    _open_jacket(pen, cloth, (58, 58, 62), cloth.dark)


def _open_jacket(pen: Pen, cloth: Cloth, shirt: RGB, lapel: RGB) -> None:
    y = cloth.y
    pen.fill([(-0.5, y + 0.5), (0.5, y + 0.5), (0.0, y + 2.3)], shirt)
    pen.fill([(-0.5, y + 0.42), (0.0, y + 1.0), (0.5, y + 0.42), (0.0, y + 0.6)], shirt)
    _lapels(pen, cloth, lapel)


def _lapels(pen: Pen, cloth: Cloth, colour: RGB) -> None:
    y = cloth.y
    lapel = np.array(
        [
            (0.6, y + 0.38),
            (0.86, y + 0.95),
            (0.6, y + 1.05),
            (0.7, y + 1.2),
            (0.02, y + 2.35),
            (0.42, y + 1.0),
        ]
    )
    for side in (-1, 1):
        pen.fill(lapel * (side, 1.0), colour)
        pen.stroke(lapel[:5] * (side, 1.0), 0.025, cloth.dark, 1.0, 1.0)


def _shirt(pen: Pen, cloth: Cloth) -> None:
    y = cloth.y
    for side in (-1, 1):
        collar = np.array([(0.6, y + 0.4), (0.5, y + 0.98), (0.06, y + 0.86), (0.4, y + 0.62)])
        pen.fill(collar * (side, 1.0), cloth.light)
        pen.stroke(collar[:3] * (side, 1.0), 0.02, cloth.dark, 1.0, 1.0)
    pen.stroke([(0.0, y + 0.9), (0.0, y + 4.0)], 0.03, cloth.dark, 1.0, 1.0)
    for step in (1.2, 1.6, 2.0):
        pen.fill(ellipse(0.05, y + step, 0.035, 0.035, 10), cloth.light)


def _turtleneck(pen: Pen, cloth: Cloth) -> None:
    y = cloth.y
    top = [(-0.6, y + 0.2), (0.0, y + 0.38), (0.6, y + 0.2)]
    foot = [(0.68, y + 0.72), (0.0, y + 0.95), (-0.68, y + 0.72)]
    pen.fill(smooth([*top, *foot], closed=True), cloth.light)
    pen.stroke(smooth([(-0.62, y + 0.5), (0.0, y + 0.68), (0.62, y + 0.5)]), 0.03, cloth.dark)


def _hoodie(pen: Pen, cloth: Cloth) -> None:
    y = cloth.y
    outer = [(0.5, y + 0.25), (0.95, y + 0.6), (0.75, y + 0.98)]
    hood = smooth([*outer, (0.1, y + 1.05), (0.52, y + 0.7)], closed=True)
    for side in (-1, 1):
        pen.fill(hood * (side, 1.0), mix(cloth.colour, (0, 0, 0), 0.15))
        cord = smooth([(side * 0.22, y + 1.0), (side * 0.25, y + 1.7)], steps=4)
        pen.stroke(cord, 0.05, (238, 236, 230), 1.0, 1.0)


def _jersey(pen: Pen, cloth: Cloth) -> None:
    y, wide = cloth.y, cloth.wide
    stripe = np.array(
        [(0.62, y + 0.6), (0.76, y + 0.66), (1.06 * wide, y + 3.2), (0.9 * wide, y + 3.2)]
    )
    for side in (-1, 1):
        pen.fill(stripe * (side, 1.0), cloth.accent)
    half = np.array([(0.0, y + 0.94), (0.28, y + 0.86), (0.56, y + 0.52)])
    rim = smooth(np.concatenate([mirror(half)[:0:-1], half]))
    pen.stroke(rim, 0.12, cloth.accent, 1.0, 1.0)


def _check(pen: Pen, cloth: Cloth) -> None:
    y, wide = cloth.y, cloth.wide
    for step in range(-4, 5):
        x, row = step * 0.42, y + 1.25 + 0.42 * (step + 4)
        pen.stroke([(x, y + 0.98 + 0.12 * abs(step)), (x, y + 5.0)], 0.06, cloth.light, 1.0, 1.0)
        pen.stroke([(-0.97 * wide, row), (0.97 * wide, row)], 0.06, cloth.dark, 1.0, 1.0)


def _necklace(pen: Pen, cloth: Cloth) -> None:
    y = cloth.y
    half = np.array([(0.0, y + 1.0), (0.3, y + 0.86), (0.5, y + 0.5)])
    chain = smooth(np.concatenate([mirror(half)[:0:-1], half]))
    pen.stroke(chain, 0.03, (222, 184, 96), 1.0, 1.0)
    pen.fill(ellipse(0.0, y + 1.04, 0.05, 0.06, 12), (240, 214, 140))


DETAILS: dict[str, Callable[[Pen, Cloth], None]] = {
    "suit": _suit,
    "blazer": _blazer,
    "leather": _leather,
    "shirt": _shirt,
    "turtleneck": _turtleneck,
    "hoodie": _hoodie,
    "jersey": _jersey,
    "check": _check,
    "dress": _necklace,
}
