"""Eyes and brows."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.canvas import OVERSAMPLE, Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import Points, smooth
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.head import ageing, shadow_of
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shapes import FaceShape
from stages.scrape.sources.demo.painter.shot import Shot

LASH: RGB = (30, 20, 22)


@dataclass(frozen=True)
class Eye:
    """The lids of one eye, as curves from the inner to the outer corner."""

    side: int
    centre: tuple[float, float]
    upper: Points
    lower: Points
    width: float
    slant: float

    def turn(self, points: list[tuple[float, float]]) -> Points:
        """Eye coordinates (inner corner -1, outer corner 1, up negative) to the face's."""
        local = np.asarray(points) * self.width
        sine, cosine = math.sin(self.slant), math.cos(self.slant)
        x = local[:, 0] * cosine + local[:, 1] * sine
        y = -local[:, 0] * sine + local[:, 1] * cosine
        return np.stack([(self.centre[0] + x) * self.side, self.centre[1] + y], axis=1)


def eye_of(face: FaceShape, expression: ExpressionShape, age: int, side: int) -> Eye:
    """The eye on that side (-1 left of the picture, 1 right)."""
    young = 1.0 - ageing(age, 18.0, 12.0)
    width = face.eye_size * (1.0 + 0.05 * young)
    tall = max(0.24, face.eye_open * expression.eye_open - 0.08 * ageing(age, 50.0, 30.0))
    tall *= 1.0 - 0.6 * max(0.0, face.lid)
    eye = Eye(
        side, (face.eye_gap, 0.0), np.empty(0), np.empty(0), width, math.radians(face.eye_slant)
    )
    low = 0.62 * tall * (1.0 - expression.squint)
    upper = [(-1.0, 0.1), (-0.6, -0.72 * tall), (0.0, -tall), (0.58, -0.75 * tall), (1.0, -0.04)]
    lower = [(-1.0, 0.1), (-0.5, 0.72 * low), (0.1, low), (0.62, 0.72 * low), (1.0, -0.04)]
    return Eye(side, eye.centre, smooth(eye.turn(upper)), smooth(eye.turn(lower)), width, eye.slant)


def paint_eyes(pen: Pen, person: Person, shot: Shot, expression: ExpressionShape) -> None:
    """Both eyes, with lids, lashes and the fold above."""
    for side in (-1, 1):
        eye = eye_of(person.face, expression, shot.age, side)
        _eyeball(pen, eye, person, shot, expression)
        _lids(pen, eye, person)


def _eyeball(pen: Pen, eye: Eye, person: Person, shot: Shot, expression: ExpressionShape) -> None:
    """White, iris, pupil and highlights, cut to the shape between the lids."""
    almond = pen.pose.place(np.concatenate([eye.upper, eye.lower[::-1]])) * OVERSAMPLE
    left, top = np.floor(almond.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(almond.max(axis=0)).astype(int).tolist()
    patch = Image.new("RGB", (right - left + 1, bottom - top + 1), (246, 240, 236))
    mask = Image.new("L", patch.size)
    ImageDraw.Draw(mask).polygon((almond - (left, top)).ravel().tolist(), fill=255)
    gaze = (eye.side * eye.centre[0] + shot.gaze, -0.012 + expression.gaze_down)
    ((x, y),) = pen.pose.place([gaze]) * OVERSAMPLE - (left, top)
    unit = pen.pose.unit * OVERSAMPLE
    radius = (0.097 + 0.1 * (eye.width - 0.2)) * unit
    draw = ImageDraw.Draw(patch)
    iris = person.traits.eyes
    discs: tuple[tuple[float, float, float, RGB], ...] = (
        (0, 0, 1.0, mix(iris, (10, 10, 14), 0.55)),
        (0, 0, 0.86, iris),
        (0, 0.3, 0.5, mix(iris, (255, 240, 210), 0.25)),
        (0, 0, 0.46, (14, 12, 14)),
    )
    for dx, dy, share, colour in discs:
        _disc(draw, x + dx * radius, y + dy * radius, share * radius, colour)
    # The upper lid throws a shadow on the eyeball.
    shade = Image.new("L", patch.size)
    lid = (pen.pose.place(eye.upper) * OVERSAMPLE - (left, top)).ravel().tolist()
    ImageDraw.Draw(shade).line(lid, fill=150, width=max(2, round(0.075 * unit)))
    patch.paste((84, 62, 62), mask=shade.filter(ImageFilter.BoxBlur(0.02 * unit)))
    spark = 1 if math.cos(math.radians(shot.light)) > 0 else -1
    _disc(draw, x + spark * 0.36 * radius, y - 0.36 * radius, 0.27 * radius, (255, 255, 255))
    _disc(draw, x - spark * 0.4 * radius, y + 0.4 * radius, 0.13 * radius, (226, 226, 230))
    pen.canvas.image.paste(patch, (left, top), mask)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: RGB) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _lids(pen: Pen, eye: Eye, person: Person) -> None:
    skin, woman = person.traits.skin, person.gender == "female"
    line = mix(shadow_of(skin), LASH, 0.8)
    crease = mix(shadow_of(skin), LASH, 0.25)
    pen.stroke(eye.lower, 0.02, mix(shadow_of(skin), skin, 0.1), 0.3, 0.6)
    pen.stroke(eye.upper, 0.05 if woman else 0.038, line, 0.35, 0.9)
    lift = 0.05 + 0.02 * person.face.eye_open - 0.12 * person.face.lid
    if not person.traits.monolid:
        fold = eye.upper[3:] - np.array((0.0, max(0.03, lift)))
        pen.stroke(fold, 0.018 + 0.05 * person.face.lid, crease, 0.2, 0.3)
    if woman:
        outer = eye.upper[-1]
        for step, rise in ((0.075, 0.05), (0.055, 0.085)):
            tip = outer + np.array((eye.side * step, -rise))
            pen.stroke(smooth([outer - (eye.side * 0.04, 0.03), tip], steps=4), 0.028, line, 1.0)


def brow_curve(face: FaceShape, expression: ExpressionShape, side: int) -> Points:
    """One brow, from its inner to its outer end."""
    y = -face.brow_height
    inner = (face.eye_gap - 0.27 - expression.brow_together, y + 0.035 - expression.brow_inner_up)
    middle = (
        face.eye_gap + 0.02,
        y - face.brow_arch - (expression.brow_inner_up + expression.brow_outer_up) / 2,
    )
    slant = 0.006 * face.eye_slant
    outer = (face.eye_gap + 0.31, y + 0.055 - slant - expression.brow_outer_up)
    return smooth([inner, middle, outer], steps=8) * (side, 1.0)


def paint_brows(pen: Pen, person: Person, expression: ExpressionShape, hair: RGB) -> None:
    """Both brows, thick inside and thin outside, with a few hairs."""
    face = person.face
    colour = mix(hair, person.traits.skin, 0.12)
    for side in (-1, 1):
        curve = brow_curve(face, expression, side)
        thick = face.brow_weight * 1.5
        pen.stroke(curve, thick, colour, 0.75, 0.2)
        hair_run = np.array([(0.0, thick * 0.45), (side * 0.045, -thick * 0.5)])
        hairs = [point + hair_run for point in curve[:-4:2]]
        pen.lines(hairs, 0.012, [mix(colour, LASH, 0.35)] * len(hairs))
