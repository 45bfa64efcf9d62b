"""Eyes, brows, nose and mouth."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.canvas import OVERSAMPLE, Pen, Points, ellipse, smooth
from stages.scrape.sources.demo.painter.head import ageing, mouth_line, shadow_of
from stages.scrape.sources.demo.painter.looks import RGB, mix
from stages.scrape.sources.demo.painter.moods import Mood
from stages.scrape.sources.demo.painter.person import Person, Shot
from stages.scrape.sources.demo.painter.shapes import FaceShape

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


def eye_of(face: FaceShape, mood: Mood, age: int, side: int) -> Eye:
    """The eye on that side (-1 left of the picture, 1 right)."""
    young = 1.0 - ageing(age, 18.0, 12.0)
    width = face.eye_size * (1.0 + 0.05 * young)
    tall = max(0.24, face.eye_open * mood.eye_open - 0.08 * ageing(age, 50.0, 30.0))
    tall *= 1.0 - 0.6 * max(0.0, face.lid)
    eye = Eye(
        side, (face.eye_gap, 0.0), np.empty(0), np.empty(0), width, math.radians(face.eye_slant)
    )
    low = 0.62 * tall * (1.0 - mood.squint)
    upper = [(-1.0, 0.1), (-0.6, -0.72 * tall), (0.0, -tall), (0.58, -0.75 * tall), (1.0, -0.04)]
    lower = [(-1.0, 0.1), (-0.5, 0.72 * low), (0.1, low), (0.62, 0.72 * low), (1.0, -0.04)]
    return Eye(side, eye.centre, smooth(eye.turn(upper)), smooth(eye.turn(lower)), width, eye.slant)


def paint_eyes(pen: Pen, person: Person, shot: Shot, mood: Mood) -> None:
    """Both eyes, with lids, lashes and the fold above."""
    for side in (-1, 1):
        eye = eye_of(person.face, mood, shot.age, side)
        _eyeball(pen, eye, person, shot, mood)
        _lids(pen, eye, person)


def _eyeball(pen: Pen, eye: Eye, person: Person, shot: Shot, mood: Mood) -> None:
    """White, iris, pupil and highlights, cut to the shape between the lids."""
    almond = pen.pose.place(np.concatenate([eye.upper, eye.lower[::-1]])) * OVERSAMPLE
    left, top = np.floor(almond.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(almond.max(axis=0)).astype(int).tolist()
    patch = Image.new("RGB", (right - left + 1, bottom - top + 1), (246, 240, 236))
    mask = Image.new("L", patch.size)
    ImageDraw.Draw(mask).polygon((almond - (left, top)).ravel().tolist(), fill=255)
    gaze = (eye.side * eye.centre[0] + shot.gaze, -0.012 + mood.gaze_down)
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
    pen.sheet.image.paste(patch, (left, top), mask)


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


def brow_curve(face: FaceShape, mood: Mood, side: int) -> Points:
    """One brow, from its inner to its outer end."""
    y = -face.brow_height
    inner = (face.eye_gap - 0.27 - mood.brow_together, y + 0.035 - mood.brow_inner_up)
    middle = (
        face.eye_gap + 0.02,
        y - face.brow_arch - (mood.brow_inner_up + mood.brow_outer_up) / 2,
    )
    slant = 0.006 * face.eye_slant
    outer = (face.eye_gap + 0.31, y + 0.055 - slant - mood.brow_outer_up)
    return smooth([inner, middle, outer], steps=8) * (side, 1.0)


def paint_brows(pen: Pen, person: Person, mood: Mood, hair: RGB) -> None:
    """Both brows, thick inside and thin outside, with a few hairs."""
    face = person.face
    colour = mix(hair, person.traits.skin, 0.12)
    for side in (-1, 1):
        curve = brow_curve(face, mood, side)
        thick = face.brow_weight * 1.5
        pen.stroke(curve, thick, colour, 0.75, 0.2)
        hair_run = np.array([(0.0, thick * 0.45), (side * 0.045, -thick * 0.5)])
        hairs = [point + hair_run for point in curve[:-4:2]]
        pen.lines(hairs, 0.012, [mix(colour, LASH, 0.35)] * len(hairs))


def shade_nose(pen: Pen, field: Image.Image, person: Person, shot: Shot, mood: Mood) -> None:
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
        pen.soft_line(field, edge, 0.06, dark, strength, 0.035)
        pen.soft(
            field,
            ellipse(side * half * 0.8 + lean, end - 0.05, half * 0.34, 0.085),
            dark,
            0.4 + 0.3 * strength,
            0.03,
        )
    bridge = smooth([(0.0, -0.1), (lean * 0.5, 0.2), (lean, end - 0.16)])
    pen.soft_line(field, bridge, 0.055, bright, 0.55, 0.03)
    bulb = half * (0.32 + 0.3 * face.nose_bulb)
    pen.soft(field, ellipse(lean, end - 0.1, bulb, 0.1), mix(skin, dark, 0.25), 0.5, 0.035)
    pen.soft(field, ellipse(lean, end - 0.13, bulb * 0.55, 0.06), bright, 0.75, 0.03)
    pen.soft(field, ellipse(lean, end + 0.045, half * 0.95, 0.04), dark, 0.75, 0.03)
    for y in (-0.06, 0.02):
        for side in (-1, 1):
            wrinkle = smooth([(side * 0.04, y), (side * 0.15, y - 0.06)], steps=4)
            pen.soft_line(field, wrinkle, 0.02, dark, 0.9 * mood.nose_wrinkle, 0.012)


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


@dataclass(frozen=True)
class Mouth:
    """Four curves from the left to the right corner: the lips' outer and inner edges."""

    top: Points
    inner_top: Points
    inner_bottom: Points
    bottom: Points
    gape: float


def mouth_of(face: FaceShape, mood: Mood) -> Mouth:
    """The shape of the mouth in that mood."""
    t = np.linspace(-1.0, 1.0, 25)
    arch = 1.0 - t * t
    open_arch = arch ** (1.0 - 0.5 * mood.roundness)
    half = face.mouth_width + mood.stretch
    x = t * half
    corner = face.mouth_corner + mood.corner_up
    line = mouth_line(face) + 0.5 * corner - corner * np.abs(t) ** 1.7
    lip = max(0.028, face.lip) * (1.0 - 0.3 * min(1.0, mood.gape * 4.0))
    inner_top = line - (0.3 * mood.gape + mood.upper_lip_up) * open_arch
    inner_bottom = line + mood.gape * open_arch
    cupid = 1.0 - 0.28 * np.exp(-((t / 0.16) ** 2)) + 0.1 * np.exp(-(((abs(t) - 0.3) / 0.2) ** 2))
    top = inner_top - lip * arch**0.8 * cupid
    bottom = inner_bottom + 1.3 * lip * arch**0.6
    edges = [np.stack([x, y], axis=1) for y in (top, inner_top, inner_bottom, bottom)]
    return Mouth(edges[0], edges[1], edges[2], edges[3], mood.gape)


def paint_mouth(pen: Pen, person: Person, mood: Mood) -> None:
    """Lips, and what shows between them."""
    mouth, lips = mouth_of(person.face, mood), person.traits.lips
    deep = mix(lips, (46, 8, 14), 0.72)
    upper = np.concatenate([mouth.top, mouth.inner_top[::-1]])
    lower = np.concatenate([mouth.inner_bottom, mouth.bottom[::-1]])
    field = pen.sheet.field(lips)
    shine = mouth.bottom * (0.5, 0.55) + mouth.inner_bottom * (0.0, 0.45)
    pen.soft_line(field, shine, 0.035, mix(lips, (255, 236, 226), 0.6), 0.6, 0.02)
    pen.soft_line(field, mouth.bottom, 0.03, mix(lips, (60, 20, 24), 0.4), 0.6, 0.02)
    if mouth.gape > 0.005:
        _inside(pen, mouth, person.face, mood, deep)
    pen.fill(upper, mix(lips, (70, 14, 24), 0.22))
    pen.fill(lower, field)
    if mouth.gape <= 0.005:
        pen.stroke(mouth.inner_top, 0.026, deep, 0.5, 0.5)
    for corner in (0, -1):
        x, y = mouth.inner_top[corner].tolist()
        pen.fill(ellipse(x, y, 0.02, 0.02, 10), deep)


def _inside(pen: Pen, mouth: Mouth, face: FaceShape, mood: Mood, deep: RGB) -> None:
    """The dark of the mouth, tongue and teeth."""
    hollow = np.concatenate([mouth.inner_top, mouth.inner_bottom[::-1]])
    pen.fill(hollow, mix(deep, (20, 4, 8), 0.5))
    room = mouth.inner_bottom - mouth.inner_top
    tooth: RGB = (250, 246, 238)
    if mood.teeth:
        full = 0.11 + face.teeth
        height = np.minimum(room[:, 1], full if mood.teeth < 2 else 9.0)
        edge = mouth.inner_top + np.stack([0 * height, height], axis=1)
        pen.fill(np.concatenate([mouth.inner_top[2:-2], edge[2:-2][::-1]]), tooth)
        gaps = [np.stack([mouth.inner_top[i], edge[i]]) for i in range(5, 20, 2)]
        pen.lines(gaps, 0.008, [(214, 204, 198)] * len(gaps))
        if mood.teeth > 1:
            pen.stroke((mouth.inner_top + mouth.inner_bottom)[2:-2] / 2, 0.014, (150, 110, 108))
    else:
        rise = np.sin(np.linspace(0.0, np.pi, 19)) * 0.4 * mouth.gape
        floor = mouth.inner_bottom[3:-3]
        tongue = floor - np.stack([0 * rise, rise], axis=1)
        pen.fill(np.concatenate([tongue, floor[::-1]]), (172, 74, 80))
