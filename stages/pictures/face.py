"""A face in a picture."""

from dataclasses import dataclass

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
