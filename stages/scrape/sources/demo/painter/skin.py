"""The skin of the face: light, blush, lines of age, freckles."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen
from stages.scrape.sources.demo.painter.colours import RGB, mix
from stages.scrape.sources.demo.painter.curves import ellipse, mirror, smooth
from stages.scrape.sources.demo.painter.expressions import ExpressionShape
from stages.scrape.sources.demo.painter.head import ageing, mouth_line, outline, shadow_of
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shapes import FaceShape
from stages.scrape.sources.demo.painter.shot import Shot


def light_of(skin: RGB, warmth: float) -> RGB:
    """Skin in full light, warm or cool."""
    lamp: RGB = (255, 240, 214) if warmth > 0 else (238, 242, 255)
    return mix(skin, lamp, 0.55)


@lru_cache(maxsize=64)
def _lambert(angle: int, sign: int) -> Image.Image:
    """A mask of how much of a ball faces the light (sign 1) or turns away from it (-1)."""
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    z = np.sqrt(np.clip(1.15 - x * x - y * y, 0.0, None))
    direction = math.radians(angle)
    facing = 0.8 * (x * math.cos(direction) - y * math.sin(direction)) + 0.6 * z
    lit = np.clip((facing - 0.66) * 1.9, 0, 1) if sign > 0 else np.clip(0.45 - facing, 0, 1)
    return Image.fromarray((lit * 255).astype(np.uint8))


def shade_ball(layer: Image.Image, pen: Pen, shot: Shot, skin: RGB) -> None:
    """Light the head as one ball, from the shot's side."""
    pose = pen.pose
    half_w, half_h = round(1.12 * pose.unit), round(1.5 * pose.unit)
    corner = (round(pose.x) - half_w, round(pose.y) - half_h)
    angle = round(shot.light / 10) * 10
    for sign, colour, most in ((1, light_of(skin, shot.warmth), 0.75), (-1, shadow_of(skin), 1.0)):
        share = most * (0.35 + 0.65 * shot.light_strength)
        mask = _lambert(angle, sign).resize((2 * half_w, 2 * half_h))
        layer.paste(colour, corner, mask.point([round(v * share) for v in range(256)]))


def skin_layer(pen: Pen, person: Person, shot: Shot, expression: ExpressionShape) -> Image.Image:
    """The lit skin of the face, before any hard line is drawn on it."""
    face, skin = person.face, person.traits.skin
    layer = pen.canvas.layer(skin)
    dark = shadow_of(skin)
    shade_ball(layer, pen, shot, skin)
    rim = outline(face, expression, shot.age)
    pen.soft_line(layer, np.concatenate([rim, rim[:1]]), 0.1, dark, 0.5, 0.07)
    _shade_sockets(layer, pen, face, dark)
    _shade_cheeks(layer, pen, person, expression)
    _age_lines(layer, pen, face, shot.age, expression, dark)
    _marks(layer, pen, person)
    return layer


def _shade_sockets(layer: Image.Image, pen: Pen, face: FaceShape, dark: RGB) -> None:
    brow_y = -face.brow_height
    for side in (-1, 1):
        x = side * face.eye_gap
        pen.soft(layer, ellipse(x, brow_y * 0.42, 0.3, 0.15), dark, 0.55, 0.09)
        pen.soft(
            layer,
            ellipse(side * (0.1 + 0.3 * face.nose_width), -0.03, 0.06, 0.16),
            dark,
            0.38,
            0.05,
        )
    # The temples and the hollow under the lip give the skull its shape.
    for side in (-1, 1):
        pen.soft(layer, ellipse(side * 0.93, -0.42, 0.12, 0.3), dark, 0.3, 0.1)
    mouth_y = mouth_line(face)
    pen.soft(layer, ellipse(0, mouth_y + 0.22, 0.2, 0.05), dark, 0.4, 0.05)
    pen.soft(
        layer, ellipse(0, face.length - 0.13, face.chin * 0.6, 0.09), (255, 244, 230), 0.13, 0.06
    )


def _shade_cheeks(
    layer: Image.Image, pen: Pen, person: Person, expression: ExpressionShape
) -> None:
    face, skin = person.face, person.traits.skin
    blush, dark = mix(skin, (222, 72, 76), 0.5), shadow_of(skin)
    lift = 0.07 * expression.cheek_up
    for side in (-1, 1):
        apple = ellipse(side * 0.56, 0.42 - lift, 0.22, 0.15)
        pen.soft(layer, apple, blush, 0.25 + face.blush + 0.15 * expression.cheek_up, 0.11)
        pen.soft(
            layer,
            ellipse(side * 0.56, 0.31 - lift, 0.15, 0.06),
            (255, 240, 226),
            0.14 + 0.4 * max(0.0, face.cheek),
            0.07,
        )
        hollow = smooth([(side * 0.9, 0.4), (side * 0.7, 0.62), (side * 0.52, 0.78)])
        # Full cheeks have no hollow beneath the bone.
        pen.soft_line(layer, hollow, 0.12, dark, max(0.0, 0.3 - 2.4 * face.cheek), 0.07)


def _age_lines(
    layer: Image.Image, pen: Pen, face: FaceShape, age: int, expression: ExpressionShape, dark: RGB
) -> None:
    old = ageing(age, 32.0, 40.0)
    deep = mix(dark, (40, 16, 14), 0.25)
    mouth_y, half = mouth_line(face), face.mouth_width
    fold = smooth(
        [
            (face.nose_width + 0.03, face.nose_length - 0.06),
            (half * 0.85 + 0.06, (face.nose_length + mouth_y) / 2),
            (half + 0.1, mouth_y + 0.06),
        ]
    )
    crow = [
        smooth([(face.eye_gap + 0.27, y), (face.eye_gap + 0.36, 1.6 * y - 0.01)], steps=4)
        for y in (-0.06, 0.01, 0.07)
    ]
    bag = smooth([(face.eye_gap - 0.17, 0.13), (face.eye_gap, 0.2), (face.eye_gap + 0.18, 0.13)])
    for flip in (np.asarray, mirror):
        pen.soft_line(
            layer, flip(fold), 0.03, deep, min(0.9, 0.1 + 0.7 * old + 0.45 * expression.cheek_up)
        )
        pen.soft_line(layer, flip(bag), 0.03, deep, 0.08 + 0.6 * old)
        for line in crow:
            pen.soft_line(layer, flip(line), 0.015, deep, 0.85 * old + 0.2 * expression.cheek_up)
    raised = max(0.0, expression.brow_inner_up) * 5.0
    for y, wide in ((-0.6, 0.42), (-0.71, 0.5), (-0.81, 0.36)):
        line = smooth([(-wide, y + 0.03), (0.0, y - 0.01), (wide, y + 0.03)])
        pen.soft_line(layer, line, 0.018, deep, 0.5 * old + 0.3 * raised)
    for side in (-1, 1):
        furrow = smooth([(side * 0.07, -0.36), (side * 0.055, -0.28), (side * 0.07, -0.19)])
        pen.soft_line(layer, furrow, 0.022, deep, min(0.95, expression.frown + 0.25 * old))


def _marks(layer: Image.Image, pen: Pen, person: Person) -> None:
    traits = person.traits
    brown = mix(traits.skin, (120, 60, 36), 0.65)
    for i in range(round(26 * traits.freckles)):
        # A fixed irregular lattice, so that the freckles stay where they are.
        x, y = math.sin(i * 2.4) * (0.15 + 0.021 * i), 0.3 + 0.16 * math.cos(i * 3.7)
        pen.soft(layer, ellipse(x, y, 0.018, 0.016, 8), brown, 0.55, 0.008)
    if traits.mole:
        pen.soft(layer, ellipse(*traits.mole, 0.028, 0.028, 10), (64, 36, 28), 0.95, 0.006)
