"""Whose pictures a folder holds."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import csvfile
from stages.core.catalogue import Celebrity
from stages.core.program import InputError
from stages.scrape.datasets import people

CONGRESS = """bioguide,name,birthday,gender,chamber,state,party
A000014,Neil Abermoor,1938-06-26,M,representative,HI,Democrat
B000022,Änne Öst,,F,senator,NY,Independent
"""


def folder(path: Path, text: str) -> Path:
    (path / "people.csv").write_text(text, encoding="utf-8")
    return path


def test_columns_go_by_many_names(tmp_path: Path) -> None:
    assert people.read(folder(tmp_path, CONGRESS)) == [
        Celebrity(
            "a000014",
            "Neil Abermoor",
            birth_date=datetime.date(1938, 6, 26),
            traits={"gender": "male", "job": "representative", "state": "hi", "party": "democrat"},
        ),
        Celebrity(
            "b000022",
            "Änne Öst",
            traits={"gender": "female", "job": "senator", "state": "ny", "party": "independent"},
        ),
    ]


def test_a_file_stands_for_its_name_and_an_id_for_a_missing_one(tmp_path: Path) -> None:
    text = "\ufeffFile, Look_Alike ,Occupation,eyeglasses\nall/Ann Lee.JPG,Cat,Actor,1\n,,,\n"
    (one,) = people.read(folder(tmp_path, text))
    assert (one.identity, one.query) == ("ann-lee", "Ann Lee")
    assert one.traits == {"look_alike": "cat", "job": "actor", "eyeglasses": "1"}


def test_namesakes_get_queries_of_their_own(tmp_path: Path) -> None:
    rows = ["a,Pat Lee,1948-01-01", "b,pat lee,1976-02-02", "c,Bo,", "d,Bo,", "e,Cy,1990-01-01"]
    found = people.read(folder(tmp_path, "\n".join(["id,name,born", *rows]) + "\n"))
    assert [one.query for one in found] == ["Pat Lee 1948", "pat lee 1976", "Bo c", "Bo d", "Cy"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name\nAnn\n", "needs a column of ids, one of"),
        ("", "needs a column of ids, one of"),
        ("id,name\na,Ann\nb\n", r"people\.csv:3: expected"),
        ("id,name\na,Ann\nb,Bo,x\n", r"people\.csv:3: expected"),
        ("id,name\n,Ann\n", r"people\.csv:2: id is empty"),
        ("id,name\nA b,Ann\na-B,Bo\n", r"people\.csv:3: duplicate id 'a-b'"),
        ("id,born\na,1984\n", r"people\.csv:2: birth date = '1984': must be a date like"),
        ('id,name\na,"Ann\n', r"people\.csv:2: "),
    ],
)
def test_what_is_wrong_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        people.read(folder(tmp_path, text))


def test_a_missing_or_badly_encoded_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        people.read(tmp_path)
    (tmp_path / "people.csv").write_bytes(b"id,name\na,\xc4nne\n")
    with pytest.raises(InputError, match="not UTF-8"):
        people.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "slug"),
    [("A000014", "a000014"), ("Zoë d'Aube", "zoe-d-aube"), (" --x-- ", "x"), ("a_b", "a-b")],
)
def test_a_slug_is_plain(text: str, slug: str) -> None:
    assert people.slug(text) == slug


def test_names_of_other_scripts_keep_apart() -> None:
    assert people.slug("李雷") != people.slug("韩梅")
    assert people.slug("李 a") != people.slug("韩 a")


@given(st.text())
def test_every_slug_is_an_identity(text: str) -> None:
    assert csvfile.SLUG.fullmatch(people.slug(text))


@pytest.mark.parametrize(
    ("file", "identity"),
    [
        ("images/A1.jpg", "a1"),
        ("a1/holiday/3.jpg", "a1"),
        ("b2/A1.jpg", "a1"),
        ("images/c3.jpg", None),
    ],
)
def test_a_file_shows_whom_it_or_a_folder_around_it_is_named_after(
    file: str, identity: str | None
) -> None:
    assert people.owner(file, {"a1": 0, "b2": 0}) == identity


def test_without_a_list_folders_are_identities() -> None:
    assert people.owner("x/Ann Lee/1.jpg", None) == "ann-lee"
    assert people.owner("1.jpg", None) is None


def test_files_are_sorted_and_none_is_lost_but_the_hidden(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    for name in ("b/2.jpg", "a.jpg", ".hidden.jpg", ".git/x.jpg", "b/1.jpg"):
        path = inside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "out").mkdir()
    (inside / "away").symlink_to(tmp_path / "out")
    (inside / "b-again").symlink_to(inside / "b")
    (inside / "nowhere.jpg").symlink_to(inside / "missing.jpg")
    assert people.files(inside) == ["a.jpg", "away", "b/1.jpg", "b/2.jpg", "nowhere.jpg"]
    assert people.leaves(inside, inside / "away")
    assert not people.leaves(inside, inside / "nowhere.jpg")


def test_further_columns_are_bounded(tmp_path: Path) -> None:
    header = ["id", "a name", *(f"n{number}" for number in range(100))]
    text = ",".join(header) + "\n" + ",".join(["ann", "x", *["y" * 300] * 100]) + "\n"
    (ann,) = people.read(folder(tmp_path, text))
    assert len(ann.traits) == 64
    assert ann.traits["n0"] == "y" * 200
