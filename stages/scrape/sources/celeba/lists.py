"""CelebA's lists: `list_attr_celeba`, `list_eval_partition` and `identity_CelebA`.

As `.txt` their values stand between blanks; as `.csv`, as Kaggle has them, between commas under a
header, and nothing counts the rows.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from stages.core.program import InputError
from stages.scrape.datasets.codes import CELEBA_ATTRIBUTES, CELEBA_SPLITS

_BITS = {"1": "1", "-1": "0"}
Problem = tuple[str, str, str]  # a file, a reason, a detail


class AnnotationRows(NamedTuple):
    """What a file says by picture name, and what it says that makes no sense."""

    by_picture: dict[str, str]
    problems: list[Problem]


def read_attributes(where: str, text: str) -> AnnotationRows:
    """Forty characters 0 or 1 by picture name, in the order of `CELEBA_ATTRIBUTES`.

    The header names the attributes in any order; in a `.txt`, a line before it counts the rows (a
    count that lies is a problem of the file, named `where`). `InputError` for other first lines.
    """
    lines = iter(_lines(where, text))
    count = None if is_csv(where) else _count(where, next(lines, ""))
    names = next(lines, "").split()
    order = _order(where, names[1:] if is_csv(where) else names)
    rows = AnnotationRows({}, [])
    number = 0
    for number, line in enumerate(filter(str.strip, lines), start=1):
        name, *values = line.split()
        if len(values) != len(order) or not set(values) <= set(_BITS):
            rows.problems.append((name, "malformed_row", f"row {number} of {where}"))
        elif name in rows.by_picture:
            rows.problems.append((name, "annotated_twice", f"row {number} of {where}"))
        else:
            rows.by_picture[name] = "".join(_BITS[values[at]] for at in order)
    if count is not None and number != count:
        detail = f"its first line counts {count} rows, there are {number}"
        rows.problems.append((where, "row_count_differs", detail))
    return rows


def read_splits(where: str, text: str) -> AnnotationRows:
    """`train`, `validation` or `test` by picture name."""
    rows = AnnotationRows({}, [])
    for name, value, line in _pairs(where, text, rows):
        if value in CELEBA_SPLITS:
            rows.by_picture.setdefault(name, CELEBA_SPLITS[value])
        else:
            rows.problems.append((name, "malformed_row", line))
    return rows


def read_identities(where: str, text: str) -> AnnotationRows:
    """A person's number by picture name."""
    rows = AnnotationRows({}, [])
    for name, value, line in _pairs(where, text, rows):
        if value.isascii() and value.isdigit() and len(value) <= 20:
            rows.by_picture.setdefault(name, str(int(value)))
        else:
            rows.problems.append((name, "malformed_row", line))
    return rows


def is_csv(where: str) -> bool:
    """Whether a list has commas and a header, by its name."""
    return where.endswith(".csv")


def _lines(where: str, text: str) -> list[str]:
    text = text.removeprefix("\ufeff")
    return (text.replace(",", " ").replace('"', "") if is_csv(where) else text).splitlines()


def _pairs(where: str, text: str, rows: AnnotationRows) -> Iterator[tuple[str, str, str]]:
    lines = _lines(where, text)[is_csv(where) :]
    for number, line in enumerate(filter(str.strip, lines), start=1):
        place = f"row {number} of {where}"
        words = line.split()
        if len(words) == 2:
            yield words[0], words[1], place
        else:
            rows.problems.append((words[0], "malformed_row", place))


def _count(where: str, line: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", line.strip()):  # Python reads no number of 5,000 digits
        raise InputError(f"{where}:1: {line[:40]!r}: must be the number of rows")
    return int(line)


def _order(where: str, names: list[str]) -> list[int]:
    """Where each of `CELEBA_ATTRIBUTES` stands in the header."""
    written = [name.lower() for name in names]
    wrong = sorted(set(written) ^ set(CELEBA_ATTRIBUTES)) or sorted(
        n for n in CELEBA_ATTRIBUTES if written.count(n) > 1
    )
    if wrong:
        listed = ", ".join(wrong[:5])
        raise InputError(
            f"{where}:{1 if is_csv(where) else 2}: must name CelebA's 40 attributes once each; "
            f"missing, unknown or double: {listed}"
        )
    return [written.index(name) for name in CELEBA_ATTRIBUTES]
