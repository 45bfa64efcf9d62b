"""Some faces of the dataset as one small picture."""

import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from PIL import Image

from stages.formats import parquet

COLUMNS, ROWS, SIDE = 12, 5, 64  # faces across and down, pixels of each
QUALITY = 80  # of the JPEG; about 100 kB


def draw(files: Iterable[Path]) -> bytes | None:
    """A JPEG of the first faces of Parquet shards; None when they hold none.

    Reads no further than it shows.
    """
    faces = [*islice(parquet.faces(files), COLUMNS * ROWS)]
    if not faces:
        return None
    rows = -(-len(faces) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * SIDE, rows * SIDE), "white")
    for number, data in enumerate(faces):
        with Image.open(io.BytesIO(data)) as face:
            small = face.convert("RGB").resize((SIDE, SIDE))
        sheet.paste(small, (number % COLUMNS * SIDE, number // COLUMNS * SIDE))
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
