"""Glasses and hats."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.canvas import OVERSAMPLE, Pen
from stages.scrape.sources.demo.painter.colours import RGB, from_hsv, mix
from stages.scrape.sources.demo.painter.curves import Points, ellipse, smooth
from stages.scrape.sources.demo.painter.person import Person
from stages.scrape.sources.demo.painter.shot import Shot


def paint_glasses(pen: Pen, person: Person) -> None:
    """Frames before the eyes, with a faint glare; the eyes stay visible."""
    style, colour = person.traits.glasses, person.traits.glasses_colour
    gap, width = person.face.eye_gap, person.face.width
    rx = min(0.35, gap - 0.06)
    ry = {"round": rx * 0.96, "square": rx * 0.78, "cat": rx * 0.82}[style]
    angle = np.linspace(0.0, 2.0 * np.pi, 40)
    power = 1.0 if style == "round" else 0.55
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    if style == "cat":
        y = y - 0.4 * np.clip(x, 0.0, 1.0) * np.clip(-y, 0.0, 1.0)
    lens = np.stack([gap + rx * x, 0.02 + ry * y], axis=1)
    for side in (-1, 1):
        rim = lens * (side, 1.0)
        _glare(pen, rim, side)
        pen.stroke(rim, 0.055, colour, 1.0, 1.0)
        pen.stroke([(side * (gap + rx), -0.06), (side * width, -0.1)], 0.05, colour, 1.0, 1.0)
    bridge = smooth([(rx - gap, -0.02), (0.0, -0.1), (gap - rx, -0.02)])
    pen.stroke(bridge, 0.05, colour, 1.0, 1.0)


def _glare(pen: Pen, rim: Points, side: int) -> None:
    """A slanting streak of light over a lens."""
    x = float(rim[:, 0].mean())
    streak = np.array([(x - 0.2, 0.22), (x - 0.1, 0.26), (x + 0.14, -0.2), (x + 0.02, -0.22)])
    corners = pen.pose.place(streak) * OVERSAMPLE
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).polygon((corners - (left, top)).ravel().tolist(), fill=34)
    mask = mask.filter(ImageFilter.BoxBlur(2))
    pen.canvas.image.paste((255, 255, 255), (left, top), mask)


def paint_hat(pen: Pen, person: Person, shot: Shot) -> None:
    """A cap, a brimmed hat or a beanie, low enough to be worn and high enough to see the brows."""
    colour = from_hsv(shot.clothes_hue + 0.35, 0.45, 0.45 + 0.3 * (shot.seed % 7) / 7)
    dark, light = mix(colour, (0, 0, 0), 0.4), mix(colour, (255, 250, 240), 0.35)
    layer = pen.canvas.layer(colour)
    lean = 0.5 if shot.light < 90 else -0.5
    pen.soft(layer, ellipse(lean, -1.3, 0.4, 0.25), light, 0.6, 0.15)
    pen.soft(layer, ellipse(-1.9 * lean, -1.0, 0.35, 0.8), dark, 0.7, 0.18)
    wide = person.face.width + (0.04 if shot.hat == "cap" else 0.1)
    high = {"cap": -1.74, "brim": -1.95, "beanie": -1.8}[shot.hat]
    square = 0.72 if shot.hat == "brim" else 0.6
    dome = smooth(
        [
            (-wide, -0.74),
            (-0.97 * wide, -1.12),
            (-square * wide, high + 0.12),
            (0.0, high),
            (square * wide, high + 0.12),
            (0.97 * wide, -1.12),
            (wide, -0.74),
            (0.0, -0.88),
        ],
        closed=True,
    )
    pen.fill(dome, layer)
    paint_edge = {"cap": _cap_peak, "brim": _wide_brim, "beanie": _rolled_rim}[shot.hat]
    paint_edge(pen, layer, wide, dark, light)


def _cap_peak(pen: Pen, layer: Image.Image, wide: float, dark: RGB, light: RGB) -> None:
    for x in (-0.5, 0.0, 0.5):
        seam = smooth([(x * 0.3, -1.6), (x * 1.3, -1.3), (x * 1.5, -0.86)])
        pen.stroke(seam, 0.016, dark, 0.6, 0.6)
    peak = smooth(
        [
            (-0.86 * wide, -0.74),
            (-0.56, -0.98),
            (0.0, -1.05),
            (0.56, -0.98),
            (0.86 * wide, -0.74),
            (0.72, -0.58),
            (0.4, -0.56),
            (0.0, -0.57),
            (-0.4, -0.56),
            (-0.72, -0.58),
        ],
        closed=True,
    )
    pen.fill(peak, mix(dark, (0, 0, 0), 0.15))
    pen.stroke(smooth([(-0.5, -0.9), (0.0, -0.96), (0.5, -0.9)]), 0.03, mix(dark, light, 0.5))
    pen.stroke(peak[len(peak) // 2 :], 0.03, dark, 0.5, 0.5)
    pen.fill(ellipse(0.0, -1.24, 0.17, 0.13), light)


def _wide_brim(pen: Pen, layer: Image.Image, wide: float, dark: RGB, light: RGB) -> None:
    band = smooth(
        [(-wide, -0.84), (0.0, -0.98), (wide, -0.84), (wide, -1.06), (0.0, -1.2), (-wide, -1.06)],
        closed=True,
    )
    pen.fill(band, dark)
    brim = smooth(
        [
            (-1.75, -0.62),
            (-0.9, -0.92),
            (0.0, -1.0),
            (0.9, -0.92),
            (1.75, -0.62),
            (0.9, -0.68),
            (0.0, -0.66),
            (-0.9, -0.68),
        ],
        closed=True,
    )
    pen.fill(brim, layer)
    pen.stroke(brim[len(brim) // 2 :], 0.035, dark, 0.4, 0.4)


def _rolled_rim(pen: Pen, layer: Image.Image, wide: float, dark: RGB, light: RGB) -> None:
    rim = smooth(
        [
            (-wide - 0.03, -0.62),
            (0.0, -0.78),
            (wide + 0.03, -0.62),
            (wide + 0.02, -0.98),
            (0.0, -1.14),
            (-wide - 0.02, -0.98),
        ],
        closed=True,
    )
    pen.fill(rim, mix(light, dark, 0.35))
    x = np.linspace(-0.95, 0.95, 17) * wide
    ribs = [
        np.array([(v, -0.78 + 0.15 * (v / wide) ** 2), (v, -1.12 + 0.15 * (v / wide) ** 2)])
        for v in x
    ]
    pen.lines(ribs, 0.02, [mix(dark, light, 0.15)] * len(ribs))
    pen.fill(ellipse(0.0, -1.84, 0.17, 0.15), light)
