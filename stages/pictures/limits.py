"""What a picture may be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """max_pixels: in all. min_side: pixels of the shorter side."""

    max_pixels: int
    min_side: int = 1
