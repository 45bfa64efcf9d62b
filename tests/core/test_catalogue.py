"""data/celebrities.csv: what is read, and what each mistake is called."""

import datetime
from pathlib import Path

import pytest

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
        ("identity,query\n", "holds no celebrity"),
        ("identity,query,shoe\nabe,Abe,44\n", "column 'shoe' is unknown"),
        ("identity,query,query\nabe,Abe,Abe\n", "stands twice"),
        ("identity,query\nabe,Abe\nabe,Abe\n", "identity = 'abe' stands twice"),
        ("identity,query\n../etc,Abe\n", "celebrities.csv:2: identity = '../etc'"),
        ("identity,query\nAbe,Abe\n", "identity = 'Abe'"),
        ("identity,query\nabe-,Abe\n", "identity = 'abe-'"),
        ("identity,query\nabe,\n", "celebrities.csv:2: query is empty"),
        ("identity,query\nabe\n", "not as many values"),
        ("identity,query\nabe,Abe,extra\n", "not as many values"),
        ("identity,query,birth_date\nabe,Abe,31.7.1984\n", "birth_date = '31.7.1984'"),
        ("identity,query,edition\nabe,Abe,0\n", "edition = '0'"),
        ("identity,query,edition\nabe,Abe,two\n", "edition = 'two'"),
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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        catalogue.read(tmp_path / "absent.csv")
