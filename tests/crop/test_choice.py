"""Which faces a policy keeps, and why none is left."""

from typing import Any

import pytest

from stages.crop.choice import choose
from stages.pictures.face import Box, Face

POINTS = ((30.0, 40.0), (70.0, 40.0), (50.0, 60.0), (35.0, 80.0), (65.0, 80.0))


def face(box: Box = (20, 20, 60, 60), confidence: float = 0.99) -> Face:
    return Face(box, POINTS, confidence)


SMALL, LARGE, UNSURE = face((0, 0, 10, 30)), face((50, 50, 40, 40)), face(confidence=0.5)


@pytest.mark.parametrize(
    ("faces", "policy", "kept", "reason"),
    [
        ([], "all", [], "no_face"),
        ([UNSURE], "all", [], "low_confidence"),
        ([UNSURE, SMALL], "all", [], "too_small"),
        ([LARGE, face()], "single", [], "many_faces"),
        ([LARGE, SMALL, UNSURE], "single", [LARGE], None),
        ([LARGE, face(), SMALL], "largest", [face()], None),
        ([LARGE, face((5, 5, 40, 40))], "largest", [LARGE], None),
        ([LARGE, face(), SMALL, UNSURE], "all", [LARGE, face()], None),
    ],
)
def test_choose(faces: list[Face], policy: Any, kept: list[Face], reason: str | None) -> None:
    assert choose(faces, policy, min_confidence=0.9, min_size=20) == (kept, reason)


def test_choose_names_the_policies() -> None:
    with pytest.raises(ValueError, match="'biggest' is not one of single, largest, all"):
        choose([LARGE], "biggest", 0.9, 20)  # type: ignore[arg-type]
