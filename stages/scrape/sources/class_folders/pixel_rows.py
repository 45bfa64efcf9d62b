"""FER2013's CSV of pixel strings (Goodfellow et al. 2013) as files, one a row.

Columns `emotion`, `pixels` (48×48 grey values) and, mostly, `Usage`. A row is a line, so the file
is never in memory; a line's bytes give the same PNG everywhere, and so the same `image_id`.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image

from stages.core.program import InputError
from stages.pictures.decoder import Rejected
from stages.scrape.datasets.codes import FER2013_EXPRESSIONS, FER2013_SPLITS
from stages.scrape.datasets.member import Member

SIDE = 48
LINE_BYTES = 20_000  # 2,304 values of at most four characters, and the rest


class PixelRow(NamedTuple):
    """A row that makes sense: an expression of `LABELS`, a split or nothing."""

    expression: str
    split: str
    pixels: bytes


class PixelRows:
    """The rows of a CSV file, named after it and their line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.columns = self._header(file.readline(LINE_BYTES))
            start = file.tell()
            self.offsets = dict(self._offsets(file, start))

    def members(self) -> list[Member]:
        """Every row, in the order of the file."""
        return [Member(name, SIDE * SIDE) for name in self.offsets]

    def folders(self) -> set[str]:
        """None: a row is in no folder."""
        return set()

    def read(self, name: str) -> bytes:
        """The row's picture as PNG; `Rejected` as `malformed_row` or `label_out_of_range`."""
        return encode(self.row(name).pixels)

    def row(self, name: str) -> PixelRow:
        """The row itself; `Rejected` likewise."""
        with self.path.open("rb") as file:
            file.seek(self.offsets[name])
            line = file.readline(LINE_BYTES)
        return parse(self.columns, line)

    def _header(self, line: bytes) -> list[str]:
        columns = [name.strip().lower() for name in _values(line.lstrip(b"\xef\xbb\xbf"))]
        for name in ("emotion", "pixels"):
            if columns.count(name) != 1:
                raise InputError(
                    f"{self.path}:1: FER2013's columns are emotion, pixels, Usage; "
                    f"the header has {columns[:5]}"
                )
        return columns

    def _offsets(self, file: BinaryIO, start: int) -> Iterator[tuple[str, int]]:
        offset, number, continues = start, 2, False
        while line := file.readline(LINE_BYTES):
            if line.strip() and not continues:
                yield f"{self.path.name}/{number:08d}", offset
            continues = not line.endswith(b"\n")  # of a line that is too long
            number += not continues
            offset += len(line)


def parse(columns: list[str], line: bytes) -> PixelRow:
    """A line of the file; `Rejected` as `malformed_row` or `label_out_of_range`."""
    values = _values(line)
    if len(values) != len(columns):
        raise Rejected("malformed_row", f"{len(values)} values for {len(columns)} columns")
    fields = dict(zip(columns, values, strict=True))
    if fields["emotion"] not in FER2013_EXPRESSIONS:
        raise Rejected("label_out_of_range", f"emotion {fields['emotion'][:20]}")
    try:
        pixels = bytes(map(int, fields["pixels"].split()))
    except ValueError:
        raise Rejected("malformed_row", "a pixel is no number from 0 to 255") from None
    if len(pixels) != SIDE * SIDE:
        raise Rejected("malformed_row", f"{len(pixels)} pixels, not {SIDE}×{SIDE}")
    split = FER2013_SPLITS.get(fields.get("usage", ""), "")
    return PixelRow(FER2013_EXPRESSIONS[fields["emotion"]], split, pixels)


def encode(pixels: bytes) -> bytes:
    """A square of grey values as PNG; not compressed, so that no library's version matters."""
    stream = io.BytesIO()
    picture = Image.frombytes("L", (SIDE, SIDE), pixels)
    picture.save(stream, "PNG", compress_level=0)
    return stream.getvalue()


def _values(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode("utf-8", "replace").rstrip("\r\n")]), [])
    except csv.Error:  # quotes that do not end, a NUL
        return []
