"""Where a face is cut out of a picture, and the cut itself: boxes, squares, turns, sizes."""

import math

import cv2
import numpy as np

from stages.pictures.decoder import Pixels
from stages.pictures.face import Box, Face

Square = tuple[int, int, int, int]  # x0, y0, x1, y1 with x1 - x0 == y1 - y0; may leave the picture


def expand_box(box: Box, margin: float, bounds: tuple[int, int]) -> Square:
    """The square, in whole pixels, of side max(w, h) · (1 + 2 · margin) round the box's centre.

    box: x, y, width, height; what lies outside the picture is cut off first.
    bounds: width and height of the picture, pixels.
    The square stays centred and may run over the border, where `cut` repeats the edge: a face is
    then in the same place of every crop (as in IMDB-WIKI, Rothe et al. 2015).
    Raises ValueError when the margin is so negative that nothing is left.
    """
    if margin <= -0.5:
        raise ValueError(f"margin {margin} must be greater than -0.5")
    x, y, width, height = box
    left, right = (min(max(value, 0), bounds[0] - 1) for value in (x, x + width))
    top, bottom = (min(max(value, 0), bounds[1] - 1) for value in (y, y + height))
    side = max(1, round(max(right - left, bottom - top) * (1 + 2 * margin)))
    return square_round((left + right) / 2, (top + bottom) / 2, side)


def square_round(x: float, y: float, side: int) -> Square:
    """The square, in whole pixels, round a middle."""
    x0, y0 = math.floor(x - side / 2 + 0.5), math.floor(y - side / 2 + 0.5)
    return x0, y0, x0 + side, y0 + side


def crop_face(image: Pixels, face: Face, margin: float, size: int, align: bool) -> Pixels:
    """Crop a face to (size, size, 3) uint8, with `margin` times the box on every side.

    align: turn the picture round the middle of the square so that the eyes are level.
    What lies outside the picture repeats its edge.
    """
    around = expand_box(face.box, margin, (image.shape[1], image.shape[0]))
    return resize(cut_upright(image, around, tilt(face)) if align else cut(image, around), size)


def crop_whole(image: Pixels, margin: float, size: int) -> Pixels:
    """The whole picture as a square of (size, size, 3) uint8, its edges repeated where it is short.

    margin: of the longer side, on every side; below 0 that much is cut off. Greater than -0.5.
    """
    height, width = image.shape[:2]
    side = max(1, round(max(height, width) * (1 + 2 * margin)))
    return resize(cut(image, square_round(width / 2, height / 2, side)), size)


def resize(pixels: Pixels, size: int) -> Pixels:
    """A square picture at another size."""
    shrinks = pixels.shape[0] > size
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=how), dtype=np.uint8)


def tilt(face: Face) -> float:
    """Angle of the line from the left to the right eye, degrees, clockwise in the picture."""
    (left_x, left_y), (right_x, right_y) = face.keypoints[:2]
    return math.degrees(math.atan2(right_y - left_y, right_x - left_x))


def cut(image: Pixels, square: Square) -> Pixels:
    """Cut a square out of a picture, repeating the edge where it runs over the border."""
    x0, y0, x1, y1 = square
    height, width = image.shape[:2]
    inside = image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
    over = (max(-y0, 0), max(y1 - height, 0), max(-x0, 0), max(x1 - width, 0))
    if not any(over):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, *over, cv2.BORDER_REPLICATE), dtype=np.uint8)


def cut_upright(image: Pixels, square: Square, degrees: float) -> Pixels:
    """Cut a square after turning the picture round the square's middle, anticlockwise.

    Only the surroundings are turned: warpAffine refuses pictures of 32,768 pixels or more, and
    shrinking is left to an area filter afterwards, which warpAffine does not have.
    """
    x0, y0, x1, y1 = square
    side = x1 - x0
    reach = math.ceil(side * 0.21)  # (√2 - 1) / 2: how far the turned square's corners stick out
    around = cut(image, (x0 - reach, y0 - reach, x1 + reach, y1 + reach))
    middle = reach + (side - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    turn[:, 2] -= reach
    turned = cv2.warpAffine(
        around, turn, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, dtype=np.uint8)
