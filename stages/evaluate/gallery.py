"""Sheets of faces with captions, and boxes with captions on a picture."""

import functools
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]  # (H, W, 3) RGB

FACE = 96  # side of a face on a sheet, pixels
CAPTION = 30  # height of the two lines under it
TITLE = 110  # width of the rows' titles
INK, PAPER, QUIET = (30, 30, 30), (255, 255, 255), (120, 120, 120)
MARK = (0, 170, 90)


@dataclass(frozen=True)
class Thumbnail:
    """A face (H, W, 3) uint8 and the two lines under it."""

    face: Pixels
    first: str
    second: str


def sheet(title: str, rows: dict[str, list[Thumbnail]]) -> Image.Image:
    """A contact sheet: a row of tiles under each name, the title on top."""
    width = TITLE + max([len(tiles) for tiles in rows.values()] + [3]) * (FACE + 8)
    height = 40 + max(1, len(rows)) * (FACE + CAPTION + 8)
    page = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((10, 10), title, INK, _font(16))
    for place, (name, tiles) in enumerate(rows.items()):
        top = 40 + place * (FACE + CAPTION + 8)
        draw.text((10, top + FACE // 2 - 8), name, INK, _font(14))
        if not tiles:
            draw.text((TITLE, top + FACE // 2 - 8), "no mistake", QUIET, _font(14))
        for column, tile in enumerate(tiles):
            left = TITLE + column * (FACE + 8)
            face = Image.fromarray(tile.face).resize((FACE, FACE), Image.Resampling.BICUBIC)
            page.paste(face, (left, top))
            draw.text((left, top + FACE + 1), _fit(tile.first, FACE, 11), INK, _font(11))
            draw.text((left, top + FACE + 15), _fit(tile.second, FACE, 11), QUIET, _font(11))
    return page


def annotate(
    picture: Pixels, boxes: list[tuple[float, float, float, float]], captions: list[list[str]]
) -> Image.Image:
    """The picture with each box (x, y, width, height, pixels) drawn and its lines beside it.

    Where a caption fits on neither side of its box, the page is widened for it.
    """
    letters = max(12, round(min(picture.shape[:2]) / 40))
    font = _font(letters)
    texts = ["\n".join(lines) for lines in captions]
    ruler = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    sizes = [ruler.multiline_textbbox((0, 0), text, font, spacing=2)[2:] for text in texts]
    height, width = picture.shape[:2]
    lefts = [_beside(box, wide + 8, width) for box, (wide, _) in zip(boxes, sizes, strict=True)]
    ends = [left + wide + 8 for left, (wide, _) in zip(lefts, sizes, strict=True)]
    page = Image.new("RGB", (round(max([width, *ends])), height), PAPER)
    page.paste(Image.fromarray(picture))
    draw = ImageDraw.Draw(page)
    for (x, y, across, down), text, left, (wide, high) in zip(
        boxes, texts, lefts, sizes, strict=True
    ):
        draw.rectangle((x, y, x + across, y + down), outline=MARK, width=max(2, letters // 6))
        top = max(0, min(y, height - high - 8))
        draw.rectangle((left, top, left + wide + 8, top + high + 8), fill=PAPER)
        draw.multiline_text((left + 4, top + 3), text, INK, font, spacing=2)
    return page


def _beside(box: tuple[float, float, float, float], wide: float, page: int) -> float:
    """Where a caption begins: right of its box, left of it, or else right of the picture."""
    x, _, across, _ = box
    if x + across + 4 + wide <= page:
        return x + across + 4
    return x - 4 - wide if x - 4 - wide >= 0 else page


@functools.cache
def _font(letters: int) -> ImageFont.FreeTypeFont:
    # Pillow's own font has neither → nor ±.
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), letters)


def _fit(text: str, width: int, letters: int) -> str:
    """The text, cut with two dots where it would be wider than so many pixels."""
    font = _font(letters)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "..") > width:
        text = text[:-1]
    return text + ".."
