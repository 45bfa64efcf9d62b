"""Faces from the output rows of MTCNN's last network."""

from typing import Any

import numpy as np
import numpy.typing as npt

from stages.pictures.face import Face


def faces_from_rows(rows: npt.NDArray[Any], height: int, width: int) -> list[Face]:
    """The faces of MTCNN's output rows, in their order.

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
