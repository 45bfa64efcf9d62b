"""The shape of a face: what its animal, gender and race make of the plain one.

Lengths are in half face widths: the face runs from x = -1 to 1, the eyes lie on y = 0, y grows
downwards.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True)
class FaceShape:
    """The shape of a face."""

    width: float = 1.0
    length: float = 1.32  # from the eyes to the chin
    jaw: float = 0.45  # 0 pointed to 1 square
    chin: float = 0.24
    cheek: float = 0.0  # fullness
    eye_size: float = 0.205
    eye_open: float = 0.58  # height over width
    eye_slant: float = 2.0  # degrees, outer corners up
    eye_gap: float = 0.455
    lid: float = 0.0  # how heavy the upper lid hangs
    brow_weight: float = 0.055
    brow_height: float = 0.30
    brow_arch: float = 0.06
    nose_length: float = 0.48
    nose_width: float = 0.24
    nose_bulb: float = 0.5
    mouth_width: float = 0.36
    lip: float = 0.075
    mouth_corner: float = 0.01
    teeth: float = 0.0
    blush: float = 0.15
    ear: float = 1.0


def _shape(**changes: float) -> Mapping[str, float]:
    return MappingProxyType(changes)


# What makes a face read as an animal's, as differences from the plain face.
ANIMALS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "bear": _shape(
            width=0.06,
            length=-0.06,
            jaw=0.15,
            chin=0.06,
            cheek=0.07,
            eye_size=-0.04,
            eye_open=0.06,
            nose_width=0.05,
            nose_bulb=0.35,
            brow_weight=0.018,
            ear=0.12,
            mouth_width=-0.02,
        ),
        "cat": _shape(
            eye_slant=10,
            eye_size=0.025,
            chin=-0.05,
            jaw=-0.15,
            length=-0.04,
            nose_width=-0.028,
            nose_length=-0.03,
            mouth_corner=0.05,
            mouth_width=-0.04,
            brow_arch=0.04,
        ),
        "deer": _shape(
            eye_size=0.04,
            eye_open=0.12,
            eye_gap=0.035,
            length=0.06,
            width=-0.05,
            nose_width=-0.035,
            jaw=-0.2,
            brow_height=0.04,
            lip=0.01,
            ear=0.08,
        ),
        "dinosaur": _shape(
            jaw=0.45,
            chin=0.1,
            mouth_width=0.1,
            brow_weight=0.015,
            brow_height=-0.05,
            eye_gap=0.02,
            eye_size=-0.02,
            nose_width=0.03,
            lip=-0.012,
            length=0.05,
            cheek=-0.02,
        ),
        "dog": _shape(
            eye_slant=-10,
            eye_open=0.1,
            eye_size=0.012,
            nose_width=0.03,
            nose_bulb=0.45,
            mouth_width=0.04,
            brow_arch=-0.02,
            cheek=0.02,
            mouth_corner=0.02,
        ),
        "fox": _shape(
            eye_slant=11,
            eye_open=-0.14,
            chin=-0.09,
            jaw=-0.35,
            nose_length=0.06,
            nose_width=-0.032,
            width=-0.05,
            cheek=-0.05,
            brow_arch=0.03,
        ),
        "hamster": _shape(
            cheek=0.15,
            width=0.05,
            length=-0.15,
            eye_gap=-0.035,
            mouth_width=-0.09,
            nose_length=-0.09,
            nose_width=-0.03,
            eye_open=0.12,
            blush=0.25,
        ),
        "horse": _shape(
            length=0.2,
            nose_length=0.14,
            width=-0.08,
            teeth=0.05,
            jaw=0.15,
            chin=0.03,
            mouth_width=0.03,
            eye_open=-0.04,
            lip=0.012,
            nose_width=0.02,
        ),
        "rabbit": _shape(
            eye_size=0.03,
            eye_open=0.2,
            teeth=0.05,
            mouth_width=-0.08,
            cheek=0.06,
            nose_width=-0.034,
            nose_length=-0.07,
            blush=0.25,
            chin=-0.05,
            jaw=-0.1,
            length=-0.05,
            ear=0.06,
        ),
        "turtle": _shape(
            eye_gap=0.055,
            lid=0.22,
            mouth_width=0.09,
            lip=-0.02,
            nose_length=-0.06,
            chin=-0.03,
            cheek=0.05,
            eye_slant=-5,
            jaw=-0.15,
            brow_height=0.05,
            brow_weight=-0.012,
        ),
        "wolf": _shape(
            eye_slant=6,
            eye_open=-0.15,
            brow_weight=0.02,
            brow_height=-0.075,
            jaw=0.25,
            cheek=-0.06,
            length=0.06,
            nose_length=0.03,
            brow_arch=0.02,
            mouth_width=0.02,
        ),
    }
)
GENDER_SHAPES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "female": _shape(
            width=-0.03,
            jaw=-0.15,
            chin=-0.03,
            eye_size=0.018,
            eye_open=0.05,
            brow_weight=-0.018,
            brow_height=0.03,
            brow_arch=0.03,
            nose_width=-0.02,
            lip=0.018,
            blush=0.12,
            ear=-0.1,
            length=-0.03,
        ),
        "male": _shape(jaw=0.15, chin=0.03, brow_weight=0.01, nose_width=0.012, lip=-0.008),
    }
)
RACE_SHAPES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "asian": _shape(eye_open=-0.06, eye_slant=2, nose_width=0.005, brow_height=0.02),
        "black": _shape(lip=0.025, nose_width=0.035, nose_bulb=0.1),
        "indian": _shape(brow_weight=0.006, eye_open=0.03, lip=0.006),
    }
)
# How far two people of a kind differ: small beside an animal's own difference.
SPREAD = _shape(
    width=0.025,
    length=0.03,
    jaw=0.08,
    chin=0.02,
    cheek=0.018,
    eye_size=0.008,
    eye_open=0.035,
    eye_slant=2.0,
    eye_gap=0.012,
    brow_weight=0.008,
    brow_height=0.018,
    brow_arch=0.02,
    nose_length=0.022,
    nose_width=0.014,
    nose_bulb=0.12,
    mouth_width=0.02,
    lip=0.01,
    mouth_corner=0.008,
    blush=0.06,
    ear=0.06,
)


def draw_face_shape(rng: random.Random, gender: str, race: str, look_alike: str) -> FaceShape:
    """A face of that kind, with a little of its own in every measure."""
    kinds = (ANIMALS[look_alike], GENDER_SHAPES[gender], RACE_SHAPES.get(race, {}))
    values: dict[str, float] = {}
    for field in fields(FaceShape):
        own = max(-2.0, min(2.0, rng.gauss(0.0, 1.0))) * SPREAD.get(field.name, 0.0)
        plain = float(getattr(FaceShape, field.name))
        values[field.name] = plain + own + sum(kind.get(field.name, 0.0) for kind in kinds)
    return FaceShape(**values)
