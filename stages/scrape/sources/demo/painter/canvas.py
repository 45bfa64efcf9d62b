"""The canvas, and a pen that knows the head's pose: soft and hard paint.

Soft paint goes on a layer, a picture at final size, where blurring is cheap; hard edges are cut
at OVERSAMPLE times that size and reduced at the end, which smooths them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.colours import RGB
from stages.scrape.sources.demo.painter.curves import Points, ribbon
from stages.scrape.sources.demo.painter.pose import Pose

OVERSAMPLE = 3
# How much deeper than written all soft shading goes: detectors look for relief.
RELIEF = 1.45


class Canvas:
    """The picture being painted, OVERSAMPLE times too large."""

    def __init__(self, background: Image.Image) -> None:
        self.size = background.size
        large = (self.size[0] * OVERSAMPLE, self.size[1] * OVERSAMPLE)
        self.image = background.resize(large, Image.Resampling.BILINEAR)
        self.draw = ImageDraw.Draw(self.image)

    def layer(self, colour: RGB) -> Image.Image:
        """A layer of one colour for soft paint, at final size."""
        return Image.new("RGB", self.size, colour)

    def finished(self) -> Image.Image:
        """The picture at final size."""
        return self.image.reduce(OVERSAMPLE)


@dataclass(frozen=True)
class Pen:
    """Paints shapes given in face units."""

    canvas: Canvas
    pose: Pose

    def fill(self, points: ArrayLike, paint: RGB | Image.Image) -> None:
        """Fill a polygon with a colour or with what a layer shows there."""
        corners = self.pose.place(points)
        if isinstance(paint, tuple):
            self.canvas.draw.polygon((corners * OVERSAMPLE).ravel().tolist(), fill=paint)
        else:
            self._fill_from(corners, paint)

    def _fill_from(self, corners: Points, layer: Image.Image) -> None:
        box = _box(corners, 1.0, self.canvas.size)
        if box is None:
            return
        left, top, right, bottom = box
        size = ((right - left) * OVERSAMPLE, (bottom - top) * OVERSAMPLE)
        mask = Image.new("L", size)
        outline = (corners - (left, top)) * OVERSAMPLE
        ImageDraw.Draw(mask).polygon(outline.ravel().tolist(), fill=255)
        patch = layer.resize(size, Image.Resampling.BILINEAR, box=box)
        self.canvas.image.paste(patch, (left * OVERSAMPLE, top * OVERSAMPLE), mask)

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
            self.canvas.draw.line(corners.ravel().tolist(), fill=colour, width=pixels)

    def soft(
        self, layer: Image.Image, points: ArrayLike, colour: RGB, strength: float, blur: float
    ) -> None:
        """A polygon on a layer with its edge blurred by `blur` face units, `strength` in 0..1."""
        corners = self.pose.place(points)
        radius = max(0.6, blur * self.pose.unit)
        box = _box(corners, 2.5 * radius, self.canvas.size)
        if box is None or strength <= 0.01:
            return
        left, top, right, bottom = box
        mask = Image.new("L", (right - left, bottom - top))
        outline = (corners - (left, top)).ravel().tolist()
        ImageDraw.Draw(mask).polygon(outline, fill=round(255 * min(1.0, RELIEF * strength)))
        layer.paste(colour, (left, top), mask.filter(ImageFilter.GaussianBlur(radius)))

    def soft_line(
        self,
        layer: Image.Image,
        curve: ArrayLike,
        width: float,
        colour: RGB,
        strength: float,
        blur: float = 0.02,
    ) -> None:
        """A soft tapering line on a layer; thin ones keep their strength when blurred."""
        points = np.asarray(curve, dtype=np.float64)
        wide = max(width, 1.6 / self.pose.unit)
        self.soft(layer, ribbon(points, wide), colour, strength, blur)


def _box(corners: Points, margin: float, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The whole pixels around the corners that lie in the picture, or None."""
    left, top = np.floor(corners.min(axis=0) - margin).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0) + margin).astype(int).tolist()
    box = (max(0, left), max(0, top), min(size[0], right), min(size[1], bottom))
    return box if box[0] < box[2] and box[1] < box[3] else None
