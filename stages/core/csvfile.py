"""CSV files that people keep by hand: read whole, refused with the file and line of a mistake."""

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

from stages.core.program import InputError
from stages.core.texts import composed

# An identity names files and folders, so nothing that could leave one.
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
Row = dict[str, str]


def read_csv(path: Path) -> tuple[list[str], list[tuple[str, Row]]]:
    """The columns, and every row, stripped, with its place as `file:line`.

    What spreadsheets leave is passed over: empty rows, and empty cells in columns without a name.
    Letters are composed (Unicode NFC), so that a name is the same in every file.

    Raises `InputError` for a missing file, another encoding than UTF-8, broken quotes, a duplicate
    column, and a row with more or fewer values than the header has columns.
    """
    lines = _lines(path)
    if not lines:
        return [], []
    _, header = lines[0]
    columns = [name for name in header if name]
    if len(set(columns)) != len(columns):
        raise InputError(f"{path}:1: duplicate column in {columns}")
    rows = [(where, _row(where, header, values)) for where, values in lines[1:] if any(values)]
    return columns, rows


def _lines(path: Path) -> list[tuple[str, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    reader = csv.reader(io.StringIO(composed(text), newline=""), strict=True)
    try:
        lines = [(f"{path}:{reader.line_num}", [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: {error}") from None
    return [line for line in lines if any(line[1])]


def _row(where: str, header: list[str], values: list[str]) -> Row:
    """The values by column; those beyond the columns that have a name must be empty."""
    width = max((place for place, name in enumerate(header, start=1) if name), default=0)
    extra = [value for name, value in zip(header, values, strict=False) if not name and value]
    if len(values) < width or extra or any(values[len(header) :]):
        count = sum(1 for name in header if name)
        raise InputError(f"{where}: expected {count} values, found {len(values)}")
    return {name: value for name, value in zip(header, values, strict=False) if name}


def require_columns(path: Path, columns: Collection[str], required: Collection[str]) -> None:
    """`InputError` when a required column is missing."""
    for column in required:
        if column not in columns:
            raise InputError(f"{path}:1: column {column} is missing; the header has {columns}")


def check_columns(
    path: Path, columns: Collection[str], required: Collection[str], allowed: Collection[str]
) -> None:
    """`InputError` when a required column is missing or another is not allowed."""
    require_columns(path, columns, required)
    for column in columns:
        if column not in allowed:
            raise InputError(f"{path}:1: column {column!r} is unknown; allowed: {sorted(allowed)}")


def shorten(text: str) -> str:
    """A value as an error message shows it: quoted, cut to 60 characters."""
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def check_slug(where: str, identity: str) -> None:
    """`InputError` unless the identity may name a file."""
    if not SLUG.fullmatch(identity):
        allowed = "a-z, 0-9, - and _, 64 at most, no - or _ at an end"
        raise InputError(f"{where}: identity = {shorten(identity)}: allowed are {allowed}")
