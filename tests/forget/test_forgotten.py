"""The list of hashes: what it says no to, and what a mistake in it is called."""

import hashlib
from pathlib import Path

import pytest

from stages.core.program import InputError
from stages.core.store import Store
from stages.forget import forgotten as lists
from stages.forget.forgotten import Forgotten

ID = hashlib.sha256(b"picture").hexdigest()
LIST = lists.of(["ada-lorne", "Ada Lorne"], ["http://x.test/1.jpg"], [ID])


def test_what_is_on_the_list_is_found() -> None:
    assert LIST.found_in(None, "bo", "by ADA LORNE")
    assert LIST.found_in("https://x.test/1.jpg#top")
    assert LIST.found_in(f"{ID}-0")
    assert LIST.shown_by(b"picture")


def test_nothing_else_is() -> None:
    assert not LIST.found_in("Bo Tanaka", "http://x.test/2.jpg", "0" * 64, "", None)
    assert not LIST.shown_by(b"another")
    assert not Forgotten().found_in("ada-lorne")
    assert not Forgotten().shown_by(b"picture")


def test_the_file_holds_hashes_and_no_name_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.csv"
    lists.write(path, LIST)
    text = path.read_text()
    assert "ada" not in text
    assert "x.test" not in text
    assert ID not in text
    assert text.splitlines()[0] == "kind,sha256"
    assert f"name,{hashlib.sha256(b'ada lorne').hexdigest()}" in text.splitlines()
    assert lists.read(path) == LIST


def test_the_file_says_not_what_belongs_together(tmp_path: Path) -> None:
    one, two = lists.of(["ada lorne"], ["http://x.test/1"]), lists.of(["bo tanaka"])
    lists.write(tmp_path / "a", one | two)
    lists.write(tmp_path / "b", two | one)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind\nname\n", "column sha256 is missing"),
        (f"kind,sha256\nperson,{ID}\n", "forgotten.csv:2: kind = 'person'; allowed: name, url"),
        ("kind,sha256\nname,ada\n", "forgotten.csv:2: sha256 = 'ada': must be 64 digits"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "forgotten.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        lists.read(path)
    assert message in str(error.value)


def test_a_store_without_a_list_forbids_nothing(tmp_path: Path) -> None:
    assert lists.read_kept_list(Store(tmp_path)) == Forgotten()
