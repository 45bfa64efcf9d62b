"""The store: found by key, damage noticed, nothing half written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.store import Store, code, key, link_or_copy


def test_what_was_put_is_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("picture", key("a"), b"bytes")
    found = store.find("picture", key("a"))
    assert found
    assert found.read_bytes() == b"bytes"
    assert store.find("picture", key("b")) is None
    assert store.find("page", key("a")) is None


def test_a_damaged_entry_is_no_entry_and_goes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    entry = store.put("picture", key("a"), b"bytes")
    entry.write_bytes(b"bytez")
    assert store.find("picture", key("a")) is None
    assert not entry.exists()


def test_adopt_moves_a_file_in(tmp_path: Path) -> None:
    store = Store(tmp_path)
    scratch = store.scratch("x")
    scratch.write_bytes(b"table")
    entry = store.adopt("faces", key(1), scratch)
    assert not scratch.exists()
    assert store.find("faces", key(1)) == entry


def test_place_links_where_it_can(tmp_path: Path) -> None:
    entry = Store(tmp_path / "store").put("faces", key(1), b"table")
    target = tmp_path / "out" / "a.parquet"
    link_or_copy(entry, target)
    link_or_copy(entry, target)  # again, over itself
    assert target.read_bytes() == b"table"
    assert target.stat().st_ino == entry.stat().st_ino


def test_place_copies_where_links_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("other disk")

    monkeypatch.setattr("os.link", refuse)
    entry = Store(tmp_path / "store").put("faces", key(1), b"table")
    link_or_copy(entry, tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == b"table"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain, plain)
def test_keys_differ_exactly_when_the_values_do(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (key(one) == key(other)) == same


def test_code_changes_with_any_module_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    one, two = tmp_path / "scrape.py", tmp_path / "crawl" / "fetch.py"
    one.write_text("a = 1")
    two.write_text("b = 1")
    before = code(one, tmp_path / "crawl")
    assert code(one, tmp_path / "crawl") == before
    two.write_text("b = 2")
    assert code(one, tmp_path / "crawl") != before
