"""The one reader of people's CSV files: lenient with what spreadsheets leave, else strict."""

import unicodedata
from pathlib import Path

import pytest

from stages.core.csvfile import read_csv
from stages.core.program import InputError


@pytest.mark.parametrize(
    "text",
    [
        "id,name\na,Ann\n",
        "\ufeffid,name\r\na,Ann\r\n",
        "id,name\na,Ann",
        " id , name \n a , Ann \n",
        "id,name,,\na,Ann,,\n,,,\n\n",
        "id,name\na,Ann,,,\n,\n",
        '"id","name"\n"a","Ann"\n',
    ],
)
def test_what_spreadsheets_leave_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    columns, rows = read_csv(tmp_path / "x.csv")
    assert columns == ["id", "name"]
    assert [row for _, row in rows] == [{"id": "a", "name": "Ann"}]


@pytest.mark.parametrize("text", ["", "id,name\n", "id,name\n,\n"])
def test_a_file_without_rows_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    assert read_csv(tmp_path / "x.csv")[1] == []


def test_letters_are_composed(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(unicodedata.normalize("NFD", "id,näme\n홍길동,é\n"))
    columns, [(_, row)] = read_csv(tmp_path / "x.csv")
    assert columns == ["id", "näme"]
    assert row == {"id": "홍길동", "näme": "é"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,name\na\n", "x.csv:2: expected 2 values, found 1"),
        (b"id,name\na,Ann,44\n", "x.csv:2: expected 2 values, found 3"),
        (b"id,name,\na,Ann,44\n", "x.csv:2: expected 2 values, found 3"),
        (b"id,id\na,b\n", "x.csv:1: duplicate column"),
        (b'id\n"a\n', "x.csv:2: unexpected end of data"),
        (b"id\n\xff\n", "x.csv: not UTF-8 (byte 3)"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        read_csv(tmp_path / "x.csv")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
