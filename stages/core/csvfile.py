"""CSV files that people keep by hand: read whole, refused with the file and line of a mistake."""

import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

from stages.core.program import InputError

# An identity names files and folders, so nothing that could leave one.
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
Row = dict[str, str]


def read_csv(path: Path) -> tuple[list[str], list[tuple[str, Row]]]:
    """The columns, and every row, stripped, with its place as `file:line`.

    Raises `InputError` for a missing file, another encoding than UTF-8, broken quotes, a column
    that stands twice, and a row with more or fewer values than the header has columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        rows = [(f"{path}:{reader.line_num}", row) for row in reader]
    except csv.Error as error:
        # The inner reader counts the lines of a row that it could not finish too.
        raise InputError(f"{path}:{reader.reader.line_num}: {error}") from None
    if len(set(columns)) != len(columns):
        raise InputError(f"{path}:1: a column stands twice in {columns}")
    for where, row in rows:
        if None in row or None in row.values():
            raise InputError(f"{where}: has not as many values as the header has columns")
    return columns, [
        (where, {name: value.strip() for name, value in row.items()}) for where, row in rows
    ]


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
