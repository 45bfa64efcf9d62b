"""What the camera and the print do to a picture."""

import numpy as np
from PIL import Image

FADE = 0.12  # prints never reach full black or white


def apply_film(image: Image.Image, grain: float, warmth: float, seed: int) -> Image.Image:
    """The picture as a camera would give it: tinted by the light, with grain."""
    noise = np.random.Generator(np.random.PCG64(seed))
    speckle = noise.standard_normal((image.height, image.width, 1), dtype=np.float32) * grain
    tint = np.array([1.0 + 0.04 * warmth, 1.0, 1.0 - 0.05 * warmth], dtype=np.float32)
    pixels = np.asarray(image, dtype=np.float32) * (tint * (1.0 - FADE)) + (FADE * 116.0 + speckle)
    return Image.fromarray(np.clip(pixels, 0.0, 255.0).astype(np.uint8))
