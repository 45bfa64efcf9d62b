"""CelebA's text files: `list_attr_celeba.txt`, `list_eval_partition.txt`, `identity_CelebA.txt`."""

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

    The first line counts the rows (a count that lies is a problem of the file, named `where`), the
    second names the attributes in any order. `InputError` when these two lines are not like that.
    """
    lines = iter(text.splitlines())
    count = _count(where, next(lines, ""))
    order = _order(where, next(lines, "").split())
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
    if number != count:
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


def _pairs(where: str, text: str, rows: AnnotationRows) -> Iterator[tuple[str, str, str]]:
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        place = f"row {number} of {where}"
        words = line.split()
        if len(words) == 2:
            yield words[0], words[1], place
        else:
            rows.problems.append((words[0], "malformed_row", place))


def _count(where: str, line: str) -> int:
    if not (line.strip().isascii() and line.strip().isdigit()):
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
            f"{where}:2: must name CelebA's 40 attributes once each; "
            f"missing, unknown or double: {listed}"
        )
    return [written.index(name) for name in CELEBA_ATTRIBUTES]
