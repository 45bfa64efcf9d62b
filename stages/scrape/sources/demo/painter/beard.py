"""Beards: stubble, full beard, goatee, moustache."""

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen, Points, ellipse, mirror, smooth
from stages.scrape.sources.demo.painter.features import mouth_of
from stages.scrape.sources.demo.painter.head import outline
from stages.scrape.sources.demo.painter.looks import RGB, mix
from stages.scrape.sources.demo.painter.moods import Mood
from stages.scrape.sources.demo.painter.person import Person, Shot, seeded


def shade_stubble(
    pen: Pen, field: Image.Image, person: Person, shot: Shot, mood: Mood, colour: RGB
) -> None:
    """The shadow of a beard on the skin; under a full one it softens the edge."""
    if shot.no_beard:
        return
    style = person.traits.beard
    tone = mix(person.traits.skin, mix(colour, (40, 34, 36), 0.4), 0.8)
    if style in ("stubble", "full"):
        strength = 0.75 if style == "stubble" else 0.6
        for side in (-1, 1):
            pen.soft(field, _half_beard(person, shot, mood) * (side, 1.0), tone, strength, 0.05)
    if style != "moustache":
        pen.soft(field, ellipse(0.0, person.face.length - 0.16, 0.3, 0.14), tone, 0.6, 0.06)
    pen.soft(field, _moustache(person, mood), tone, 0.7, 0.035)


def paint_beard(pen: Pen, person: Person, shot: Shot, mood: Mood, colour: RGB) -> None:
    """The hairs of a beard, over the skin and under the lips."""
    style = person.traits.beard
    if shot.no_beard or style == "stubble":
        return
    field = pen.sheet.field(mix(colour, (0, 0, 0), 0.1))
    rim = outline(person.face, mood, shot.age)
    pen.soft_line(field, rim[rim[:, 1] > 0.5], 0.14, mix(colour, (0, 0, 0), 0.45), 0.7, 0.06)
    if style == "full":
        half = _half_beard(person, shot, mood)
        for side in (-1, 1):
            pen.fill(half * (side, 1.0), field)
            _whiskers(pen, half * (side, 1.0), person, colour)
    elif style == "goatee":
        patch = _goatee(person, mood)
        pen.fill(patch, field)
        _whiskers(pen, patch, person, colour)
    moustache = _moustache(person, mood)
    pen.fill(moustache, field)
    _whiskers(pen, moustache, person, colour)


def _half_beard(person: Person, shot: Shot, mood: Mood) -> Points:
    """The right half of a full beard, closed."""
    face, mouth = person.face, mouth_of(person.face, mood)
    rim = outline(face, mood, shot.age)
    rim = rim[(rim[:, 0] >= 0.0) & (rim[:, 1] > 0.12)] * (1.015, 1.0)
    rim[:, 1] += 0.07 * np.clip(rim[:, 1] - 0.6, 0.0, 1.0)
    corner, under = mouth.top[-1], mouth.bottom[12]
    inner = smooth(
        [
            (0.0, under[1] + 0.05),
            (0.5 * corner[0], under[1] + 0.03),
            (corner[0] + 0.06, corner[1] + 0.06),
            (corner[0] + 0.07, corner[1] - 0.1),
            (0.66, 0.5),
            (0.84, 0.3),
            (0.9 * face.width, 0.05),
        ]
    )
    return np.concatenate([rim, [[0.0, rim[-1, 1]]], inner])


def _goatee(person: Person, mood: Mood) -> Points:
    face, under = person.face, mouth_of(person.face, mood).bottom[12, 1]
    chin = face.length + mood.chin_drop
    right = [(0.1, under + 0.05), (0.26, under + 0.07), (0.3, chin - 0.1), (0.14, chin + 0.07)]
    left = [(-x, y) for x, y in reversed(right)]
    return smooth([*right, *left], closed=True)


def _moustache(person: Person, mood: Mood) -> Points:
    face, mouth = person.face, mouth_of(person.face, mood)
    top, corner = mouth.top[12, 1] - 0.005, mouth.top[-1]
    # A moustache ends beyond the corners of even the smallest mouth.
    reach = max(corner[0] + 0.09, 0.36)
    right = [
        (0.0, face.nose_length + 0.09),
        (0.14, face.nose_length + 0.07),
        (reach * 0.66, (face.nose_length + corner[1]) / 2 + 0.02),
        (reach, corner[1] + 0.05),
        (reach * 0.6, mouth.top[21, 1]),
        (0.14, top - 0.01),
    ]
    left = mirror(right[1:])[::-1]
    return smooth(np.concatenate([right, [[0.0, top]], left]), closed=True)


def _whiskers(pen: Pen, patch: Points, person: Person, colour: RGB) -> None:
    """Short hairs across the patch and over its edge, which they fray."""
    chance = seeded("whiskers", person.slug)
    centre = patch.mean(axis=0)
    curves, colours = [], []
    for point in patch[::2]:
        for _ in range(2):
            root = centre + (point - centre) * chance.uniform(0.5, 0.98)
            lean = chance.uniform(-0.02, 0.02) + 0.03 * np.sign(root[0])
            tip = root + np.array((lean, 0.07))
            curves.append(np.stack([root, tip]))
            tone: RGB = (255, 236, 214) if chance.random() < 0.25 else (0, 0, 0)
            colours.append(mix(colour, tone, chance.uniform(0.1, 0.3)))
    pen.lines(curves, 0.014, colours)
