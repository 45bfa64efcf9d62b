"""The store: found by key, damage noticed, nothing half written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.store import Store, key, link_or_copy


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
    store = Store(tmp_path / "store")
    (tmp_path / "made").write_bytes(b"table")
    entry = store.adopt("faces", key(1), tmp_path / "made")
    assert not (tmp_path / "made").exists()
    assert store.find("faces", key(1)) == entry


def a_folder(entry: Path) -> None:
    entry.unlink()
    (entry / "inside").mkdir(parents=True)


def unreadable(entry: Path) -> None:
    entry.chmod(0)


def a_link_to_nothing(entry: Path) -> None:
    entry.unlink()
    entry.symlink_to("nowhere")


def a_loop(entry: Path) -> None:
    entry.unlink()
    entry.symlink_to(entry)


@pytest.mark.parametrize("become", [a_folder, unreadable, a_link_to_nothing, a_loop])
def test_an_entry_that_cannot_be_read_is_no_entry_and_is_made_anew(
    tmp_path: Path, become: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    entry = store.put("picture", key("a"), b"bytes")
    become(entry)
    if become is unreadable:  # root reads everything
        refuse = PermissionError(13, "Permission denied")
        monkeypatch.setattr("stages.core.store.digest", lambda _: raising(refuse))
    assert store.find("picture", key("a")) is None
    assert store.put("picture", key("a"), b"bytes") == entry
    monkeypatch.undo()
    assert store.find("picture", key("a")) == entry


def raising(error: OSError) -> str:
    raise error


def test_an_entry_that_may_not_be_removed_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put("picture", key("a"), b"bytes").write_bytes(b"bytez")
    monkeypatch.setattr(
        "stages.core.store.remove", lambda _: raising(PermissionError(1, "not ours"))
    )
    assert store.find("picture", key("a")) is None


@pytest.mark.parametrize("kind", ["picture", "picture/ab"])
def test_a_file_in_the_place_of_a_folder_holds_no_entry(tmp_path: Path, kind: str) -> None:
    store = Store(tmp_path)
    entry = store.put("picture", key("a"), b"bytes")
    shutil.rmtree(entry.parents[0] if "/" in kind else entry.parents[1])
    (entry.parents[0] if "/" in kind else entry.parents[1]).write_text("a file")
    assert store.find("picture", key("a")) is None


def test_entries_are_those_files_that_are_named_as_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    entry = store.put("picture", key("a"), b"bytes")
    entry.with_name("notes.txt").write_text("")
    (tmp_path / "prefect.log").write_text("")
    assert list(store.entries()) == [entry]


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
