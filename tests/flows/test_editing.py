"""Edits of the catalogue: one row changes and the rest stays as it was, or nothing does."""

import csv
import datetime
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import editing
from stages.core import catalogue
from stages.core.program import InputError

TEXT = (
    '\ufeffidentity,query,edition,gender,job,birth_date\r\n"bo-tanaka","Tanaka, ""Bo""",,male,,\r\n'
    "\r\ncleo,Cleo,3,female,actor,1975-06-15"
)
NEW = {"identity": "ada", "query": "Ada, L.", "gender": "female", "job": "", "race": ""}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "celebrities.csv"
    made.write_bytes(TEXT.encode())
    return made


def text(path: Path) -> str:
    return path.read_bytes().decode()


def test_a_row_is_appended_in_the_file_s_own_way(path: Path) -> None:
    editing.add(path, NEW)
    assert text(path) == TEXT + '\r\nada,"Ada, L.",,female,,\r\n'


def test_an_edition_is_raised_and_every_other_byte_stays(path: Path) -> None:
    editing.refresh(path, ["cleo"])
    assert text(path) == TEXT.replace("cleo,Cleo,3", "cleo,Cleo,4")


def test_all_are_refreshed(path: Path) -> None:
    editing.refresh(path, ["*"])
    assert [each.edition for each in catalogue.read(path)] == [2, 4]


def test_a_row_is_dropped_and_one_that_is_not_there_is_no_mistake(path: Path) -> None:
    editing.drop(path, "nobody")
    assert text(path) == TEXT
    editing.drop(path, "bo-tanaka")
    assert text(path) == TEXT.replace('"bo-tanaka","Tanaka, ""Bo""",,male,,\r\n', "")


TOMORROW = (datetime.date.today() + datetime.timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"identity": "cleo"}, "add.identity = 'cleo': stands in the catalogue already"),
        ({"identity": "Ada L"}, "identity = 'Ada L': allowed are a-z, 0-9"),
        ({"identity": ""}, "identity = '': allowed are"),
        ({"query": ""}, "query is empty"),
        ({"gender": "f"}, "add.gender = 'f'; allowed: male, female"),
        ({"job": "king"}, "add.job = 'king'; allowed: actor, athlete"),
        ({"birth_date": "31.7.84"}, "birth_date = '31.7.84': must be a date like 1984-07-31"),
        ({"birth_date": TOMORROW}, f"add.birth_date = '{TOMORROW}': lies in the future"),
        (
            {"race": "white"},
            "add.race = 'white': the catalogue has no such column; it has identity",
        ),
    ],
)
def test_what_the_catalogue_or_validate_would_refuse_changes_nothing(
    path: Path, change: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError) as error:
        editing.add(path, NEW | change)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert str(path.parent / ".") not in str(error.value).replace(str(path), "")
    assert text(path) == TEXT
    assert list(path.parent.iterdir()) == [path]


def test_an_unknown_class_is_not_refreshed_nor_are_the_others(path: Path) -> None:
    with pytest.raises(InputError, match="refresh = 'dora': no such class"):
        editing.refresh(path, ["cleo", "dora"])
    assert text(path) == TEXT


def test_refresh_counts_in_a_column(path: Path) -> None:
    path.write_text("identity,query\nada,Ada\n")
    with pytest.raises(InputError, match="column edition is missing"):
        editing.refresh(path, ["ada"])


def test_the_last_person_is_not_dropped(path: Path) -> None:
    path.write_text("identity,query\nada,Ada\n")
    with pytest.raises(InputError, match="holds no person"):
        editing.drop(path, "ada")
    assert text(path) == "identity,query\nada,Ada\n"


values = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=8)
rows = st.lists(st.tuples(values, values, values), min_size=2, max_size=5)


@settings(max_examples=60)
@given(rows, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_whatever_the_other_rows_hold_they_keep_their_bytes(
    found: list[tuple[str, str, str]], end: str, last: bool, data: st.DataObject
) -> None:
    """Rows of any text: commas, quotes, line ends; a file with or without a last line end."""
    written = []
    for number, (query, job, race) in enumerate(found):
        line = io.StringIO(newline="")
        quoting = data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
        row = [f"p{number}", f"x{query}", str(number + 1), f"x{job}", f"x{race}"]
        csv.writer(line, lineterminator="\r\n", quoting=quoting).writerow(row)
        written.append(line.getvalue().removesuffix("\r\n") + end)
    if not last:
        written[-1] = written[-1].removesuffix(end)
    header = f"identity,query,edition,job,race{end}"
    place = data.draw(st.integers(0, len(found) - 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "celebrities.csv"
        path.write_bytes((header + "".join(written)).encode())
        people = catalogue.read(path)
        editing.refresh(path, [f"p{place}"])
        content = path.read_bytes().decode()
        before, after = "".join(written[:place]), "".join(written[place + 1 :])
        assert content.startswith(header + before)
        assert content.endswith(after)
        assert content.count("\n") == (header + "".join(written)).count("\n")
        raised = {each.identity: each.edition for each in catalogue.read(path)}
        assert raised == {
            each.identity: each.edition + (each.identity == f"p{place}") for each in people
        }
        editing.drop(path, f"p{place}")
        assert path.read_bytes().decode() == header + before + after


@pytest.mark.parametrize(
    "text",
    [
        '\ufeff"identity","query","edition"\r\nann,Ann,1\r\nbo,Bo,\r\n',
        "\n,,\nidentity,query,edition\nann,Ann,1\nbo,Bo,\n",
        "query,edition,identity\nAnn,1,ann\n ,\n,\n\nBo,,bo\n",
        "identity,query,edition,,\nann,Ann,1,,\nbo,Bo,,,\n,,,,\n",
        "identity,query,edition\rann,Ann,1\rbo,Bo,\r",
        "identity,query,edition\nann,Ann,1\nbo,Bo,",
    ],
)
def test_what_the_catalogue_s_reader_passes_over_is_edited_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "celebrities.csv"
    path.write_text(text, encoding="utf-8", newline="")
    editing.refresh(path, ["*"])
    assert [(each.identity, each.edition) for each in catalogue.read(path)] == [
        ("ann", 2),
        ("bo", 2),
    ]
    editing.drop(path, "ann")
    editing.add(path, {"identity": "cy", "query": "Cy"})
    assert [each.identity for each in catalogue.read(path)] == ["bo", "cy"]
