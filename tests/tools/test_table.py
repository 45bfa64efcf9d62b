"""Tables as text and as Markdown; what comes from outside is neither obeyed nor markup."""

from hypothesis import given
from hypothesis.strategies import lists, text, tuples

from stages.tools import table
from stages.tools.table import Table

TABLE = Table(
    "Classes", ("class", "faces"), [("abe", "12"), ("zoe", "3")], ["Two."], frozenset({1})
)


def test_text_is_aligned() -> None:
    assert table.as_text([TABLE], colour=False).splitlines() == [
        "Classes",
        "  class  faces",
        "  abe    12",
        "  zoe    3",
        "  Two.",
    ]


def test_quiet_rows_are_dim_where_there_is_colour() -> None:
    lines = table.as_text([TABLE], colour=True).splitlines()
    assert lines[3] == f"{table.DIM}  zoe    3{table.PLAIN}"
    assert table.DIM not in lines[2]


def test_markdown() -> None:
    assert table.as_markdown([TABLE], "a → b") == (
        "## a → b\n\n### Classes\n\n| class   | faces   |\n|---------|---------|\n"
        "| abe     | 12      |\n| zoe     | 3       |\n\nTwo.\n"
    )


def test_nothing_to_tell_is_told() -> None:
    empty = Table("Classes", ("class",), [])
    assert table.as_text([empty], colour=False) == "Classes\n  No change."
    assert "No change." in table.as_markdown([empty], "x")


def test_names_are_no_markup_and_no_commands() -> None:
    hostile = Table("x", ("a",), [("<img src=x>|[l](u)`*_\n\x1b[2J\u202e",)])
    shown = table.as_markdown([hostile], "t")
    assert "&lt;img src=x>\\|\\[l\\](u)\\`\\*\\_??\\[2J?" in shown
    assert "\x1b" not in table.as_text([hostile], colour=False)


def test_long_tables_are_cut_and_counted() -> None:
    short = table.shortened("x", ("n",), [(str(n),) for n in range(50)])
    assert len(short.rows) == table.SHOWN
    assert short.notes == ["30 more not shown."]


def test_cells_are_shown_as_they_are() -> None:
    rows = [("01.50", "1e5"), ("", "≈"), ("가나", "x")]
    assert [line.split() for line in table.aligned(rows)] == [
        ["01.50", "1e5"],
        ["≈"],
        ["가나", "x"],
    ]


@given(lists(tuples(text(), text()), min_size=1))
def test_rows_and_columns_are_kept_whatever_the_cells_hold(rows: list[tuple[str, str]]) -> None:
    lines = table.markdown_rows(("a", "b"), rows).split("\n")
    assert len(lines) == len(rows) + 2
    for line in lines[2:]:
        assert len(line.replace("\\\\", "").replace("\\|", "").split("|")) == 4
        assert "<" not in line
