"""A comparison's tables as text for a terminal, or as Markdown."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

SHOWN = 20  # rows of a table whose length is that of the data
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Table:
    """A titled table. `quiet` holds the numbers of rows that do not matter."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    quiet: frozenset[int] = frozenset()


def shortened(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table of the first rows, with a note that counts the others."""
    more = [f"{len(rows) - SHOWN} more not shown."] if len(rows) > SHOWN else []
    return Table(title, header, rows[:SHOWN], more)


def as_text(tables: Sequence[Table], colour: bool) -> str:
    """Aligned columns under titles; `colour` dims what is quiet."""
    return "\n\n".join(_text(table, colour) for table in tables)


def as_markdown(tables: Sequence[Table], title: str) -> str:
    """Tables of GitHub's Markdown under a title; nothing in a cell is taken for markup."""
    return "\n\n".join([f"## {_escaped(title)}", *map(_markdown, tables)]) + "\n"


def _text(table: Table, colour: bool) -> str:
    title = _printable(table.title)
    lines = [f"{BOLD}{title}{PLAIN}" if colour else title]
    if table.rows:
        cells = [[_printable(cell) for cell in row] for row in (table.header, *table.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells, start=-1):
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            line = f"  {'  '.join(padded)}".rstrip()
            lines.append(f"{DIM}{line}{PLAIN}" if colour and number in table.quiet else line)
    lines += [f"  {_printable(note)}" for note in _notes(table)]
    return "\n".join(lines)


def _markdown(table: Table) -> str:
    lines = [f"### {_escaped(table.title)}"]
    if table.rows:
        rule = ["---"] * len(table.header)
        head, *rows = ([_escaped(cell) for cell in row] for row in (table.header, *table.rows))
        lines += ["", *(f"| {' | '.join(row)} |" for row in (head, rule, *rows))]
    for note in _notes(table):
        lines += ["", _escaped(note)]
    return "\n".join(lines)


def _notes(table: Table) -> Sequence[str]:
    return table.notes if table.rows or table.notes else ["No change."]


def _printable(text: str) -> str:
    """Without control characters: names come from outside, a terminal obeys them."""
    return "".join("?" if unicodedata.category(c) in {"Cc", "Cf"} else c for c in text)


def _escaped(text: str) -> str:
    """Every character that Markdown or HTML could take for markup, as itself."""
    plain = _printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in r"\`*_[]|#~" else c for c in plain)
