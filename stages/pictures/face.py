"""What a detector gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Keypoints = tuple[Point, Point, Point, Point, Point]


@dataclass(frozen=True)
class Face:
    """One detected face; all coordinates in pixels of the picture, not rounded.

    box: x, y, width, height, cut to the picture (0 ≤ x ≤ x + width ≤ picture width - 1).
    keypoints: left eye, right eye, nose, left and right corner of the mouth, each (x, y), named
        from the viewer's side. They may lie outside the picture.
    confidence: probability of a face, 0 to 1.
    """

    box: Box
    keypoints: Keypoints
    confidence: float


# (H, W, 3) uint8 RGB -> its faces, the most confident first.
Detector = Callable[[npt.NDArray[np.uint8]], list[Face]]


def faces_from_rows(rows: npt.NDArray[Any], height: int, width: int) -> list[Face]:
    """Make faces of MTCNN's rows, in their order.

    rows: (n, 15): x1, y1, x2, y2, confidence, 5 × keypoint x, 5 × keypoint y.
    """
    limits = [width - 1, height - 1, width - 1, height - 1]
    corners = np.clip(rows[:, :4], 0, limits).tolist()
    faces = []
    for (x1, y1, x2, y2), row in zip(corners, rows.tolist(), strict=True):
        left_eye, right_eye, nose, left, right = zip(row[5:10], row[10:15], strict=True)
        keypoints = (left_eye, right_eye, nose, left, right)
        faces.append(Face((x1, y1, x2 - x1, y2 - y1), keypoints, confidence=row[4]))
    return faces
