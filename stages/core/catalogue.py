"""The catalogue of people, `data/celebrities.csv`: one row per identity, kept by hand in git.

Its shape is checked here, at once and by line: columns, slugs, dates, editions. Whether a label's
value makes sense is data, and left to `validate`.
"""

import datetime
from dataclasses import dataclass, field
from pathlib import Path

from stages.core.csvfile import Row, check_columns, check_slug, read_csv
from stages.core.labels.known import LABELS
from stages.core.program import InputError

REQUIRED = ("identity", "query")
OPTIONAL = ("edition", "birth_date")


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
    columns, found = read_csv(path)
    check_columns(path, columns, REQUIRED, {*REQUIRED, *OPTIONAL, *LABELS})
    rows = [_row(where, row) for where, row in found]
    if not rows:
        raise InputError(f"{path}: holds no celebrity; it needs one row each under the header")
    _refuse_duplicates(path, rows)
    return sorted(rows, key=lambda row: row.identity)


def _row(where: str, value: Row) -> Celebrity:
    identity, query = value["identity"], value["query"]
    check_slug(where, identity)
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
