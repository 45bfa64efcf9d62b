"""Tables as text for a terminal, or as Markdown."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tabulate import tabulate

SHOWN = 20  # rows of a table whose length is that of the data
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
INDENT = "  "


@dataclass(frozen=True)
class Table:
    """A titled table. `quiet` holds the numbers of rows that matter little, from 0."""

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
    """Aligned columns under titles; `colour` dims quiet rows."""
    return "\n\n".join(_text(table, colour) for table in tables)


def as_markdown(tables: Sequence[Table], title: str) -> str:
    """Tables of GitHub's Markdown under a title; nothing in a cell is taken for markup."""
    return "\n\n".join([f"## {_escaped(title)}", *map(_markdown, tables)]) + "\n"


def markdown_rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of GitHub's Markdown without a title; nothing in a cell is taken for markup."""
    head, *cells = ([_escaped(cell) for cell in row] for row in (header, *rows))
    text: str = tabulate(cells, head, tablefmt="github", disable_numparse=True)
    return text


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line per row, its cells in columns."""
    cells = [[_printable(cell) for cell in row] for row in rows]
    text = tabulate(cells, tablefmt="plain", disable_numparse=True)
    return [f"{INDENT}{line}".rstrip() for line in text.splitlines()]


def _text(table: Table, colour: bool) -> str:
    title = _printable(table.title)
    lines = [f"{BOLD}{title}{PLAIN}" if colour else title]
    for number, line in enumerate(aligned([table.header, *table.rows]) if table.rows else (), -1):
        lines.append(f"{DIM}{line}{PLAIN}" if colour and number in table.quiet else line)
    lines += [f"{INDENT}{_printable(note)}" for note in _notes(table)]
    return "\n".join(lines)


def _markdown(table: Table) -> str:
    parts = [f"### {_escaped(table.title)}"]
    if table.rows:
        parts.append(markdown_rows(table.header, table.rows))
    return "\n\n".join([*parts, *map(_escaped, _notes(table))])


def _notes(table: Table) -> Sequence[str]:
    return table.notes if table.rows or table.notes else ["No change."]


def _printable(text: str) -> str:
    """Without control characters: names come from outside, a terminal obeys them."""
    return "".join("?" if unicodedata.category(c) in {"Cc", "Cf"} else c for c in text)


def _escaped(text: str) -> str:
    """Every character that Markdown or HTML could take for markup, as itself."""
    plain = _printable(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in r"\`*_[]|#~" else c for c in plain)
