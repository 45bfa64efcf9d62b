"""The head without its features: outline, ears, neck, light on skin, lines of age."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image

from stages.scrape.sources.demo.painter.canvas import Pen, Points, ellipse, mirror, smooth
from stages.scrape.sources.demo.painter.looks import RGB, mix
from stages.scrape.sources.demo.painter.moods import Mood
from stages.scrape.sources.demo.painter.person import Person, Shot
from stages.scrape.sources.demo.painter.shapes import FaceShape

CROWN = -1.34


def outline(face: FaceShape, mood: Mood, age: int) -> Points:
    """The contour of the head, closed."""
    jaw, width = face.jaw, face.width
    chin = face.length + mood.chin_drop
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


def shadow_of(skin: RGB) -> RGB:
    """Skin in shadow: darker and redder, as light through skin is."""
    red, green, blue = skin
    return round(red * 0.66), round(green * 0.53), round(blue * 0.5)


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


def shade_ball(field: Image.Image, pen: Pen, shot: Shot, skin: RGB) -> None:
    """Light the head as one ball, from the shot's side."""
    pose = pen.pose
    half_w, half_h = round(1.12 * pose.unit), round(1.5 * pose.unit)
    corner = (round(pose.x) - half_w, round(pose.y) - half_h)
    angle = round(shot.light / 10) * 10
    for sign, colour, most in ((1, light_of(skin, shot.warmth), 0.75), (-1, shadow_of(skin), 1.0)):
        share = most * (0.35 + 0.65 * shot.light_strength)
        mask = _lambert(angle, sign).resize((2 * half_w, 2 * half_h))
        field.paste(colour, corner, mask.point([round(v * share) for v in range(256)]))


def skin_field(pen: Pen, person: Person, shot: Shot, mood: Mood) -> Image.Image:
    """The lit skin of the face, before any hard line is drawn on it."""
    face, skin = person.face, person.traits.skin
    field = pen.sheet.field(skin)
    dark = shadow_of(skin)
    shade_ball(field, pen, shot, skin)
    rim = outline(face, mood, shot.age)
    pen.soft_line(field, np.concatenate([rim, rim[:1]]), 0.1, dark, 0.5, 0.07)
    _shade_sockets(field, pen, face, dark)
    _shade_cheeks(field, pen, person, mood)
    _age_lines(field, pen, face, shot.age, mood, dark)
    _marks(field, pen, person)
    return field


def _shade_sockets(field: Image.Image, pen: Pen, face: FaceShape, dark: RGB) -> None:
    brow_y = -face.brow_height
    for side in (-1, 1):
        x = side * face.eye_gap
        pen.soft(field, ellipse(x, brow_y * 0.42, 0.3, 0.15), dark, 0.55, 0.09)
        pen.soft(
            field,
            ellipse(side * (0.1 + 0.3 * face.nose_width), -0.03, 0.06, 0.16),
            dark,
            0.38,
            0.05,
        )
    # The temples and the hollow under the lip give the skull its shape.
    for side in (-1, 1):
        pen.soft(field, ellipse(side * 0.93, -0.42, 0.12, 0.3), dark, 0.3, 0.1)
    mouth_y = mouth_line(face)
    pen.soft(field, ellipse(0, mouth_y + 0.22, 0.2, 0.05), dark, 0.4, 0.05)
    pen.soft(
        field, ellipse(0, face.length - 0.13, face.chin * 0.6, 0.09), (255, 244, 230), 0.13, 0.06
    )


def mouth_line(face: FaceShape) -> float:
    """The y of the closed mouth: between nose and chin, nearer the nose."""
    return face.nose_length + 0.37 * (face.length - face.nose_length)


def _shade_cheeks(field: Image.Image, pen: Pen, person: Person, mood: Mood) -> None:
    face, skin = person.face, person.traits.skin
    blush, dark = mix(skin, (222, 72, 76), 0.5), shadow_of(skin)
    lift = 0.07 * mood.cheek_up
    for side in (-1, 1):
        apple = ellipse(side * 0.56, 0.42 - lift, 0.22, 0.15)
        pen.soft(field, apple, blush, 0.25 + face.blush + 0.15 * mood.cheek_up, 0.11)
        pen.soft(
            field,
            ellipse(side * 0.56, 0.31 - lift, 0.15, 0.06),
            (255, 240, 226),
            0.14 + 0.4 * max(0.0, face.cheek),
            0.07,
        )
        hollow = smooth([(side * 0.9, 0.4), (side * 0.7, 0.62), (side * 0.52, 0.78)])
        # Full cheeks have no hollow beneath the bone.
        pen.soft_line(field, hollow, 0.12, dark, max(0.0, 0.3 - 2.4 * face.cheek), 0.07)


def _age_lines(
    field: Image.Image, pen: Pen, face: FaceShape, age: int, mood: Mood, dark: RGB
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
            field, flip(fold), 0.03, deep, min(0.9, 0.1 + 0.7 * old + 0.45 * mood.cheek_up)
        )
        pen.soft_line(field, flip(bag), 0.03, deep, 0.08 + 0.6 * old)
        for line in crow:
            pen.soft_line(field, flip(line), 0.015, deep, 0.85 * old + 0.2 * mood.cheek_up)
    raised = max(0.0, mood.brow_inner_up) * 5.0
    for y, wide in ((-0.6, 0.42), (-0.71, 0.5), (-0.81, 0.36)):
        line = smooth([(-wide, y + 0.03), (0.0, y - 0.01), (wide, y + 0.03)])
        pen.soft_line(field, line, 0.018, deep, 0.5 * old + 0.3 * raised)
    for side in (-1, 1):
        furrow = smooth([(side * 0.07, -0.36), (side * 0.055, -0.28), (side * 0.07, -0.19)])
        pen.soft_line(field, furrow, 0.022, deep, min(0.95, mood.frown + 0.25 * old))


def _marks(field: Image.Image, pen: Pen, person: Person) -> None:
    traits = person.traits
    brown = mix(traits.skin, (120, 60, 36), 0.65)
    for i in range(round(26 * traits.freckles)):
        # A fixed irregular lattice, so that the freckles stay where they are.
        x, y = math.sin(i * 2.4) * (0.15 + 0.021 * i), 0.3 + 0.16 * math.cos(i * 3.7)
        pen.soft(field, ellipse(x, y, 0.018, 0.016, 8), brown, 0.55, 0.008)
    if traits.mole:
        pen.soft(field, ellipse(*traits.mole, 0.028, 0.028, 10), (64, 36, 28), 0.95, 0.006)


def paint_ears(pen: Pen, field: Image.Image, person: Person) -> None:
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
        pen.soft_line(field, inner, 0.05, dark, 0.85, 0.02)
        pen.fill(ear, field)


def paint_neck(pen: Pen, person: Person, shot: Shot) -> None:
    """The neck, in the shadow of the chin."""
    skin = person.traits.skin
    dark = shadow_of(skin)
    wide = (0.6 if person.gender == "male" else 0.49) + 0.15 * person.face.cheek
    field = pen.sheet.field(mix(skin, dark, 0.28))
    chin = person.face.length
    pen.soft(field, ellipse(0, chin - 0.02, 0.75, 0.34), dark, 0.85, 0.12)
    side = 1 if math.cos(math.radians(shot.light)) < 0 else -1
    pen.soft(field, ellipse(side * wide, chin + 0.3, 0.25, 0.7), dark, 0.8, 0.15)
    for x in (-0.16, 0.16):
        tendon = smooth([(2.2 * x, chin + 0.1), (x, chin + 0.62)], steps=5)
        pen.soft_line(field, tendon, 0.05, dark, 0.25, 0.04)
    right = [
        (wide + 0.04, 0.5),
        (wide, chin),
        (wide + 0.03, chin + 0.4),
        (wide + 0.2, chin + 0.75),
        (0.85, chin + 1.1),
    ]
    left = [(-x, y) for x, y in reversed(right)]
    pen.fill(smooth([*right, (0.0, chin + 1.7), *left]), field)
