"""The catalogue of people, `data/celebrities.csv`: one row per identity, kept by hand in git.

Its shape is checked here, at once and by line: columns, slugs, dates, editions. Whether a label's
value makes sense is data, and left to `validate`.
"""

import csv
import datetime
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from stages.labels import LABELS
from stages.stage import InputError

REQUIRED = ("identity", "query")
OPTIONAL = ("edition", "birth_date")
# It names files and folders, so nothing that could leave one.
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


@dataclass(frozen=True)
class Celebrity:
    """A person to look for. Raising `edition` asks the source again; `labels` are as written."""

    identity: str
    query: str
    edition: int = 1
    birth_date: datetime.date | None = None
    labels: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Celebrity]:
    """Every row in order of identity; `InputError` names file, line, value and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [_row(path, reader.line_num, row) for row in _checked(path, reader)]
    except csv.Error as error:
        raise InputError(f"{path}:{reader.reader.line_num}: {error}") from None
    if not rows:
        raise InputError(f"{path}: holds no celebrity; it needs one row each under the header")
    _refuse_duplicates(path, rows)
    return sorted(rows, key=lambda row: row.identity)


def _checked(path: Path, reader: "csv.DictReader[str]") -> "csv.DictReader[str]":
    columns = reader.fieldnames or []
    for column in REQUIRED:
        if column not in columns:
            raise InputError(f"{path}: column {column} is missing; the header has {list(columns)}")
    allowed = {*REQUIRED, *OPTIONAL, *LABELS}
    for column in columns:
        if column not in allowed:
            raise InputError(f"{path}: column {column!r} is unknown; allowed: {sorted(allowed)}")
    if len(set(columns)) != len(columns):
        raise InputError(f"{path}: a column stands twice in {list(columns)}")
    return reader


def _row(path: Path, line: int, row: dict[str, str]) -> Celebrity:
    where = f"{path}:{line}"
    if None in row or None in row.values():
        raise InputError(f"{where}: has not as many values as the header has columns")
    value = {column: text.strip() for column, text in row.items()}
    identity, query = value["identity"], value["query"]
    if not SLUG.fullmatch(identity):
        allowed = "a-z, 0-9, - and _, 64 at most, no - or _ at an end"
        raise InputError(f"{where}: identity = {identity!r}: allowed are {allowed}")
    if not query:
        raise InputError(f"{where}: query is empty; it is what the source is asked for")
    return Celebrity(
        identity=identity,
        query=query,
        edition=_edition(where, value.get("edition", "")),
        birth_date=_date(where, value.get("birth_date", "")),
        labels={name: value[name] for name in LABELS if value.get(name)},
    )


def _edition(where: str, text: str) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InputError(f"{where}: edition = {text!r}: must be a whole number from 1")
    return int(text)


def _date(where: str, text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{where}: birth_date = {text!r}: must be a date like 1984-07-31"
        ) from None


def _refuse_duplicates(path: Path, rows: list[Celebrity]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.identity in seen:
            raise InputError(f"{path}: identity = {row.identity!r} stands twice; it must be unique")
        seen.add(row.identity)
