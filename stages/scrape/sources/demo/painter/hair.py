"""Hair on the head: colour, grey, strands and curls."""

import random

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse, smooth
from stages.scrape.sources.demo.painter.hair_shapes import (
    CURLED,
    LENGTH,
    VOLUME,
    Spot,
    baldness,
    cap_edges,
    halo_outline,
    rippled,
    scalloped,
)
from stages.scrape.sources.demo.painter.head import CROWN, ageing
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shot import Shot


def hair_colour(person: Person, shot: Shot) -> RGB:
    """The person's hair colour at that age."""
    grey = ageing(shot.age, person.traits.grey_from - 6.0, 22.0)
    return mix(person.traits.hair, (206, 204, 204), 0.92 * grey)


def hair_layer(pen: Pen, colour: RGB, shot: Shot) -> Image.Image:
    """Lit hair: a sheen over the crown, dark at the nape."""
    layer = pen.canvas.layer(mix(colour, (0, 0, 0), 0.12))
    bright = mix(colour, (255, 236, 208), 0.42)
    lean = 0.5 if shot.light < 90 else -0.5
    band = smooth(
        [(-0.95, -0.62), (-0.5 + 0.2 * lean, -1.14), (0.5 + 0.2 * lean, -1.14), (0.95, -0.62)]
    )
    pen.soft_line(layer, band, 0.2, bright, 0.35 + 0.4 * shot.light_strength, 0.1)
    dark = mix(colour, (0, 0, 0), 0.5)
    pen.soft(layer, ellipse(-1.9 * lean, -0.3, 0.4, 1.3), dark, 0.6, 0.2)
    for side in (-1, 1):
        pen.soft(layer, ellipse(side * 0.95, 1.0, 0.26, 0.9), dark, 0.55, 0.15)
    return layer


def paint_hair_behind(pen: Pen, person: Person, shot: Shot, layer: Image.Image) -> None:
    """What hangs behind the head and neck."""
    style, rng = person.traits.hair_style, seeded_random("behind", person.slug)
    if baldness(person, shot) > 0.6:
        return
    if style == "bun" and not shot.wearing_hat:
        bun = ellipse(0.05, -1.56, 0.36, 0.33)
        pen.fill(scalloped(bun, 9, 0.03) if person.race == "black" else bun, layer)
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
        pen.fill(tail, layer)
    elif style in CURLED:
        volume = VOLUME[style] * (0.4 if shot.wearing_hat else 1.0)
        low = LENGTH.get(style, 0.0) if person.gender == "female" else 0.1
        halo = scalloped(halo_outline(volume, low), 30, 0.045)
        pen.fill(halo, layer)
        _curls(pen, halo, person, shot, rng)
    elif style in LENGTH:
        low, wide = LENGTH[style], 1.12 + VOLUME[style]
        right = [(wide, -0.5), (wide + 0.06, 0.3), (wide, min(1.2, low)), (0.8, low), (0.0, low)]
        left = [(-x, y) for x, y in reversed(right[:-1])]
        pen.fill(smooth([(0.0, CROWN), *right, *left], closed=True), layer)


def paint_hair_front(pen: Pen, person: Person, shot: Shot, layer: Image.Image) -> None:
    """The cap of hair over the crown, the fringe, and locks beside the face."""
    traits, bald = person.traits, baldness(person, shot)
    rng = seeded_random("front", person.slug)
    volume = VOLUME[traits.hair_style] * (0.3 if shot.wearing_hat else 1.0) * (1.0 - 0.6 * bald)
    for side in (-1, 1):
        inner, outer = cap_edges(person, side, volume, bald)
        if traits.hair_style in CURLED:
            inner = rippled(inner, 0.025)
        pen.fill(np.concatenate([inner, outer[::-1]]), layer)
        if traits.hair_style not in CURLED:
            _strands(pen, inner, outer, hair_colour(person, shot), rng, 15)
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
        _curls(pen, crown, person, shot, rng)
    if traits.hair_style in ("bob", "long", "wavy") and bald < 0.6:
        _side_locks(pen, person, shot, layer, rng)


def _strands(
    pen: Pen, first: Points, last: Points, colour: RGB, rng: random.Random, count: int
) -> None:
    """Hairs that flow between two edges."""
    curves, colours = [], []
    for i in range(count):
        share = (i + rng.uniform(0.1, 0.9)) / count
        begin = rng.randrange(0, 8)
        end = rng.randrange(18, len(first) + 1)
        curves.append((first + (last - first) * share)[begin:end])
        light = rng.random() < 0.4
        tone: RGB = (255, 234, 206) if light else (0, 0, 0)
        colours.append(mix(colour, tone, rng.uniform(0.1, 0.22 if light else 0.32)))
    pen.lines(curves, 0.014, colours)


def _side_locks(
    pen: Pen, person: Person, shot: Shot, layer: Image.Image, rng: random.Random
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
        pen.fill(np.concatenate([a, b[::-1]]), layer)
        _strands(pen, a, b, hair_colour(person, shot), rng, 11)


def _curls(pen: Pen, outline: Points, person: Person, shot: Shot, rng: random.Random) -> None:
    """Small light and dark arcs inside the outline."""
    colour = hair_colour(person, shot)
    low, high = outline.min(axis=0), outline.max(axis=0)
    turn = np.linspace(0.0, 4.2, 9)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    size = 0.055 if person.traits.hair_style != "curly" else 0.085
    curves, colours = [], []
    for _ in range(120):
        spot = (rng.uniform(low[0], high[0]), rng.uniform(low[1], high[1]))
        phase, radius = rng.uniform(0.0, 1.5), size * rng.uniform(0.7, 1.2)
        light = rng.random() < 0.45
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
