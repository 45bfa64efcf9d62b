"""The head without its features: outline, ears, neck."""

import math

from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse, smooth
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shapes import FaceShape
from stages.scrape.sources.demo.painter.shot import Shot

CROWN = -1.34


def outline(face: FaceShape, expression: ExpressionShape, age: int) -> Points:
    """The contour of the head, closed."""
    jaw, width = face.jaw, face.width
    chin = face.length + expression.chin_drop
    jowl = 0.04 * ageing(age, 50.0, 25.0)
    right = [
        (0.0, CROWN),
        (0.5 * width, CROWN + 0.1),
        (0.86 * width, -0.85),
        (0.985 * width, -0.3),
        (0.985 * width + face.cheek * 0.3, 0.12),
        (0.925 * width + face.cheek * 0.9, 0.5),
        ((0.71 + 0.15 * jaw) * width + face.cheek + jowl, 0.66 * chin),
        (0.7 * face.chin + 0.25 + 0.2 * jaw + 0.5 * face.cheek + jowl, 0.9 * chin),
        (face.chin * 0.62, 0.992 * chin),
    ]
    left = [(-x, y) for x, y in reversed(right[1:])]
    return smooth([*right, (0.0, chin), *left], closed=True)


def ageing(age: float, start: float, span: float) -> float:
    """How far a sign of age has come, from 0 at `start` to 1 `span` years later."""
    return min(1.0, max(0.0, (age - start) / span))


def mouth_line(face: FaceShape) -> float:
    """The y of the closed mouth: between nose and chin, nearer the nose."""
    return face.nose_length + 0.37 * (face.length - face.nose_length)


def paint_ears(pen: Pen, layer: Image.Image, person: Person) -> None:
    """Both ears; the one the head turns away slips behind the cheek."""
    face, dark = person.face, shadow_of(person.traits.skin)
    for side in (-1, 1):
        hidden = max(0.0, -side * pen.pose.yaw) * 0.5
        x = side * (face.width + 0.02 - hidden)
        tall = 0.27 * face.ear
        ear = smooth(
            [
                (x - side * 0.1, -0.2),
                (x + side * 0.05, -0.08 - tall),
                (x + side * 0.15, -0.02 - 0.6 * tall),
                (x + side * 0.12, 0.14),
                (x + side * 0.02, 0.12 + tall),
                (x - side * 0.1, 0.2),
            ],
            closed=True,
        )
        inner = smooth(
            [(x + side * 0.03, -0.15), (x + side * 0.09, -0.08), (x + side * 0.05, 0.1), (x, 0.2)]
        )
        pen.soft_line(layer, inner, 0.05, dark, 0.85, 0.02)
        pen.fill(ear, layer)


def paint_neck(pen: Pen, person: Person, shot: Shot) -> None:
    """The neck, in the shadow of the chin."""
    skin = person.traits.skin
    dark = shadow_of(skin)
    wide = (0.6 if person.gender == "male" else 0.49) + 0.15 * person.face.cheek
    layer = pen.canvas.layer(mix(skin, dark, 0.28))
    chin = person.face.length
    pen.soft(layer, ellipse(0, chin - 0.02, 0.75, 0.34), dark, 0.85, 0.12)
    side = 1 if math.cos(math.radians(shot.light)) < 0 else -1
    pen.soft(layer, ellipse(side * wide, chin + 0.3, 0.25, 0.7), dark, 0.8, 0.15)
    for x in (-0.16, 0.16):
        tendon = smooth([(2.2 * x, chin + 0.1), (x, chin + 0.62)], steps=5)
        pen.soft_line(layer, tendon, 0.05, dark, 0.25, 0.04)
    right = [
        (wide + 0.04, 0.5),
        (wide, chin),
        (wide + 0.03, chin + 0.4),
        (wide + 0.2, chin + 0.75),
        (0.85, chin + 1.1),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    pen.fill(smooth([*right, (0.0, chin + 1.7), *left]), layer)


def shadow_of(skin: RGB) -> RGB:
    """Skin in shadow: darker and redder, as light through skin is."""
    red, green, blue = skin
    return round(red * 0.66), round(green * 0.53), round(blue * 0.5)
