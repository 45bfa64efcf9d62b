"""The mouth."""

from dataclasses import dataclass

import numpy as np

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.head import mouth_line
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shapes import FaceShape


@dataclass(frozen=True)
class Mouth:
    """Four curves from the left to the right corner: the lips' outer and inner edges."""

    top: Points
    inner_top: Points
    inner_bottom: Points
    bottom: Points
    gape: float


def mouth_of(face: FaceShape, expression: ExpressionShape) -> Mouth:
    """The shape of the mouth in that expression."""
    t = np.linspace(-1.0, 1.0, 25)
    arch = 1.0 - t * t
    open_arch = arch ** (1.0 - 0.5 * expression.roundness)
    half = face.mouth_width + expression.stretch
    x = t * half
    corner = face.mouth_corner + expression.corner_up
    line = mouth_line(face) + 0.5 * corner - corner * np.abs(t) ** 1.7
    lip = max(0.028, face.lip) * (1.0 - 0.3 * min(1.0, expression.gape * 4.0))
    inner_top = line - (0.3 * expression.gape + expression.upper_lip_up) * open_arch
    inner_bottom = line + expression.gape * open_arch
    cupid = 1.0 - 0.28 * np.exp(-((t / 0.16) ** 2)) + 0.1 * np.exp(-(((abs(t) - 0.3) / 0.2) ** 2))
    top = inner_top - lip * arch**0.8 * cupid
    bottom = inner_bottom + 1.3 * lip * arch**0.6
    edges = [np.stack([x, y], axis=1) for y in (top, inner_top, inner_bottom, bottom)]
    return Mouth(edges[0], edges[1], edges[2], edges[3], expression.gape)


def paint_mouth(pen: Pen, person: Person, expression: ExpressionShape) -> None:
    """Lips, and what shows between them."""
    mouth, lips = mouth_of(person.face, expression), person.traits.lips
    deep = mix(lips, (46, 8, 14), 0.72)
    upper = np.concatenate([mouth.top, mouth.inner_top[::-1]])
    lower = np.concatenate([mouth.inner_bottom, mouth.bottom[::-1]])
    layer = pen.canvas.layer(lips)
    shine = mouth.bottom * (0.5, 0.55) + mouth.inner_bottom * (0.0, 0.45)
    pen.soft_line(layer, shine, 0.035, mix(lips, (255, 236, 226), 0.6), 0.6, 0.02)
    pen.soft_line(layer, mouth.bottom, 0.03, mix(lips, (60, 20, 24), 0.4), 0.6, 0.02)
    if mouth.gape > 0.005:
        _inside(pen, mouth, person.face, expression, deep)
    pen.fill(upper, mix(lips, (70, 14, 24), 0.22))
    pen.fill(lower, layer)
    if mouth.gape <= 0.005:
        pen.stroke(mouth.inner_top, 0.026, deep, 0.5, 0.5)
    for corner in (0, -1):
        x, y = mouth.inner_top[corner].tolist()
        pen.fill(ellipse(x, y, 0.02, 0.02, 10), deep)


def _inside(
    pen: Pen, mouth: Mouth, face: FaceShape, expression: ExpressionShape, deep: RGB
) -> None:
    """The dark of the mouth, tongue and teeth."""
    hollow = np.concatenate([mouth.inner_top, mouth.inner_bottom[::-1]])
    pen.fill(hollow, mix(deep, (20, 4, 8), 0.5))
    room = mouth.inner_bottom - mouth.inner_top
    tooth: RGB = (250, 246, 238)
    if expression.teeth:
        full = 0.11 + face.teeth
        height = np.minimum(room[:, 1], full if expression.teeth < 2 else 9.0)
        edge = mouth.inner_top + np.stack([0 * height, height], axis=1)
        pen.fill(np.concatenate([mouth.inner_top[2:-2], edge[2:-2][::-1]]), tooth)
        gaps = [np.stack([mouth.inner_top[i], edge[i]]) for i in range(5, 20, 2)]
        pen.lines(gaps, 0.008, [(214, 204, 198)] * len(gaps))
        if expression.teeth > 1:
            pen.stroke((mouth.inner_top + mouth.inner_bottom)[2:-2] / 2, 0.014, (150, 110, 108))
    else:
        rise = np.sin(np.linspace(0.0, np.pi, 19)) * 0.4 * mouth.gape
        floor = mouth.inner_bottom[3:-3]
        tongue = floor - np.stack([0 * rise, rise], axis=1)
        pen.fill(np.concatenate([tongue, floor[::-1]]), (172, 74, 80))
