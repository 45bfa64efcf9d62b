"""Whose pictures a folder holds: its `people.csv`, read leniently, and its files."""

import datetime
import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from stages.core.catalogue import Celebrity
from stages.core.csvfile import read_csv
from stages.core.program import InputError
from stages.core.texts import bounded, composed

PEOPLE_FILE = "people.csv"
# Accepted names of each column; the first that exists is used.
_ID = ("identity", "id", "slug", "bioguide", "file")
_NAME = ("query", "name")
_BORN = ("birth_date", "birthday", "born")
_JOB = ("job", "occupation", "chamber")
_GENDERS = {"m": "male", "f": "female"}


def slug(text: str) -> str:
    """A name for files and folders: a-z, 0-9 and hyphens, 64 at most; never empty.

    A name that this cannot spell (other scripts, long names) gets a hash at its end, so that no two
    names become the same.
    Composed and decomposed letters, as macOS writes them in names of files, are the same name.
    """
    text = composed(text)
    letters = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
    plain = "".join(c if c.isascii() else " " for c in letters).lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    spelled = all(c.isascii() or not (c.isalnum() or _is_undecodable(c)) for c in letters)
    if short and len(short) <= 64 and spelled:
        return short
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return f"{short[:55] or 'x'}-{digest[:8]}"


def _is_undecodable(char: str) -> bool:
    """Whether it stands for a byte of a file's name that is not UTF-8."""
    return unicodedata.category(char) == "Cs"


def read(folder: Path) -> list[Celebrity]:
    """Everyone in the folder's `people.csv`, in order of identity; `InputError` by file and line.

    Ids are slugged; a `file` stands for its name. Further columns with plain names are traits.
    """
    path = folder / PEOPLE_FILE
    columns, rows = read_csv(path)
    _require_id(path, [name.lower() for name in columns])
    seen: dict[str, Celebrity] = {}
    for where, row in rows:
        _add(seen, where, {name.lower(): value for name, value in row.items()})
    people = _with_distinct_queries(list(seen.values()))
    return sorted(people, key=lambda person: person.identity)


def _with_distinct_queries(people: list[Celebrity]) -> Iterator[Celebrity]:
    """Add the year of birth, or else the id, to the queries of people with the same name."""
    names = Counter(person.query.casefold() for person in people)
    born = Counter((person.query.casefold(), _year(person)) for person in people)
    for person in people:
        name = person.query.casefold()
        year = _year(person) if born[name, _year(person)] == 1 else ""
        query = f"{person.query} {year or person.identity}"
        yield person if names[name] == 1 else replace(person, query=query)


def _year(person: Celebrity) -> str:
    return str(person.birth_date.year) if person.birth_date else ""


def _require_id(path: Path, columns: list[str]) -> None:
    if not set(_ID) & set(columns):
        raise InputError(f"{path}: needs a column of ids, one of {list(_ID)}; it has {columns}")


def _add(seen: dict[str, Celebrity], where: str, row: Mapping[str, str]) -> None:
    if not any(row.values()):
        return  # what a spreadsheet leaves at the end
    person = _celebrity(where, row)
    if person.identity in seen:
        raise InputError(f"{where}: duplicate id {person.identity!r}; it must be unique")
    seen[person.identity] = person


def _celebrity(where: str, row: Mapping[str, str]) -> Celebrity:
    column = next(name for name in _ID if name in row)
    written = row[column].strip()
    if not written:
        raise InputError(f"{where}: {column} is empty; it says whose pictures are whose")
    if column == "file":
        written = PurePosixPath(written).stem
    return Celebrity(
        identity=slug(written),
        query=_first(row, _NAME) or written,
        birth_date=_date(where, _first(row, _BORN)),
        traits=_traits(row),
    )


def _first(row: Mapping[str, str], columns: Iterable[str]) -> str:
    return next((row[name].strip() for name in columns if name in row), "")


def _traits(row: Mapping[str, str]) -> dict[str, str]:
    used = {*_ID, *_NAME, *_BORN, *_JOB}
    traits = {name: value.lower() for name, value in row.items() if name not in used}
    if "gender" in traits:
        traits["gender"] = _GENDERS.get(traits["gender"], traits["gender"])
    return bounded([("job", _first(row, _JOB).lower()), *traits.items()])


def _date(where: str, text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        allowed = "must be a date like 1984-07-31, or empty"
        raise InputError(f"{where}: birth date = {text!r}: {allowed}") from None


def files(folder: Path) -> list[str]:
    """Every file below the folder that is not hidden, as sorted relative paths with slashes.

    Links count as files, also broken ones and those to a folder outside, so that the reader can
    report them; a folder inside that a link points to is listed once, under its own path.
    """
    return sorted(path.relative_to(folder).as_posix() for path in _walk(folder))


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if leaves(folder, Path(place, name))]
        shown = (name for name in names if not name.startswith("."))
        yield from (Path(place, name) for name in (*shown, *links))


def leaves(folder: Path, path: Path) -> bool:
    """Whether a path's links lead out of the folder."""
    return not path.resolve().is_relative_to(folder.resolve())


def owner(file: str, identities: Container[str] | None) -> str | None:
    """Who a file shows: the identity that it, or the nearest folder around it, is named after.

    Without a list of identities, every folder's name is an identity.
    """
    path = PurePosixPath(file)
    around = [slug(folder.name) for folder in path.parents if folder.name]
    if identities is None:
        return around[0] if around else None
    return next((name for name in (slug(path.stem), *around) if name in identities), None)
