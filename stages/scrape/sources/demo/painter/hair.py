"""Hair on the head: cut, parting, grey and the hairline's retreat with age."""

import random

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen, Points, ellipse, smooth
from stages.scrape.sources.demo.painter.head import CROWN, ageing
from stages.scrape.sources.demo.painter.looks import RGB, mix
from stages.scrape.sources.demo.painter.person import Person, Shot, seeded

CURLED = ("curly", "afro", "coils")
VOLUME = {
    "crop": 0.07,
    "side": 0.12,
    "quiff": 0.2,
    "pixie": 0.12,
    "bob": 0.15,
    "long": 0.13,
    "wavy": 0.17,
    "bun": 0.09,
    "ponytail": 0.1,
    "curly": 0.25,
    "afro": 0.55,
    "coils": 0.17,
}
# How far below the eyes the hair beside the face ends.
LENGTH = {"bob": 0.95, "long": 2.2, "wavy": 1.85, "curly": 0.8, "afro": 0.3}
Spot = tuple[float, float]
# Hairlines right of the parting, from there to the temple.
FRINGES: dict[str, tuple[Spot, ...]] = {
    "swept": ((0.3, -0.93), (0.62, -0.82), (0.8, -0.55), (0.87, -0.3), (0.95, 0.02)),
    "side": ((0.2, -0.86), (0.55, -0.7), (0.8, -0.5), (0.89, -0.28), (0.95, 0.02)),
    "curtain": ((0.16, -0.88), (0.45, -0.72), (0.76, -0.46), (0.92, -0.2), (0.97, 0.1)),
    "bangs": ((0.25, -0.5), (0.5, -0.49), (0.74, -0.45), (0.9, -0.32), (0.97, 0.05)),
}


def hair_colour(person: Person, shot: Shot) -> RGB:
    """The person's hair colour at that age."""
    grey = ageing(shot.age, person.traits.grey_from - 6.0, 22.0)
    return mix(person.traits.hair, (206, 204, 204), 0.92 * grey)


def baldness(person: Person, shot: Shot) -> float:
    """How far the hairline has gone back, 0 to 1."""
    return ageing(shot.age, person.traits.bald_from, 26.0)


def hair_field(pen: Pen, colour: RGB, shot: Shot) -> Image.Image:
    """Lit hair: a sheen over the crown, dark at the nape."""
    field = pen.sheet.field(mix(colour, (0, 0, 0), 0.12))
    bright = mix(colour, (255, 236, 208), 0.42)
    lean = 0.5 if shot.light < 90 else -0.5
    band = smooth(
        [(-0.95, -0.62), (-0.5 + 0.2 * lean, -1.14), (0.5 + 0.2 * lean, -1.14), (0.95, -0.62)]
    )
    pen.soft_line(field, band, 0.2, bright, 0.35 + 0.4 * shot.light_strength, 0.1)
    dark = mix(colour, (0, 0, 0), 0.5)
    pen.soft(field, ellipse(-1.9 * lean, -0.3, 0.4, 1.3), dark, 0.6, 0.2)
    for side in (-1, 1):
        pen.soft(field, ellipse(side * 0.95, 1.0, 0.26, 0.9), dark, 0.55, 0.15)
    return field


def paint_hair_behind(pen: Pen, person: Person, shot: Shot, field: Image.Image) -> None:
    """What hangs behind the head and neck."""
    style, chance = person.traits.hair_style, seeded("behind", person.slug)
    if baldness(person, shot) > 0.6:
        return
    if style == "bun" and not shot.wearing_hat:
        bun = ellipse(0.05, -1.56, 0.36, 0.33)
        pen.fill(_scalloped(bun, 9, 0.03) if person.race == "black" else bun, field)
        for k in (0.2, 0.5, 0.8):
            arc = smooth(
                [(0.35 - 0.66 * k, -1.4), (0.12 - 0.2 * k, -1.68 - 0.1 * k), (0.36, -1.52)]
            )
            pen.stroke(arc, 0.02, mix(hair_colour(person, shot), (0, 0, 0), 0.4))
    elif style == "ponytail":
        tail = smooth(
            [
                (0.3, -1.35),
                (1.05, -1.1),
                (1.42, -0.3),
                (1.3, 0.6),
                (1.42, 1.3),
                (1.0, 0.7),
                (0.9, -0.3),
            ],
            closed=True,
        )
        pen.fill(tail, field)
    elif style in CURLED:
        volume = VOLUME[style] * (0.4 if shot.wearing_hat else 1.0)
        low = LENGTH.get(style, 0.0) if person.gender == "female" else 0.1
        halo = _scalloped(_halo(volume, low), 30, 0.045)
        pen.fill(halo, field)
        _curls(pen, halo, person, shot, chance)
    elif style in LENGTH:
        low, wide = LENGTH[style], 1.12 + VOLUME[style]
        right = [(wide, -0.5), (wide + 0.06, 0.3), (wide, min(1.2, low)), (0.8, low), (0.0, low)]
        left = [(-x, y) for x, y in reversed(right[:-1])]
        pen.fill(smooth([(0.0, CROWN), *right, *left], closed=True), field)


def paint_hair_front(pen: Pen, person: Person, shot: Shot, field: Image.Image) -> None:
    """The cap of hair over the crown, the fringe, and locks beside the face."""
    traits, bald = person.traits, baldness(person, shot)
    chance = seeded("front", person.slug)
    volume = VOLUME[traits.hair_style] * (0.3 if shot.wearing_hat else 1.0) * (1.0 - 0.6 * bald)
    for side in (-1, 1):
        inner, outer = _cap_edges(person, side, volume, bald)
        if traits.hair_style in CURLED:
            inner = _rippled(inner, 0.025)
        pen.fill(np.concatenate([inner, outer[::-1]]), field)
        if traits.hair_style not in CURLED:
            _strands(pen, inner, outer, hair_colour(person, shot), chance, 15)
    if traits.hair_style in CURLED and bald < 0.6:
        crown = smooth(
            [
                (-0.95, -0.35),
                (-0.8, -1.0),
                (0.0, CROWN - 0.5 * volume),
                (0.8, -1.0),
                (0.95, -0.35),
                (0.6, -0.95),
                (0.0, -1.02),
                (-0.6, -0.95),
            ],
            closed=True,
        )
        _curls(pen, crown, person, shot, chance)
    if traits.hair_style in ("bob", "long", "wavy") and bald < 0.6:
        _side_locks(pen, person, shot, field, chance)


def _cap_edges(person: Person, side: int, volume: float, bald: float) -> tuple[Points, Points]:
    """The hairline and the upper edge of one half of the cap, from the parting to the temple."""
    traits = person.traits
    part, width = traits.part * side, person.face.width
    inner = [(part + (x * (0.95 - part) / 0.95), y) for x, y in FRINGES[traits.fringe]]
    start = (part, inner[0][1] - (0.0 if traits.fringe == "bangs" else 0.1))
    line = np.array([start, *inner]) * (width, 1.0)
    # A hairline goes back first in the middle, and leaves the sides for last.
    top = np.clip((-0.25 - line[:, 1]) / 0.5, 0.0, 1.0)
    line[:, 1] += top * bald * (CROWN + 0.1 - line[:, 1]) * 0.92
    edge = _crown_edge(part, width * (1.0 + 0.6 * volume), 1.04 + volume)
    if traits.hair_style == "quiff":
        edge[:, 1] -= 0.13 * np.exp(-(((edge[:, 0] * side - 0.3) / 0.45) ** 2))
    if bald > 0.72:
        # Only the sides are left: both edges start at the temple.
        line[:4] = np.linspace((0.93 * width, -0.62), line[4], 4, endpoint=False)
        edge = edge[edge[:, 1] > -0.66]
    return _resampled(smooth(line) * (side, 1.0)), _resampled(smooth(edge) * (side, 1.0))


def _crown_edge(part: float, rx: float, ry: float) -> Points:
    """The upper edge of the hair, round from the parting to above the ear."""
    angle = np.linspace(np.arcsin(np.clip(part / rx, -0.9, 0.9)), np.pi / 2, 9)
    # A little squarer than an ellipse, as skulls are.
    power = 0.9
    x = rx * np.sign(angle) * np.abs(np.sin(angle)) ** power
    y = -0.3 - ry * np.cos(angle) ** power
    return np.concatenate([np.stack([x, y], axis=1), [(0.99 * rx, 0.02)]])


def _resampled(curve: Points, count: int = 26) -> Points:
    """The curve as `count` points at even distances."""
    step = np.hypot(*np.diff(curve, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(step)])
    even = np.linspace(0.0, way[-1], count)
    return np.stack([np.interp(even, way, curve[:, 0]), np.interp(even, way, curve[:, 1])], axis=1)


def _strands(
    pen: Pen, first: Points, last: Points, colour: RGB, chance: random.Random, count: int
) -> None:
    """Hairs that flow between two edges."""
    curves, colours = [], []
    for i in range(count):
        share = (i + chance.uniform(0.1, 0.9)) / count
        begin = chance.randrange(0, 8)
        end = chance.randrange(18, len(first) + 1)
        curves.append((first + (last - first) * share)[begin:end])
        light = chance.random() < 0.4
        tone: RGB = (255, 234, 206) if light else (0, 0, 0)
        colours.append(mix(colour, tone, chance.uniform(0.1, 0.22 if light else 0.32)))
    pen.lines(curves, 0.014, colours)


def _side_locks(
    pen: Pen, person: Person, shot: Shot, field: Image.Image, chance: random.Random
) -> None:
    """Hair that falls in front of the ears."""
    style, width = person.traits.hair_style, person.face.width
    volume = VOLUME[style]
    low = LENGTH[style] * (0.62 if person.gender == "male" else 1.0)
    wave = 0.075 if style == "wavy" else 0.012
    y = np.linspace(-0.95, low, 28)
    grown = np.clip((y + 0.95) / 1.1, 0.0, 1.0)
    curl = wave * np.sin(5.2 * (y + 0.3)) * grown
    for side in (-1, 1):
        # It leaves the head where the cap ends, so that no step shows.
        outer = 0.84 * width + (0.16 * width + 0.9 * volume + 0.08) * np.sqrt(grown) + curl
        inner = width * 0.9 + 0.03 * np.sin(2.4 * y) + curl * 0.8
        # A bob turns in under the jaw, long hair narrows to its ends.
        inner -= (0.22 if style == "bob" else -0.05) * np.clip(y - 0.45, 0.0, 1.0)
        outer -= (0.75 if style == "bob" else 0.08) * np.clip(y - 0.5, 0.0, 2.0) ** 2
        a = np.stack([np.minimum(inner, outer - 0.06) * side, y], axis=1)
        b = np.stack([outer * side, y - 0.03], axis=1)
        pen.fill(np.concatenate([a, b[::-1]]), field)
        _strands(pen, a, b, hair_colour(person, shot), chance, 11)


def _halo(volume: float, low: float) -> Points:
    """The round outline of curled hair, closed."""
    out = 1.0 + volume
    right = [
        (0.6 * out, CROWN - 0.82 * volume + 0.06),
        (0.98 * out, -0.85),
        (1.06 * out, -0.2),
        (1.0 * out, min(low, 0.4)),
        (0.85, low + 0.1),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    return smooth([(0.0, CROWN - volume), *right, *left], closed=True)


def _scalloped(curve: Points, count: int, depth: float) -> Points:
    """A closed curve bulging outwards `count` times."""
    even = _resampled(np.concatenate([curve, curve[:1]]), count * 8)
    centre = even.mean(axis=0)
    bulge = depth * np.abs(np.sin(np.linspace(0.0, np.pi * count, len(even))))[:, None]
    away = even - centre
    return np.asarray(even + away / np.hypot(away[:, :1], away[:, 1:]) * bulge)


def _rippled(curve: Points, depth: float) -> Points:
    """An open curve with small arcs along it."""
    even = _resampled(curve, 60)
    return even - np.stack([0 * even[:, 0], depth * np.abs(np.sin(np.linspace(0, 22, 60)))], axis=1)


def _curls(pen: Pen, outline: Points, person: Person, shot: Shot, chance: random.Random) -> None:
    """Small light and dark arcs inside the outline."""
    colour = hair_colour(person, shot)
    low, high = outline.min(axis=0), outline.max(axis=0)
    turn = np.linspace(0.0, 4.2, 9)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    size = 0.055 if person.traits.hair_style != "curly" else 0.085
    curves, colours = [], []
    for _ in range(120):
        spot = (chance.uniform(low[0], high[0]), chance.uniform(low[1], high[1]))
        phase, radius = chance.uniform(0.0, 1.5), size * chance.uniform(0.7, 1.2)
        light = chance.random() < 0.45
        if _inside(outline, spot):
            curves.append(np.roll(ring, int(phase * 6), axis=1)[int(phase * 2) :] * radius + spot)
            colours.append(
                mix(colour, (255, 226, 196) if light else (0, 0, 0), 0.16 if light else 0.35)
            )
    pen.lines(curves, 0.018, colours)


def _inside(outline: Points, spot: Spot) -> bool:
    """Whether the closed outline holds the spot, by the even-odd rule."""
    x, y = outline.T
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    crossing = (y > spot[1]) != (ny > spot[1])
    reach = (nx - x) * (spot[1] - y) / np.where(crossing, ny - y, 1.0) + x
    return bool(np.count_nonzero(crossing & (spot[0] < reach)) % 2)
