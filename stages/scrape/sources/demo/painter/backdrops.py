"""Out-of-focus backgrounds behind people."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from stages.scrape.sources.demo.painter.colours import RGB, from_hsv, mix
from stages.scrape.sources.demo.painter.curves import smooth
from stages.scrape.sources.demo.painter.seeding import seeded_random
from stages.scrape.sources.demo.painter.shot import Shot

Painter = Callable[[ImageDraw.ImageDraw, int, int, random.Random], None]


def draw_backdrop(shot: Shot) -> Image.Image:
    """The out-of-focus background of a shot, at its size."""
    rng = seeded_random("backdrop", shot.seed)
    # Out of focus, so a quarter of the size is enough.
    width, height = shot.width // 4 + 2, shot.height // 4 + 2
    image = Image.new("RGB", (width, height))
    BACKDROPS[shot.backdrop](ImageDraw.Draw(image), width, height, rng)
    soft = image.filter(ImageFilter.GaussianBlur(1.6))
    return soft.resize((shot.width, shot.height), Image.Resampling.BICUBIC)


def gradient(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], top: RGB, bottom: RGB
) -> None:
    """Rows from one colour to another."""
    left, upper, right, lower = box
    for y in range(upper, lower):
        draw.line((left, y, right, y), fill=mix(top, bottom, (y - upper) / max(1, lower - upper)))


def _studio(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    base = from_hsv(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.4, 0.8))
    draw.rectangle((0, 0, width, height), fill=mix(base, (0, 0, 0), 0.4))
    x, y = width * rng.uniform(0.3, 0.7), height * 0.45
    for step in range(14):
        radius = width * (1.15 - 0.08 * step)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=mix(mix(base, (0, 0, 0), 0.4), mix(base, (255, 255, 255), 0.3), step / 13),
        )


def _bokeh(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    turn = rng.random()
    gradient(
        draw, (0, 0, width, height), from_hsv(turn, 0.5, 0.25), from_hsv(turn + 0.1, 0.5, 0.12)
    )
    for _ in range(16):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        radius = rng.uniform(2, 6)
        lamp = from_hsv(rng.choice((0.1, 0.12, turn + 0.5)), 0.5, rng.uniform(0.4, 0.8))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=lamp)


def draw_hills(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    top = from_hsv(rng.uniform(0.52, 0.64), 0.45, 0.9)
    gradient(draw, (0, 0, width, height), top, (232, 226, 210))
    for layer in range(3):
        level = height * (0.45 + 0.17 * layer)
        knots = [(width * k / 5, level + rng.uniform(-0.09, 0.09) * height) for k in range(6)]
        ridge = [*map(tuple, smooth(knots).tolist()), (width, height), (0, height)]
        tint = from_hsv(rng.uniform(0.24, 0.36), 0.4, 0.62 - 0.13 * layer)
        draw.polygon(ridge, fill=mix(tint, top, 0.4 - 0.18 * layer))


def draw_room(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    wall = from_hsv(rng.uniform(0.05, 0.16), rng.uniform(0.1, 0.35), rng.uniform(0.5, 0.85))
    gradient(draw, (0, 0, width, height), mix(wall, (255, 255, 255), 0.15), wall)
    for shelf in range(4):
        y = height * (0.12 + 0.22 * shelf)
        draw.line((0, y, width, y), fill=mix(wall, (60, 36, 20), 0.7), width=2)
        x = rng.uniform(0, 4)
        while x < width:
            thick, tall = rng.uniform(2, 5), rng.uniform(0.09, 0.17) * height
            draw.rectangle(
                (x, y - tall, x + thick, y - 1),
                fill=from_hsv(rng.random(), 0.45, rng.uniform(0.3, 0.7)),
            )
            x += thick + (rng.uniform(4, 14) if rng.random() < 0.3 else 0.6)


def _stage(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    turn = rng.random()
    gradient(draw, (0, 0, width, height), from_hsv(turn, 0.6, 0.14), from_hsv(turn, 0.5, 0.28))
    for _ in range(4):
        x, spread = rng.uniform(0, width), rng.uniform(6, 14)
        foot = x + rng.uniform(-0.5, 0.5) * width
        beam = from_hsv(turn + rng.uniform(-0.15, 0.3), 0.55, rng.uniform(0.4, 0.65))
        draw.polygon(
            [(x - 1, 0), (x + 1, 0), (foot + spread, height), (foot - spread, height)], fill=beam
        )


def draw_bricks(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    base = from_hsv(rng.choice((0.03, 0.06, 0.6)), rng.uniform(0.2, 0.5), 0.6)
    draw.rectangle((0, 0, width, height), fill=mix(base, (230, 226, 220), 0.5))
    for row in range(height // 5 + 1):
        for column in range(-1, width // 11 + 2):
            x, y = column * 11 + (row % 2) * 5.5, row * 5
            shade = mix(base, (0, 0, 0), rng.uniform(0.0, 0.3))
            draw.rectangle((x, y, x + 9.6, y + 3.8), fill=shade)


def draw_city(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> None:
    dusk = rng.random() < 0.5
    top, low = ((58, 62, 120), (240, 170, 120)) if dusk else ((130, 176, 224), (226, 232, 236))
    gradient(draw, (0, 0, width, height), top, low)
    x = -2.0
    while x < width:
        wide, tall = rng.uniform(6, 14), rng.uniform(0.25, 0.7) * height
        wall = mix(from_hsv(rng.uniform(0.55, 0.7), 0.25, 0.4), low, rng.uniform(0.1, 0.5))
        draw.rectangle((x, height - tall, x + wide, height), fill=wall)
        for _ in range(10):
            wx, wy = x + rng.uniform(1, wide - 1), height - rng.uniform(0, tall - 2)
            draw.rectangle(
                (wx, wy, wx + 1, wy + 1),
                fill=(250, 222, 150) if dusk else mix(wall, (255, 255, 255), 0.3),
            )
        x += wide


BACKDROPS: dict[str, Painter] = {
    "studio": _studio,
    "bokeh": _bokeh,
    "hills": draw_hills,
    "room": draw_room,
    "stage": _stage,
    "bricks": draw_bricks,
    "city": draw_city,
}
