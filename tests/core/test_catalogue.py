"""data/celebrities.csv: what is read, and what each mistake is called."""

import csv
import datetime
import io
import tempfile
import unicodedata
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from stages.core import catalogue
from stages.core.catalogue import Celebrity
from stages.core.program import InputError


def read(folder: Path, text: str | bytes) -> list[Celebrity]:
    path = folder / "celebrities.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return catalogue.read(path)


def test_rows_come_sorted_by_identity_with_their_labels(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        "identity,query,edition,birth_date,gender,job\n"
        "zoe-quill,Zoe Quill,2,1984-07-31,female,\n"
        "abe-moor,Abe & Moor,,,male,actor\n",
    )
    assert rows == [
        Celebrity("abe-moor", "Abe & Moor", 1, None, {"gender": "male", "job": "actor"}),
        Celebrity("zoe-quill", "Zoe Quill", 2, datetime.date(1984, 7, 31), {"gender": "female"}),
    ]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfidentity,query\nabe,Abe\n")[0].identity == "abe"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column identity is missing"),
        ("identity\nabe\n", "column query is missing"),
        ("identity,query,shoe size\nabe,Abe,44\n", "column 'shoe size': allowed are a-z"),
        ("identity,query,\nabe,Abe,44\n", "expected 2 values, found 3"),
        (f"identity,query,{'n' * 41}\nabe,Abe,44\n", "allowed are a-z"),
        (
            f"identity,query,{','.join(f'n{n}' for n in range(65))}\nabe,Abe{',' * 65}\n",
            "65 further columns; allowed are 64",
        ),
        (f"identity,query,job\nabe,Abe,{'x' * 201}\n", "allowed are 200 characters"),
        (f"identity,query\nabe,{'x' * 201}\n", "celebrities.csv:2: query = 'xxx"),
        (f"identity,query\n{'x' * 2000},Abe\n", "celebrities.csv:2: identity = 'xxx"),
        (f"identity,query\nabe,{'x' * 140_000}\n", "field larger than field limit"),
        ("identity,query,query\nabe,Abe,Abe\n", "duplicate column"),
        ("identity,query\nabe,Abe\nabe,Abe\n", "identity = 'abe' occurs twice"),
        ("identity,query\n../etc,Abe\n", "celebrities.csv:2: identity = '../etc'"),
        ("identity,query\nAbe,Abe\n", "identity = 'Abe'"),
        ("identity,query\nabe-,Abe\n", "identity = 'abe-'"),
        ("identity,query\nabe,\n", "celebrities.csv:2: query is empty"),
        ("identity,query\nabe\n", "expected 2 values"),
        ("identity,query\nabe,Abe,extra\n", "expected 2 values"),
        ("identity,query,birth_date\nabe,Abe,31.7.1984\n", "birth_date = '31.7.1984'"),
        ("identity,query,edition\nabe,Abe,0\n", "edition = '0'"),
        ("identity,query,edition\nabe,Abe,two\n", "edition = 'two'"),
        ("identity,query,edition\nabe,Abe,1.0\n", "edition = '1.0'"),
        ("identity,query,edition\nabe,Abe,٣\n", "edition = '٣'"),
        ("identity,query,edition\nabe,Abe,1000000000\n", "edition = '1000000000'"),
        (f"identity,query,edition\nabe,Abe,{'9' * 4301}\n", "edition = '999"),
        ("identity,query,birth_date\nabe,Abe,2024-02-30\n", "birth_date = '2024-02-30'"),
        ("identity,query,birth_date\nabe,Abe,0000-01-01\n", "birth_date = '0000-01-01'"),
        (f"identity,query,birth_date\nabe,Abe,{'1' * 5000}\n", "birth_date = '111"),
        (b"identity,query\nabe,\xe9\n", "not UTF-8 (byte 19)"),
        ('identity,query\nabe,"Abe\n', "unexpected end of data"),
    ],
)
def test_each_mistake_is_one_line_with_its_place(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


CELLS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "abe",
        "9" * 5000,
        "1e400",
        "2024-02-30",
        "-0",
        "\0",
        '"',
        "x" * 300,
        "[" * 500,
        "٣",
        "2024-W01-1",
    ]
)
COLUMNS = st.sampled_from(["identity", "query", "edition", "birth_date", "gender", "shoe size"])


@hypothesis.given(
    st.lists(COLUMNS, min_size=1, max_size=5),
    st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=3),
)
def test_any_file_is_read_or_refused_in_one_line(header: list[str], rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        people, refused = outcome(Path(folder), text.getvalue())
    assert len(refused.splitlines()) <= 1
    assert len(refused) < 700
    for person in people:
        assert 0 < person.edition < 10**9
        assert all(len(value) <= 200 for value in (person.query, *person.traits.values()))


def outcome(folder: Path, text: str) -> tuple[list[Celebrity], str]:
    try:
        return read(folder, text), ""
    except InputError as error:
        return [], str(error)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_texts_are_the_same_in_every_form_of_unicode(tmp_path: Path, form: str) -> None:
    text = unicodedata.normalize(form, "identity,query,job\nabe,김태희 Zoë,acteur célèbre\n")
    (abe,) = read(tmp_path, text)
    assert (abe.query, abe.traits) == ("김태희 Zoë", {"job": "acteur célèbre"})


def test_further_columns_are_kept_as_text(tmp_path: Path) -> None:
    (abe,) = read(tmp_path, "identity,query,shoe,job\nabe,Abe,44  EU,\n")
    assert abe.traits == {"shoe": "44 EU"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        catalogue.read(tmp_path / "absent.csv")


def test_a_catalogue_of_nobody_is_wrong_only_for_a_search(tmp_path: Path) -> None:
    """A folder of pictures needs no catalogue."""
    path = tmp_path / "celebrities.csv"
    path.write_text("identity,query\n")
    assert catalogue.read(path) == []
    with pytest.raises(InputError, match="holds no person"):
        catalogue.read_searched(path)
