"""The nose."""

import math

from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import mix
from stages.scrape.sources.demo.painter.curves import ellipse, smooth
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.head import shadow_of
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shot import Shot


def shade_nose(
    pen: Pen, layer: Image.Image, person: Person, shot: Shot, expression: ExpressionShape
) -> None:
    """Bridge, tip and wings as soft light and shadow on the skin."""
    face, skin = person.face, person.traits.skin
    dark, bright = shadow_of(skin), mix(skin, (255, 246, 234), 0.7)
    lean = 0.3 * pen.pose.yaw
    end, half = face.nose_length, face.nose_width
    away = 1 if math.cos(math.radians(shot.light)) < 0 else -1
    for side, strength in ((away, 0.6), (-away, 0.25)):
        edge = smooth(
            [
                (side * 0.13, -0.2),
                (side * 0.085 + lean * 0.4, 0.12),
                (side * half * 0.62 + lean, end - 0.14),
            ]
        )
        pen.soft_line(layer, edge, 0.06, dark, strength, 0.035)
        pen.soft(
            layer,
            ellipse(side * half * 0.8 + lean, end - 0.05, half * 0.34, 0.085),
            dark,
            0.4 + 0.3 * strength,
            0.03,
        )
    bridge = smooth([(0.0, -0.1), (lean * 0.5, 0.2), (lean, end - 0.16)])
    pen.soft_line(layer, bridge, 0.055, bright, 0.55, 0.03)
    bulb = half * (0.32 + 0.3 * face.nose_bulb)
    pen.soft(layer, ellipse(lean, end - 0.1, bulb, 0.1), mix(skin, dark, 0.25), 0.5, 0.035)
    pen.soft(layer, ellipse(lean, end - 0.13, bulb * 0.55, 0.06), bright, 0.75, 0.03)
    pen.soft(layer, ellipse(lean, end + 0.045, half * 0.95, 0.04), dark, 0.75, 0.03)
    for y in (-0.06, 0.02):
        for side in (-1, 1):
            wrinkle = smooth([(side * 0.04, y), (side * 0.15, y - 0.06)], steps=4)
            pen.soft_line(layer, wrinkle, 0.02, dark, 0.9 * expression.nose_wrinkle, 0.012)


def paint_nostrils(pen: Pen, person: Person) -> None:
    """Nostrils and the curves of the wings."""
    face, dark = person.face, shadow_of(person.traits.skin)
    lean, end, half = 0.3 * pen.pose.yaw, face.nose_length, face.nose_width
    deep = mix(dark, (50, 20, 18), 0.6)
    for side in (-1, 1):
        x = side * half
        wing = smooth(
            [
                (x * 0.86 + lean, end - 0.15),
                (x * 1.08 + lean, end - 0.05),
                (x * 0.86 + lean, end + 0.02),
            ]
        )
        pen.stroke(wing, 0.024, mix(dark, deep, 0.2), 0.1, 0.4)
        hole = smooth(
            [
                (x * 0.26 + lean, end + 0.015),
                (x * 0.52 + lean, end - 0.025),
                (x * 0.74 + lean, end + 0.01),
            ]
        )
        pen.stroke(hole, 0.042, deep, 0.3, 0.4)
