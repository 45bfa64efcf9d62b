"""The catalogue of people, `data/celebrities.csv`: one row per identity, kept by hand in git.

Its shape is checked here, at once and by line: columns, slugs, dates, editions. Further columns
are texts: which of them is a label, and whether its value makes sense, later stages say.
"""

import datetime
import re
from dataclasses import dataclass, field
from pathlib import Path

from stages.core.csvfile import Row, check_slug, read_csv, require_columns, shorten
from stages.core.program import InputError
from stages.core.texts import MOST_TEXTS, NAME, TEXT_LIMIT, tidy

REQUIRED = ("identity", "query")
OPTIONAL = ("edition", "birth_date")


@dataclass(frozen=True)
class Celebrity:
    """A person to look for. Raising `edition` asks the source again.

    traits: the further columns that say anything of the person, by name, as written.
    """

    identity: str
    query: str
    edition: int = 1
    birth_date: datetime.date | None = None
    traits: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Celebrity]:
    """Every row in order of identity; `InputError` names file, line, value and what is allowed."""
    columns, lines = read_csv(path)
    require_columns(path, columns, REQUIRED)
    further = trait_columns(path, columns)
    rows = [_row(where, line, further) for where, line in lines]
    _refuse_duplicates(path, rows)
    return sorted(rows, key=lambda row: row.identity)


def read_searched(path: Path) -> list[Celebrity]:
    """As `read`, for a source that searches for each person: `InputError` when there is nobody."""
    people = read(path)
    if not people:
        raise InputError(f"{path}: holds no person; it needs a row for each under the header")
    return people


def trait_columns(path: Path, columns: list[str]) -> list[str]:
    """The columns besides our own; `InputError` for one without a plain name, and for too many."""
    further = [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]
    for name in further:
        if not NAME.fullmatch(name):
            allowed = "a-z, 0-9 and _, 40 at most"
            raise InputError(f"{path}:1: column {shorten(name)}: allowed are {allowed}")
    if len(further) > MOST_TEXTS:
        raise InputError(f"{path}:1: {len(further)} further columns; allowed are {MOST_TEXTS}")
    return further


def _row(where: str, value: Row, further: list[str]) -> Celebrity:
    identity = value["identity"]
    check_slug(where, identity)
    texts = {name: _text(where, name, value[name]) for name in ("query", *further)}
    query = texts.pop("query")
    if not query:
        raise InputError(f"{where}: query is empty; it is what the source is asked for")
    return Celebrity(
        identity=identity,
        query=query,
        edition=_edition(where, value.get("edition", "")),
        birth_date=_date(where, value.get("birth_date", "")),
        traits={name: text for name, text in texts.items() if text},
    )


def _text(where: str, name: str, text: str) -> str:
    tidied = tidy(text, TEXT_LIMIT + 1)
    if len(tidied) > TEXT_LIMIT:
        raise InputError(f"{where}: {name} = {shorten(text)}: allowed are {TEXT_LIMIT} characters")
    return tidied


def _edition(where: str, text: str) -> int:
    if not text:
        return 1
    # Python refuses to read a number of thousands of digits.
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        allowed = "must be a whole number from 1 to 999999999"
        raise InputError(f"{where}: edition = {shorten(text)}: {allowed}")
    return int(text)


def _date(where: str, text: str) -> datetime.date | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{where}: birth_date = {shorten(text)}: must be a date like 1984-07-31"
        ) from None


def _refuse_duplicates(path: Path, rows: list[Celebrity]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.identity in seen:
            raise InputError(f"{path}: identity = {row.identity!r} occurs twice; it must be unique")
        seen.add(row.identity)
