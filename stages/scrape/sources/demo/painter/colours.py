"""Colours as red, green and blue in 0..255."""

import colorsys

RGB = tuple[int, int, int]


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The colour `share` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def from_hsv(turn: float, saturation: float, value: float) -> RGB:
    """The colour at that turn of the colour wheel; all in 0..1."""
    red, green, blue = colorsys.hsv_to_rgb(turn % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)
