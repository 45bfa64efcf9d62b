"""Paint a picture of an invented person, and say where the face is in it."""

import numpy as np
from PIL import Image, ImageFilter

from stages.scrape.sources.demo.painter.beard import paint_beard, shade_stubble
from stages.scrape.sources.demo.painter.canvas import Pen, Pose, Sheet
from stages.scrape.sources.demo.painter.clothes import paint_clothes
from stages.scrape.sources.demo.painter.features import (
    paint_brows,
    paint_eyes,
    paint_mouth,
    paint_nostrils,
    shade_nose,
)
from stages.scrape.sources.demo.painter.hair import (
    hair_colour,
    hair_field,
    paint_hair_behind,
    paint_hair_front,
)
from stages.scrape.sources.demo.painter.head import outline, paint_ears, paint_neck, skin_field
from stages.scrape.sources.demo.painter.moods import Mood, mood_of
from stages.scrape.sources.demo.painter.person import Person, Shot
from stages.scrape.sources.demo.painter.scenery import backdrop, empty_scene
from stages.scrape.sources.demo.painter.wear import paint_glasses, paint_hat

SCENE_GRAIN = 3.0
# A portrait lens is a little soft; edges harder than a photograph's mislead detectors.
LENS_BLUR = 0.024  # of half a face width

FADE = 0.12  # prints never reach full black or white
FOREHEAD = -0.93  # where the detector's frame begins


def paint(person: Person, shot: Shot) -> Image.Image:
    """The picture, RGB, (shot.width, shot.height); the same pixels every time."""
    sheet = Sheet(backdrop(shot))
    mood = mood_of(shot)
    head, body = Pen(sheet, head_pose(shot)), Pen(sheet, body_pose(shot))
    hair = hair_field(head, hair_colour(person, shot), shot)
    paint_hair_behind(head, person, shot, hair)
    paint_neck(body, person, shot)
    paint_clothes(body, person, shot)
    _paint_face(head, person, shot, mood)
    paint_hair_front(head, person, shot, hair)
    if shot.eyeglasses:
        paint_glasses(head, person)
    if shot.wearing_hat:
        paint_hat(head, person, shot)
    lens = ImageFilter.GaussianBlur(LENS_BLUR * head.pose.unit)
    return filmed(sheet.finished().filter(lens), shot.grain, shot.warmth, shot.seed)


def _paint_face(pen: Pen, person: Person, shot: Shot, mood: Mood) -> None:
    colour = hair_colour(person, shot)
    skin = skin_field(pen, person, shot, mood)
    shade_nose(pen, skin, person, shot, mood)
    shade_stubble(pen, skin, person, shot, mood, colour)
    paint_ears(pen, skin, person)
    pen.fill(outline(person.face, mood, shot.age), skin)
    paint_beard(pen, person, shot, mood, colour)
    paint_nostrils(pen, person)
    paint_mouth(pen, person, mood)
    paint_eyes(pen, person, shot, mood)
    paint_brows(pen, person, mood, colour)


def head_pose(shot: Shot) -> Pose:
    """Where the head is: its origin lies between the eyes."""
    unit = shot.width * shot.scale / 2.0
    x, y = shot.centre[0] * shot.width, shot.centre[1] * shot.height
    return Pose(x, y, unit, shot.tilt, shot.yaw, shot.pitch)


def body_pose(shot: Shot) -> Pose:
    """Neck and shoulders follow the head's tilt less than halfway, and do not turn."""
    head = head_pose(shot)
    return Pose(head.x, head.y, head.unit, 0.45 * shot.tilt)


def face_box(person: Person, shot: Shot) -> tuple[int, int, int, int]:
    """x, y, width, height in pixels, framed as MTCNN frames: forehead to chin, cheek to cheek."""
    face, mood, pose = person.face, mood_of(shot), head_pose(shot)
    chin = face.length + mood.chin_drop
    top, bottom, half = FOREHEAD, 1.04 * chin, 0.895
    ((x, y),) = Pose(pose.x, pose.y, pose.unit, pose.tilt, 0.5 * pose.yaw, 0.5 * pose.pitch).place(
        [(0.0, (top + bottom) / 2.0)]
    )
    width, height = 2.0 * half * pose.unit, (bottom - top) * pose.unit
    return round(x - width / 2), round(y - height / 2), round(width), round(height)


def scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of `size` (width, height) with no face in it."""
    return filmed(empty_scene(seed, size), SCENE_GRAIN, 0.0, seed)


def filmed(image: Image.Image, grain: float, warmth: float, seed: int) -> Image.Image:
    """The picture as a camera would give it: tinted by the light, with grain."""
    noise = np.random.Generator(np.random.PCG64(seed))
    speckle = noise.standard_normal((image.height, image.width, 1), dtype=np.float32) * grain
    tint = np.array([1.0 + 0.04 * warmth, 1.0, 1.0 - 0.05 * warmth], dtype=np.float32)
    pixels = np.asarray(image, dtype=np.float32) * (tint * (1.0 - FADE)) + (FADE * 116.0 + speckle)
    return Image.fromarray(np.clip(pixels, 0.0, 255.0).astype(np.uint8))
