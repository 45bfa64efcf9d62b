"""Backgrounds behind people, and whole pictures without any."""

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.canvas import smooth
from stages.scrape.sources.demo.painter.looks import RGB, hue, mix
from stages.scrape.sources.demo.painter.person import Shot, seeded

Painter = Callable[[ImageDraw.ImageDraw, int, int, random.Random], None]


def backdrop(shot: Shot) -> Image.Image:
    """The out-of-focus background of a shot, at its size."""
    chance = seeded("backdrop", shot.seed)
    # Out of focus, so a quarter of the size is enough.
    width, height = shot.width // 4 + 2, shot.height // 4 + 2
    image = Image.new("RGB", (width, height))
    BACKDROPS[shot.backdrop](ImageDraw.Draw(image), width, height, chance)
    soft = image.filter(ImageFilter.GaussianBlur(1.6))
    return soft.resize((shot.width, shot.height), Image.Resampling.BICUBIC)


def gradient(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], top: RGB, bottom: RGB
) -> None:
    """Rows from one colour to another."""
    left, upper, right, lower = box
    for y in range(upper, lower):
        draw.line((left, y, right, y), fill=mix(top, bottom, (y - upper) / max(1, lower - upper)))


def _studio(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    base = hue(chance.random(), chance.uniform(0.05, 0.5), chance.uniform(0.4, 0.8))
    draw.rectangle((0, 0, width, height), fill=mix(base, (0, 0, 0), 0.4))
    x, y = width * chance.uniform(0.3, 0.7), height * 0.45
    for step in range(14):
        radius = width * (1.15 - 0.08 * step)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=mix(mix(base, (0, 0, 0), 0.4), mix(base, (255, 255, 255), 0.3), step / 13),
        )


def _bokeh(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    turn = chance.random()
    gradient(draw, (0, 0, width, height), hue(turn, 0.5, 0.25), hue(turn + 0.1, 0.5, 0.12))
    for _ in range(16):
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        radius = chance.uniform(2, 6)
        lamp = hue(chance.choice((0.1, 0.12, turn + 0.5)), 0.5, chance.uniform(0.4, 0.8))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=lamp)


def _hills(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    top = hue(chance.uniform(0.52, 0.64), 0.45, 0.9)
    gradient(draw, (0, 0, width, height), top, (232, 226, 210))
    for layer in range(3):
        level = height * (0.45 + 0.17 * layer)
        knots = [(width * k / 5, level + chance.uniform(-0.09, 0.09) * height) for k in range(6)]
        ridge = [*map(tuple, smooth(knots).tolist()), (width, height), (0, height)]
        tint = hue(chance.uniform(0.24, 0.36), 0.4, 0.62 - 0.13 * layer)
        draw.polygon(ridge, fill=mix(tint, top, 0.4 - 0.18 * layer))


def _room(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    wall = hue(chance.uniform(0.05, 0.16), chance.uniform(0.1, 0.35), chance.uniform(0.5, 0.85))
    gradient(draw, (0, 0, width, height), mix(wall, (255, 255, 255), 0.15), wall)
    for shelf in range(4):
        y = height * (0.12 + 0.22 * shelf)
        draw.line((0, y, width, y), fill=mix(wall, (60, 36, 20), 0.7), width=2)
        x = chance.uniform(0, 4)
        while x < width:
            thick, tall = chance.uniform(2, 5), chance.uniform(0.09, 0.17) * height
            draw.rectangle(
                (x, y - tall, x + thick, y - 1),
                fill=hue(chance.random(), 0.45, chance.uniform(0.3, 0.7)),
            )
            x += thick + (chance.uniform(4, 14) if chance.random() < 0.3 else 0.6)


def _stage(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    turn = chance.random()
    gradient(draw, (0, 0, width, height), hue(turn, 0.6, 0.14), hue(turn, 0.5, 0.28))
    for _ in range(4):
        x, spread = chance.uniform(0, width), chance.uniform(6, 14)
        foot = x + chance.uniform(-0.5, 0.5) * width
        beam = hue(turn + chance.uniform(-0.15, 0.3), 0.55, chance.uniform(0.4, 0.65))
        draw.polygon(
            [(x - 1, 0), (x + 1, 0), (foot + spread, height), (foot - spread, height)], fill=beam
        )


def _bricks(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    base = hue(chance.choice((0.03, 0.06, 0.6)), chance.uniform(0.2, 0.5), 0.6)
    draw.rectangle((0, 0, width, height), fill=mix(base, (230, 226, 220), 0.5))
    for row in range(height // 5 + 1):
        for column in range(-1, width // 11 + 2):
            x, y = column * 11 + (row % 2) * 5.5, row * 5
            shade = mix(base, (0, 0, 0), chance.uniform(0.0, 0.3))
            draw.rectangle((x, y, x + 9.6, y + 3.8), fill=shade)


def _city(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    dusk = chance.random() < 0.5
    top, low = ((58, 62, 120), (240, 170, 120)) if dusk else ((130, 176, 224), (226, 232, 236))
    gradient(draw, (0, 0, width, height), top, low)
    x = -2.0
    while x < width:
        wide, tall = chance.uniform(6, 14), chance.uniform(0.25, 0.7) * height
        wall = mix(hue(chance.uniform(0.55, 0.7), 0.25, 0.4), low, chance.uniform(0.1, 0.5))
        draw.rectangle((x, height - tall, x + wide, height), fill=wall)
        for _ in range(10):
            wx, wy = x + chance.uniform(1, wide - 1), height - chance.uniform(0, tall - 2)
            draw.rectangle(
                (wx, wy, wx + 1, wy + 1),
                fill=(250, 222, 150) if dusk else mix(wall, (255, 255, 255), 0.3),
            )
        x += wide


BACKDROPS: dict[str, Painter] = {
    "studio": _studio,
    "bokeh": _bokeh,
    "hills": _hills,
    "room": _room,
    "stage": _stage,
    "bricks": _bricks,
    "city": _city,
}


def _landscape(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    """Sky, sun, mountains, hills and trees, or the sea."""
    _hills(draw, width, height, chance)
    x, y, radius = chance.uniform(0.1, 0.9) * width, 0.16 * height, 0.06 * width
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 190))
    if chance.random() < 0.4:
        gradient(draw, (0, round(0.62 * height), width, height), (96, 160, 190), (24, 76, 112))
        for _ in range(40):
            x, y = chance.uniform(0, width), chance.uniform(0.64, 1.0) * height
            draw.line((x, y, x + width * 0.08, y), fill=(170, 206, 220), width=2)
        return
    for _ in range(chance.randrange(4, 14)):
        x, y = chance.uniform(0, width), chance.uniform(0.62, 0.95) * height
        tall = (y / height) ** 2 * 0.3 * height
        leaf = hue(chance.uniform(0.22, 0.4), 0.5, chance.uniform(0.25, 0.5))
        draw.rectangle((x - tall * 0.05, y - tall * 0.2, x + tall * 0.05, y), fill=(84, 58, 40))
        for level in range(3):
            half, base = tall * (0.32 - 0.07 * level), y - tall * (0.15 + 0.25 * level)
            draw.polygon(
                [(x - half, base), (x + half, base), (x, base - tall * 0.4)],
                fill=mix(leaf, (255, 255, 220), 0.07 * level),
            )


def _still_life(draw: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random) -> None:
    """A vase, fruit and books on a table."""
    turn = chance.random()
    gradient(draw, (0, 0, width, height), hue(turn, 0.2, 0.75), hue(turn, 0.25, 0.55))
    table = round(chance.uniform(0.62, 0.72) * height)
    gradient(draw, (0, table, width, height), (150, 104, 66), (96, 62, 38))
    x = chance.uniform(0.2, 0.4) * width
    clay = hue(chance.random(), 0.5, 0.6)
    for step in range(chance.randrange(4, 12)):
        angle, long = chance.uniform(-0.9, 0.9), chance.uniform(0.12, 0.28)
        tip = (x + np.sin(angle) * long * width, table - (0.28 + long * np.cos(angle)) * height)
        draw.line((x, table - 0.2 * height, *tip), fill=(60, 110, 60), width=max(1, width // 90))
        r = chance.uniform(0.02, 0.045) * width
        draw.polygon(
            [
                (tip[0] - r, tip[1]),
                (tip[0], tip[1] - r),
                (tip[0] + r, tip[1]),
                (tip[0], tip[1] + r),
            ],
            fill=hue(turn + 0.3 + 0.03 * step, 0.6, 0.9),
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
    x, y = chance.uniform(0.52, 0.6) * width, table + 0.08 * height
    for _ in range(chance.randrange(2, 6)):
        thick, wide = chance.uniform(0.03, 0.06) * height, chance.uniform(0.26, 0.36) * width
        draw.rectangle((x, y - thick, x + wide, y), fill=hue(chance.random(), 0.5, 0.55))
        draw.line((x + wide * 0.1, y - thick, x + wide * 0.1, y), fill=(230, 214, 170), width=2)
        y -= thick
    x, r = chance.uniform(0.1, 0.75) * width, 0.06 * width
    y = table + 0.2 * height
    fruit = hue(chance.choice((0.0, 0.08, 0.15, 0.27)), 0.75, 0.8)
    for step in range(8):
        inner = r * (1 - step / 9)
        tone = mix(mix(fruit, (0, 0, 0), 0.3), fruit, step / 7)
        draw.ellipse((x - inner, y - inner - 0.05 * step * r, x + inner, y + inner), fill=tone)


SCENES: tuple[Painter, ...] = (_landscape, _still_life, _city, _hills, _room, _bricks)


def empty_scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """A picture with nobody in it."""
    chance = seeded("scene", seed)
    painter = chance.choice(SCENES[:2] * 2 + SCENES[2:])
    # The backdrops' bricks and windows are meant for a quarter of the picture's size.
    scale = 2.0 if painter in SCENES[:2] else 0.5
    width, height = round(size[0] * scale), round(size[1] * scale)
    image = Image.new("RGB", (width, height))
    painter(ImageDraw.Draw(image), width, height, chance)
    return image.resize(size, Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.BOX)
