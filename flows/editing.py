"""Edit the catalogue as a careful hand would: one row changes, all other bytes stay.

Each edit is read back by `stages.core.catalogue` before it appears; `InputError` leaves the file
as it was.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.core import catalogue
from stages.core.catalogue import Celebrity
from stages.core.labels.known import CATEGORIES
from stages.core.program import InputError
from stages.core.scratch import atomic_path


@dataclass
class _Line:
    """A row as it is written, its line end with it, and its values."""

    text: str
    values: list[str]


def add(path: Path, person: Mapping[str, str]) -> None:
    """Append a row, its values by column; empty ones need no column."""
    if person["identity"] in {each.identity for each in catalogue.read(path)}:
        reason = "stands in the catalogue already; refresh it instead"
        raise InputError(f"add.identity = {person['identity']!r}: {reason}")
    lines = _lines(path)
    columns = [name.strip() for name in lines[0].values]
    for name, value in person.items():
        _check(name, value)
        if value and name not in columns:
            reason = f"the catalogue has no such column; it has {', '.join(columns)}"
            raise InputError(f"add.{name} = {value!r}: {reason}")
    row = _written([person.get(name, "") for name in columns], lines[0].text)
    if not lines[-1].text.endswith(("\n", "\r")):
        lines[-1].text += _end(lines[0].text)
    _replace(path, [*lines, row])


def refresh(path: Path, identities: Iterable[str]) -> None:
    """Raise the edition of some classes by one; `*` means all."""
    wanted, people = set(identities), {each.identity: each for each in catalogue.read(path)}
    if "*" in wanted:
        wanted = set(people)
    for identity in sorted(wanted - set(people)):
        raise InputError(f"refresh = {identity!r}: no such class in the catalogue")
    lines = _lines(path)
    columns = [name.strip() for name in lines[0].values]
    if "edition" not in columns:
        raise InputError(f"{path}:1: column edition is missing; refresh counts in it")
    for place, line in enumerate(lines[1:], start=1):
        person = people.get(_value(line, columns, "identity"))
        if person and person.identity in wanted:
            line.values[columns.index("edition")] = str(person.edition + 1)
            lines[place] = _written(line.values, line.text)
    _replace(path, lines)


def drop(path: Path, identity: str) -> None:
    """Take a class out, if it is there."""
    lines = _lines(path)
    columns = [name.strip() for name in lines[0].values]
    kept = [line for line in lines[1:] if _value(line, columns, "identity") != identity]
    _replace(path, [lines[0], *kept])


def find(path: Path, identity: str) -> Celebrity | None:
    """The class of that name, if there is one."""
    return next((each for each in catalogue.read(path) if each.identity == identity), None)


def _check(name: str, value: str) -> None:
    """What `validate` would refuse in every picture of the class."""
    if not value:
        return
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    if name in CATEGORIES and value not in CATEGORIES[name].classes:
        allowed = ", ".join(CATEGORIES[name].classes)
        raise InputError(f"add.{name} = {value!r}; allowed: {allowed}")
    if name == "birth_date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value) and value > today:
        raise InputError(f"add.birth_date = {value!r}: lies in the future")


def _lines(path: Path) -> list[_Line]:
    """The header and the rows; a blank line has no values, those before the header are its text."""
    catalogue.read(path)
    with path.open(encoding="utf-8", newline="") as file:
        raw = list(io.StringIO(file.read(), newline=""))
    # Not quite the reader's text: a mark of the byte order may stand before a quote.
    reader = csv.reader([raw[0].removeprefix("\ufeff"), *raw[1:]], strict=True)
    lines, start = list[_Line](), 0
    for values in reader:
        named = any(value.strip() for value in values)
        if lines or named:
            lines.append(_Line("".join(raw[start : reader.line_num]), values if named else []))
            start = reader.line_num
    return lines


def _value(line: _Line, columns: list[str], name: str) -> str:
    return line.values[columns.index(name)].strip() if line.values else ""


def _written(values: list[str], like: str) -> _Line:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(values)  # so that it quotes both
    return _Line(text.getvalue().removesuffix("\r\n") + _end(like), values)


def _end(text: str) -> str:
    """The line end that a text has; empty for a last line without one."""
    return text[len(text.rstrip("\r\n")) :]


def _replace(path: Path, lines: list[_Line]) -> None:
    with atomic_path(path) as beside:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.write("".join(line.text for line in lines))
        try:
            catalogue.read_searched(beside)
        except InputError as error:
            raise InputError(str(error).replace(str(beside), str(path))) from None
