"""Sheets and annotated pictures."""

import numpy as np
import pytest

from stages.evaluate import gallery

PICTURE = np.full((100, 300, 3), 80, np.uint8)


def test_a_sheet_has_a_row_per_name() -> None:
    tile = gallery.Thumbnail(
        np.full((32, 32, 3), 200, np.uint8), "truth", "→ answer that is too long"
    )
    page = gallery.sheet("title", {"age": [tile] * 4, "gender": []})
    assert page.size == (110 + 4 * 104, 40 + 2 * 134)
    assert page.getpixel((110 + 48, 40 + 48)) == (200, 200, 200)


def test_a_sheet_of_nothing() -> None:
    assert gallery.sheet("title", {}).size == (110 + 3 * 104, 40 + 134)


@pytest.mark.parametrize(
    ("x", "width", "widened"),
    [(10, 40, False), (250, 40, False), (10, 280, True)],
    ids=["right of the box", "left of it", "right of the picture"],
)
def test_a_caption_never_covers_its_face(x: int, width: int, widened: bool) -> None:
    page = gallery.annotate(PICTURE, [(x, 20, width, 50)], [["age 33", "gender female"]])
    assert page.height == 100
    assert (page.width > 300) == widened
    inside = np.asarray(page)[30:60, x + 5 : x + width - 5]
    assert (inside == 80).all()
