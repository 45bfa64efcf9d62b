"""The drawing board: curves, a pen that knows the head's pose, soft and hard paint.

Soft paint goes on a field, a picture at final size, where blurring is cheap; hard edges are cut
at OVERSAMPLE times that size and reduced at the end, which smooths them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.looks import RGB

OVERSAMPLE = 3
# How much deeper than written all soft shading goes: detectors look for relief.
RELIEF = 1.45
Points = NDArray[np.float64]  # of shape (n, 2): x, y


@lru_cache(maxsize=8)
def _spline(steps: int) -> NDArray[np.float64]:
    """Catmull-Rom weights, of shape (steps, 4)."""
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2.0
    return np.asarray(np.hstack([t**0, t, t**2, t**3]) @ basis)


def smooth(points: ArrayLike, closed: bool = False, steps: int = 7) -> Points:
    """A curve through the points."""
    knots = np.asarray(points, dtype=np.float64)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    windows = np.stack([padded[i : len(padded) - 3 + i] for i in range(4)])  # (4, segments, 2)
    curve = np.einsum("sk,knd->nsd", _spline(steps), windows).reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


def ribbon(curve: Points, width: float, start: float = 0.0, end: float = 0.0) -> Points:
    """The outline of a stroke along the curve, `width` thick, its ends tapering to those shares."""
    t = np.linspace(0.0, 1.0, len(curve))
    full = np.sqrt(np.sin(np.pi * np.clip(t, 0.02, 0.98)))
    taper = np.maximum(full, np.where(t < 0.5, start, end))[:, None] * (width / 2.0)
    along = np.gradient(curve, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    return np.concatenate([curve + across * taper, (curve - across * taper)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, count: int = 28) -> Points:
    """An ellipse around (x, y)."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def mirror(points: ArrayLike) -> Points:
    """The points on the other side of the face."""
    return np.asarray(points, dtype=np.float64) * (-1.0, 1.0)


@dataclass(frozen=True)
class Pose:
    """Where face units lie in the picture: origin and unit in pixels, tilt in degrees."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0

    def place(self, points: ArrayLike) -> Points:
        """Face units to pixels: what lies nearer the viewer moves further when the head turns."""
        x, y = np.asarray(points, dtype=np.float64).reshape(-1, 2).T
        near = np.sqrt(np.clip(1.0 - 0.95 * x * x, 0.05, 1.0)) * np.clip(y + 1.4, 0.0, 1.0)
        x, y = x + self.yaw * near, y + self.pitch * near
        sine, cosine = math.sin(math.radians(self.tilt)), math.cos(math.radians(self.tilt))
        turned = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=1)
        return np.asarray(turned * self.unit + (self.x, self.y))


class Sheet:
    """The picture being painted, OVERSAMPLE times too large."""

    def __init__(self, background: Image.Image) -> None:
        self.size = background.size
        large = (self.size[0] * OVERSAMPLE, self.size[1] * OVERSAMPLE)
        self.image = background.resize(large, Image.Resampling.BILINEAR)
        self.draw = ImageDraw.Draw(self.image)

    def field(self, colour: RGB) -> Image.Image:
        """A field of one colour for soft paint, at final size."""
        return Image.new("RGB", self.size, colour)

    def finished(self) -> Image.Image:
        """The picture at final size."""
        return self.image.reduce(OVERSAMPLE)


@dataclass(frozen=True)
class Pen:
    """Paints shapes given in face units."""

    sheet: Sheet
    pose: Pose

    def fill(self, points: ArrayLike, paint: RGB | Image.Image) -> None:
        """Fill a polygon with a colour or with what a field shows there."""
        corners = self.pose.place(points)
        if isinstance(paint, tuple):
            self.sheet.draw.polygon((corners * OVERSAMPLE).ravel().tolist(), fill=paint)
        else:
            self._fill_from(corners, paint)

    def _fill_from(self, corners: Points, field: Image.Image) -> None:
        box = _box(corners, 1.0, self.sheet.size)
        if box is None:
            return
        left, top, right, bottom = box
        size = ((right - left) * OVERSAMPLE, (bottom - top) * OVERSAMPLE)
        mask = Image.new("L", size)
        outline = (corners - (left, top)) * OVERSAMPLE
        ImageDraw.Draw(mask).polygon(outline.ravel().tolist(), fill=255)
        patch = field.resize(size, Image.Resampling.BILINEAR, box=box)
        self.sheet.image.paste(patch, (left * OVERSAMPLE, top * OVERSAMPLE), mask)

    def stroke(
        self, curve: ArrayLike, width: float, colour: RGB, start: float = 0.0, end: float = 0.0
    ) -> None:
        """A tapering line along the curve."""
        self.fill(ribbon(np.asarray(curve, dtype=np.float64), width, start, end), colour)

    def lines(self, curves: Sequence[Points], width: float, colours: Sequence[RGB]) -> None:
        """Many thin lines: faster than strokes, no taper."""
        pixels = max(1, round(width * self.pose.unit * OVERSAMPLE))
        for curve, colour in zip(curves, colours, strict=True):
            corners = self.pose.place(curve) * OVERSAMPLE
            self.sheet.draw.line(corners.ravel().tolist(), fill=colour, width=pixels)

    def soft(
        self, field: Image.Image, points: ArrayLike, colour: RGB, strength: float, blur: float
    ) -> None:
        """A polygon on a field with its edge blurred by `blur` face units, `strength` in 0..1."""
        corners = self.pose.place(points)
        radius = max(0.6, blur * self.pose.unit)
        box = _box(corners, 2.5 * radius, self.sheet.size)
        if box is None or strength <= 0.01:
            return
        left, top, right, bottom = box
        mask = Image.new("L", (right - left, bottom - top))
        outline = (corners - (left, top)).ravel().tolist()
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * min(1.0, RELIEF * strength)))
        field.paste(colour, (left, top), mask.filter(ImageFilter.GaussianBlur(radius)))

    def soft_line(
        self,
        field: Image.Image,
        curve: ArrayLike,
        width: float,
        colour: RGB,
        strength: float,
        blur: float = 0.02,
    ) -> None:
        """A soft tapering line on a field; thin ones keep their strength when blurred."""
        points = np.asarray(curve, dtype=np.float64)
        wide = max(width, 1.6 / self.pose.unit)
        self.soft(field, ribbon(points, wide), colour, strength, blur)


def _box(corners: Points, margin: float, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The whole pixels around the corners that lie in the picture, or None."""
    left, top = np.floor(corners.min(axis=0) - margin).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0) + margin).astype(int).tolist()
    box = (max(0, left), max(0, top), min(size[0], right), min(size[1], bottom))
    return box if box[0] < box[2] and box[1] < box[3] else None
