"""Outlines of the hair: cut, parting, and the hairline's retreat with age."""

import numpy as np

from stages.scrape.sources.demo.painter.curves import Points, smooth
from stages.scrape.sources.demo.painter.head import CROWN, ageing
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shot import Shot

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


def baldness(person: Person, shot: Shot) -> float:
    """How far the hairline has gone back, 0 to 1."""
    return ageing(shot.age, person.traits.bald_from, 26.0)


def cap_edges(person: Person, side: int, volume: float, bald: float) -> tuple[Points, Points]:
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
    return resampled(smooth(line) * (side, 1.0)), resampled(smooth(edge) * (side, 1.0))


def _crown_edge(part: float, rx: float, ry: float) -> Points:
    """The upper edge of the hair, round from the parting to above the ear."""
    angle = np.linspace(np.arcsin(np.clip(part / rx, -0.9, 0.9)), np.pi / 2, 9)
    # A little squarer than an ellipse, as skulls are.
    power = 0.9
    x = rx * np.sign(angle) * np.abs(np.sin(angle)) ** power
    y = -0.3 - ry * np.cos(angle) ** power
    return np.concatenate([np.stack([x, y], axis=1), [(0.99 * rx, 0.02)]])


def resampled(curve: Points, count: int = 26) -> Points:
    """The curve as `count` points at even distances."""
    step = np.hypot(*np.diff(curve, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(step)])
    even = np.linspace(0.0, way[-1], count)
    return np.stack([np.interp(even, way, curve[:, 0]), np.interp(even, way, curve[:, 1])], axis=1)


def halo_outline(volume: float, low: float) -> Points:
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


def scalloped(curve: Points, count: int, depth: float) -> Points:
    """A closed curve bulging outwards `count` times."""
    even = resampled(np.concatenate([curve, curve[:1]]), count * 8)
    centre = even.mean(axis=0)
    bulge = depth * np.abs(np.sin(np.linspace(0.0, np.pi * count, len(even))))[:, None]
    away = even - centre
    return np.asarray(even + away / np.hypot(away[:, :1], away[:, 1:]) * bulge)


def rippled(curve: Points, depth: float) -> Points:
    """An open curve with small arcs along it."""
    even = resampled(curve, 60)
    return even - np.stack([0 * even[:, 0], depth * np.abs(np.sin(np.linspace(0, 22, 60)))], axis=1)
