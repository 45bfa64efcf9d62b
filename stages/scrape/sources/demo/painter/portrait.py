"""Paint a picture of an invented person, and say where the face is in it."""

from PIL import Image, ImageFilter

from stages.scrape.sources.demo.painter.accessories import paint_glasses, paint_hat
from stages.scrape.sources.demo.painter.backdrops import draw_backdrop
from stages.scrape.sources.demo.painter.beard import paint_beard, shade_stubble
from stages.scrape.sources.demo.painter.canvas import Canvas, Pen
from stages.scrape.sources.demo.painter.clothes import paint_clothes
from stages.scrape.sources.demo.painter.expressions import ExpressionShape, expression_shape
from stages.scrape.sources.demo.painter.eyes import paint_brows, paint_eyes
from stages.scrape.sources.demo.painter.film import apply_film
from stages.scrape.sources.demo.painter.hair import (
    hair_colour,
    hair_layer,
    paint_hair_behind,
    paint_hair_front,
)
from stages.scrape.sources.demo.painter.head import outline, paint_ears, paint_neck
from stages.scrape.sources.demo.painter.mouth import paint_mouth
from stages.scrape.sources.demo.painter.nose import paint_nostrils, shade_nose
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.pose import Pose, body_pose, head_pose
from stages.scrape.sources.demo.painter.scenes import draw_scene
from stages.scrape.sources.demo.painter.shot import Shot
from stages.scrape.sources.demo.painter.skin import skin_layer

SCENE_GRAIN = 3.0
# A portrait lens is a little soft; edges harder than a photograph's mislead detectors.
LENS_BLUR = 0.024  # of half a face width
FOREHEAD = -0.93  # where the detector's frame begins


def paint_portrait(person: Person, shot: Shot) -> Image.Image:
    """The picture, RGB, (shot.width, shot.height); the same pixels every time."""
    canvas = Canvas(draw_backdrop(shot))
    expression = expression_shape(shot)
    head, body = Pen(canvas, head_pose(shot)), Pen(canvas, body_pose(shot))
    hair = hair_layer(head, hair_colour(person, shot), shot)
    paint_hair_behind(head, person, shot, hair)
    paint_neck(body, person, shot)
    paint_clothes(body, person, shot)
    _paint_face(head, person, shot, expression)
    paint_hair_front(head, person, shot, hair)
    if shot.eyeglasses:
        paint_glasses(head, person)
    if shot.wearing_hat:
        paint_hat(head, person, shot)
    lens = ImageFilter.GaussianBlur(LENS_BLUR * head.pose.unit)
    return apply_film(canvas.finished().filter(lens), shot.grain, shot.warmth, shot.seed)


def _paint_face(pen: Pen, person: Person, shot: Shot, expression: ExpressionShape) -> None:
    colour = hair_colour(person, shot)
    skin = skin_layer(pen, person, shot, expression)
    shade_nose(pen, skin, person, shot, expression)
    shade_stubble(pen, skin, person, shot, expression, colour)
    paint_ears(pen, skin, person)
    pen.fill(outline(person.face, expression, shot.age), skin)
    paint_beard(pen, person, shot, expression, colour)
    paint_nostrils(pen, person)
    paint_mouth(pen, person, expression)
    paint_eyes(pen, person, shot, expression)
    paint_brows(pen, person, expression, colour)


def face_box(person: Person, shot: Shot) -> tuple[int, int, int, int]:
    """x, y, width, height in pixels, framed as MTCNN frames: forehead to chin, cheek to cheek."""
    face, expression, pose = person.face, expression_shape(shot), head_pose(shot)
    chin = face.length + expression.chin_drop
    top, bottom, half = FOREHEAD, 1.04 * chin, 0.895
    ((x, y),) = Pose(pose.x, pose.y, pose.unit, pose.tilt, 0.5 * pose.yaw, 0.5 * pose.pitch).place(
        [(0.0, (top + bottom) / 2.0)]
    )
    width, height = 2.0 * half * pose.unit, (bottom - top) * pose.unit
    return round(x - width / 2), round(y - height / 2), round(width), round(height)


def paint_scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture of `size` (width, height) with no face in it."""
    return apply_film(draw_scene(seed, size), SCENE_GRAIN, 0.0, seed)
