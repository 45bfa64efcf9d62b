"""Beards: stubble, full beard, goatee, moustache."""

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse, mirror, smooth
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.head import outline
from stages.scrape.sources.demo.painter.mouth import mouth_of
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shot import Shot


def shade_stubble(
    pen: Pen,
    layer: Image.Image,
    person: Person,
    shot: Shot,
    expression: ExpressionShape,
    colour: RGB,
) -> None:
    """The shadow of a beard on the skin; under a full one it softens the edge."""
    if shot.no_beard:
        return
    style = person.traits.beard
    tone = mix(person.traits.skin, mix(colour, (40, 34, 36), 0.4), 0.8)
    if style in ("stubble", "full"):
        strength = 0.75 if style == "stubble" else 0.6
        for side in (-1, 1):
            pen.soft(
                layer, _half_beard(person, shot, expression) * (side, 1.0), tone, strength, 0.05
            )
    if style != "moustache":
        pen.soft(layer, ellipse(0.0, person.face.length - 0.16, 0.3, 0.14), tone, 0.6, 0.06)
    pen.soft(layer, _moustache(person, expression), tone, 0.7, 0.035)


def paint_beard(
    pen: Pen, person: Person, shot: Shot, expression: ExpressionShape, colour: RGB
) -> None:
    """The hairs of a beard, over the skin and under the lips."""
    style = person.traits.beard
    if shot.no_beard or style == "stubble":
        return
    layer = pen.canvas.layer(mix(colour, (0, 0, 0), 0.1))
    rim = outline(person.face, expression, shot.age)
    pen.soft_line(layer, rim[rim[:, 1] > 0.5], 0.14, mix(colour, (0, 0, 0), 0.45), 0.7, 0.06)
    if style == "full":
        half = _half_beard(person, shot, expression)
        for side in (-1, 1):
            pen.fill(half * (side, 1.0), layer)
            _whiskers(pen, half * (side, 1.0), person, colour)
    elif style == "goatee":
        patch = _goatee(person, expression)
        pen.fill(patch, layer)
        _whiskers(pen, patch, person, colour)
    moustache = _moustache(person, expression)
    pen.fill(moustache, layer)
    _whiskers(pen, moustache, person, colour)


def _half_beard(person: Person, shot: Shot, expression: ExpressionShape) -> Points:
    """The right half of a full beard, closed."""
    face, mouth = person.face, mouth_of(person.face, expression)
    rim = outline(face, expression, shot.age)
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


def _goatee(person: Person, expression: ExpressionShape) -> Points:
    face, under = person.face, mouth_of(person.face, expression).bottom[12, 1]
    chin = face.length + expression.chin_drop
    right = [(0.1, under + 0.05), (0.26, under + 0.07), (0.3, chin - 0.1), (0.14, chin + 0.07)]
    left = [(-x, y) for x, y in reversed(right)]
    return smooth([*right, *left], closed=True)


def _moustache(person: Person, expression: ExpressionShape) -> Points:
    face, mouth = person.face, mouth_of(person.face, expression)
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
    rng = seeded_random("whiskers", person.slug)
    centre = patch.mean(axis=0)
    curves, colours = [], []
    for point in patch[::2]:
        for _ in range(2):
            root = centre + (point - centre) * rng.uniform(0.5, 0.98)
            lean = rng.uniform(-0.02, 0.02) + 0.03 * np.sign(root[0])
            tip = root + np.array((lean, 0.07))
            curves.append(np.stack([root, tip]))
            tone: RGB = (255, 236, 214) if rng.random() < 0.25 else (0, 0, 0)
            colours.append(mix(colour, tone, rng.uniform(0.1, 0.3)))
    pen.lines(curves, 0.014, colours)
