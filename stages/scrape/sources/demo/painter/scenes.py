"""Whole pictures without people."""

import random

import numpy as np
from PIL import Image, ImageDraw

from stages.scrape.sources.demo.painter.backdrops import (
    Painter,
    draw_bricks,
    draw_city,
    draw_hills,
    draw_room,
    gradient,
)
from stages.scrape.sources.demo.painter.colours import from_hsv, mix
from stages.scrape.sources.demo.painter.curves import smooth
from stages.scrape.sources.demo.painter.seeding import seeded_random


def _landscape(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    """Sky, sun, mountains, hills and trees, or the sea."""
    draw_hills(draw, width, height, rng)
    x, y, radius = rng.uniform(0.1, 0.9) * width, 0.16 * height, 0.06 * width
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 190))
    if rng.random() < 0.4:
        gradient(draw, (0, round(0.62 * height), width, height), (96, 160, 190), (24, 76, 112))
        for _ in range(40):
            x, y = rng.uniform(0, width), rng.uniform(0.64, 1.0) * height
            draw.line((x, y, x + width * 0.08, y), fill=(170, 206, 220), width=2)
        return
    for _ in range(rng.randrange(4, 14)):
        x, y = rng.uniform(0, width), rng.uniform(0.62, 0.95) * height
        tall = (y / height) ** 2 * 0.3 * height
        leaf = from_hsv(rng.uniform(0.22, 0.4), 0.5, rng.uniform(0.25, 0.5))
        draw.rectangle((x - tall * 0.05, y - tall * 0.2, x + tall * 0.05, y), fill=(84, 58, 40))
        for level in range(3):
            half, base = tall * (0.32 - 0.07 * level), y - tall * (0.15 + 0.25 * level)
            draw.polygon(
                [(x - half, base), (x + half, base), (x, base - tall * 0.4)],
                fill=mix(leaf, (255, 255, 220), 0.07 * level),
            )


def _still_life(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    """A vase, fruit and books on a table."""
    turn = rng.random()
    gradient(draw, (0, 0, width, height), from_hsv(turn, 0.2, 0.75), from_hsv(turn, 0.25, 0.55))
    table = round(rng.uniform(0.62, 0.72) * height)
    gradient(draw, (0, table, width, height), (150, 104, 66), (96, 62, 38))
    x = rng.uniform(0.2, 0.4) * width
    clay = from_hsv(rng.random(), 0.5, 0.6)
    for step in range(rng.randrange(4, 12)):
        angle, long = rng.uniform(-0.9, 0.9), rng.uniform(0.12, 0.28)
        tip = (x + np.sin(angle) * long * width, table - (0.28 + long * np.cos(angle)) * height)
        draw.line((x, table - 0.2 * height, *tip), fill=(60, 110, 60), width=max(1, width // 90))
        r = rng.uniform(0.02, 0.045) * width
        draw.polygon(
            [
                (tip[0] - r, tip[1]),
                (tip[0], tip[1] - r),
                (tip[0] + r, tip[1]),
                (tip[0], tip[1] + r),
            ],
            fill=from_hsv(turn + 0.3 + 0.03 * step, 0.6, 0.9),
        )
    half = 0.09 * width
    vase = smooth(
        [
            (x - half * 0.5, table - 0.24 * height),
            (x - half, table - 0.1 * height),
            (x - half * 0.6, table + 0.05 * height),
            (x + half * 0.6, table + 0.05 * height),
            (x + half, table - 0.1 * height),
            (x + half * 0.5, table - 0.24 * height),
        ]
    )
    draw.polygon(list(map(tuple, vase.tolist())), fill=clay)
    x, y = rng.uniform(0.52, 0.6) * width, table + 0.08 * height
    for _ in range(rng.randrange(2, 6)):
        thick, wide = rng.uniform(0.03, 0.06) * height, rng.uniform(0.26, 0.36) * width
        draw.rectangle((x, y - thick, x + wide, y), fill=from_hsv(rng.random(), 0.5, 0.55))
        draw.line((x + wide * 0.1, y - thick, x + wide * 0.1, y), fill=(230, 214, 170), width=2)
        y -= thick
    x, r = rng.uniform(0.1, 0.75) * width, 0.06 * width
    y = table + 0.2 * height
    fruit = from_hsv(rng.choice((0.0, 0.08, 0.15, 0.27)), 0.75, 0.8)
    for step in range(8):
        inner = r * (1 - step / 9)
        tone = mix(mix(fruit, (0, 0, 0), 0.3), fruit, step / 7)
        draw.ellipse((x - inner, y - inner - 0.05 * step * r, x + inner, y + inner), fill=tone)


SCENES: tuple[Painter, ...] = (
    _landscape,
    _still_life,
    draw_city,
    draw_hills,
    draw_room,
    draw_bricks,
)


def draw_scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture with nobody in it."""
    rng = seeded_random("scene", seed)
    painter = rng.choice(SCENES[:2] * 2 + SCENES[2:])
    # The backdrops' bricks and windows are meant for a quarter of the picture's size.
    scale = 2.0 if painter in SCENES[:2] else 0.5
    width, height = round(size[0] * scale), round(size[1] * scale)
    image = Image.new("RGB", (width, height))
    painter(ImageDraw.Draw(image), width, height, rng)
    return image.resize(size, Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.BOX)
