"""The painter: same pixels every time, faces that a detector finds where we say they are."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from statistics import median

import numpy as np
import pytest

from stages.crop.detectors import onnx
from stages.scrape.sources.demo.painter.person import invent_person
from stages.scrape.sources.demo.painter.portrait import face_box, paint_portrait, paint_scene
from stages.scrape.sources.demo.painter.shot import compose_shot
from stages.scrape.sources.demo.painter.vocabulary import EXPRESSIONS, LOOK_ALIKES, RACES
from tests.project import ROOT

PRINT_PIXELS = """
import hashlib
from stages.scrape.sources.demo.painter.portrait import paint_portrait, paint_scene
from stages.scrape.sources.demo.painter.person import invent_person
from stages.scrape.sources.demo.painter.shot import compose_shot
who = invent_person("ada", {})
pixels = paint_portrait(who, compose_shot(who, 3)).tobytes() + paint_scene(5, (90, 70)).tobytes()
print(hashlib.sha256(pixels).hexdigest())
"""


def test_another_process_paints_the_same_pixels() -> None:
    who = invent_person("ada", {})
    pixels = (
        paint_portrait(who, compose_shot(who, 3)).tobytes() + paint_scene(5, (90, 70)).tobytes()
    )
    other = subprocess.run(
        [sys.executable, "-c", PRINT_PIXELS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == hashlib.sha256(pixels).hexdigest()


def test_earlier_pictures_leave_no_trace() -> None:
    who = invent_person("ada", {})
    first = paint_portrait(who, compose_shot(who, 0)).tobytes()
    paint_portrait(invent_person("bob", {}), compose_shot(invent_person("bob", {}), 1))
    assert paint_portrait(who, compose_shot(who, 0)).tobytes() == first


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_pictures_have_the_size_asked_for(look_alike: str) -> None:
    who = invent_person("ada", {"look_alike": look_alike, "gender": "male"})
    taken = replace(compose_shot(who, 1), wearing_hat=True, eyeglasses=True, no_beard=False)
    picture = paint_portrait(who, taken)
    assert picture.mode == "RGB"
    assert picture.size == (taken.width, taken.height)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_box_lies_in_the_picture(expression: str) -> None:
    for number in range(20):
        who = invent_person(f"star-{number}", {})
        taken = replace(compose_shot(who, number), expression=expression)
        x, y, width, height = face_box(who, taken)
        assert min(x, y) >= 0
        assert x + width <= taken.width
        assert y + height <= taken.height


def test_what_a_shot_says_can_be_seen() -> None:
    who = invent_person("ada", {"gender": "male"})
    who = replace(who, traits=replace(who.traits, beard="full"))
    plain = replace(
        compose_shot(who, 0),
        expression="neutral",
        eyeglasses=False,
        wearing_hat=False,
        no_beard=True,
    )
    before = np.asarray(paint_portrait(who, plain), dtype=np.int16)
    for change in (
        {"eyeglasses": True},
        {"wearing_hat": True},
        {"no_beard": False},
        {"expression": "surprise"},
        {"age": plain.age + 40},
    ):
        after = np.asarray(paint_portrait(who, replace(plain, **change)), dtype=np.int16)
        assert np.count_nonzero(np.abs(after - before).max(axis=2) > 25) > 100, change


def test_scenes_differ() -> None:
    assert len({paint_scene(seed, (60, 50)).tobytes() for seed in range(12)}) == 12
    assert paint_scene(0, (60, 50)).size == (60, 50)


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union of two x, y, width, height boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


@pytest.mark.slow
def test_mtcnn_finds_the_one_face_where_it_is() -> None:
    detect, overlaps, pictures = onnx.load(20), [], 0
    for number in range(40):
        who = invent_person(f"face-{number}", {"race": RACES[number % len(RACES)]})
        for index in range(5):
            taken = compose_shot(who, index)
            faces = detect(np.asarray(paint_portrait(who, taken)))
            pictures += 1
            if len(faces) == 1 and faces[0].confidence >= 0.95:
                overlaps.append(overlap(faces[0].box, face_box(who, taken)))
    assert len(overlaps) >= 0.98 * pictures
    assert median(overlaps) >= 0.75


@pytest.mark.slow
def test_mtcnn_finds_nobody_in_scenes() -> None:
    detect = onnx.load(20)
    scenes = [np.asarray(paint_scene(seed, (240, 240))) for seed in range(60)]
    empty = sum(not detect(picture) for picture in scenes)
    assert empty >= 0.95 * len(scenes)
