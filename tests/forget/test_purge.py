"""The store loses what is forgotten, once for each new list, and nothing else."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.core import schema
from stages.core.store import Store, key
from stages.forget import forgotten as lists
from stages.forget import purge
from stages.scrape.crawl.answer import Answer, now

PEOPLE = ("ada-lorne", "bo-tanaka")


def body(identity: str) -> bytes:
    return b"\xff\xd8\xff picture of " + identity.encode()


def row(names: list[str], identity: str) -> dict[str, Any]:
    image_id = hashlib.sha256(body(identity)).hexdigest()
    blank: dict[str, Any] = dict.fromkeys(names)
    # The address says nothing of whose picture it gives.
    url = f"http://cdn.test/{key(identity)}.jpg"
    known = {"identity": identity, "url": url, "image_id": image_id, "face_id": f"{image_id}-0"}
    pixels = {"bytes": body(f"{identity}'s face"), "path": "x.jpg"}
    return (
        blank
        | {name: value for name, value in known.items() if name in names}
        | ({"face": pixels} if "face" in names else {})
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Entries of every kind for two people, logs, and what killed runs left."""
    made = Store(tmp_path / "store")
    for identity in PEOPLE:
        name = key(identity)
        url = row(["url"], identity)["url"]
        asked = f"http://search.test/?q={identity.replace('-', '+')}"
        made.put(
            "page", name, Answer(asked, asked, now(), body=f"<a>{url}</a>".encode()).to_bytes()
        )
        made.put("picture", name, Answer(url, url, now(), body=body(identity)).to_bytes())
        for kind, columns in (
            ("images", schema.IMAGES), ("attempts", schema.ATTEMPTS), ("faces", schema.FACES),
            ("transient-images", schema.IMAGES), ("transient-attempts", schema.ATTEMPTS),
        ):  # fmt: skip
            file = tmp_path / f"{name}-{kind}"
            pq.write_table(pa.Table.from_pylist([row(columns.names, identity)], columns), file)
            made.adopt(kind, name, file)
        made.put("rejects", name, json.dumps([{"identity": identity}]).encode())
    (made.root / "scratch" / "killed").mkdir(parents=True)
    (made.root / "scratch" / "killed" / "half-made").write_bytes(b"a picture of anybody")
    (made.root / "train" / "x").mkdir(parents=True)
    (made.root / "train" / "x" / "epoch-1.npz").write_bytes(b"weights")
    made.put("train", key("a finished training"), b"weights that may hold anybody")
    (made.root / "demo-requests.jsonl").write_text('{"path": "/ada-lorne/1.jpg"}\n')
    (made.root / "prefect.log").write_text("Ada Lorne\n")
    return made


def people_in(store: Store) -> dict[str, set[str]]:
    """Whose entries there are, by kind."""
    names = {key(identity): identity for identity in PEOPLE}
    found: dict[str, set[str]] = {}
    for path in store.root.glob("*/*/*.*"):
        if path.stem in names:
            found.setdefault(path.parts[-3], set()).add(names[path.stem])
    return found


def test_every_kind_of_entry_of_a_person_goes_and_the_others_stay(
    store: Store, tmp_path: Path
) -> None:
    kinds = set(people_in(store))
    assert len(kinds) == 8
    lists.write(tmp_path / "list", lists.of(["Ada Lorne"]))
    purge.purge_if_changed(tmp_path / "list", store)
    assert people_in(store) == {kind: {"bo-tanaka"} for kind in kinds}
    assert not list((store.root / "scratch").glob("*"))
    assert not (store.root / "train").exists()
    assert {path.name: path.read_text() for path in store.root.glob("*.*l*g*")} == {
        "prefect.log": ""
    }
    assert (store.root / "demo-requests.jsonl").read_text() == ""


def test_a_picture_or_an_address_takes_what_holds_it(store: Store, tmp_path: Path) -> None:
    url = row(["url"], "bo-tanaka")["url"]
    image = row(["image_id"], "ada-lorne")["image_id"]
    lists.write(tmp_path / "list", lists.of(urls=[url]))
    purge.purge_if_changed(tmp_path / "list", store)
    assert people_in(store)["page"] == {"ada-lorne"}
    assert people_in(store)["picture"] == {"ada-lorne"}
    lists.write(tmp_path / "list", lists.of(urls=[url], images=[image]))
    purge.purge_if_changed(tmp_path / "list", store)
    assert "picture" not in people_in(store)
    assert "faces" not in people_in(store)


def test_only_a_new_list_is_paid_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged: list[lists.Forgotten] = []
    monkeypatch.setattr(purge, "purge", lambda _, given: purged.append(given))
    for names in ([], ["ada"], ["ada"], ["ada", "bo"]):
        lists.write(tmp_path / "list", lists.of(names))
        given = purge.purge_if_changed(tmp_path / "list", store)
        assert given == lists.of(names)
    assert purged == [lists.of(["ada"]), lists.of(["ada", "bo"])]
    assert lists.read_kept_list(store) == lists.of(["ada", "bo"])


def test_a_purge_that_was_cut_short_is_done_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists.write(tmp_path / "list", lists.of(["ada-lorne"]))
    with monkeypatch.context() as patch:
        patch.setattr(purge, "holds", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            purge.purge_if_changed(tmp_path / "list", store)
    purge.purge_if_changed(tmp_path / "list", store)
    assert people_in(store)["picture"] == {"bo-tanaka"}


def test_rows_tell_addresses_ids_and_the_bytes_of_faces(store: Store) -> None:
    rows = purge.related(store.root.glob("*/*/*.*"), lists.of(["ada lorne"]))
    own = row(["url", "image_id"], "ada-lorne")
    assert rows.urls == {own["url"]}
    assert rows.images == {own["image_id"]}
    assert rows.faces == {hashlib.sha256(body("ada-lorne's face")).hexdigest()}


def test_a_file_s_own_path_stays_off_the_list() -> None:
    rows = purge.Related(urls={"file:1.jpg", "http://x.test/1"})
    assert rows.hashes == lists.of(urls=["http://x.test/1"])


def test_what_a_search_that_was_cut_short_fetched_is_known(tmp_path: Path) -> None:
    """There are the page and pictures from it, and no table that says whose they are."""
    store = Store(tmp_path / "store")
    url, other = "http://cdn.test/1.jpg", "http://cdn.test/2.jpg"
    page = "http://search.test/?q=Ada+Lorne"
    store.put("page", key("p"), Answer(page, page, now(), body=f"<a>{url}</a>".encode()).to_bytes())
    for each in (url, other):
        answer = Answer(each, each, now(), body=body(each))
        store.put("picture", key(each), answer.to_bytes())
    rows = purge.related(store.entries(), lists.of(["ada lorne"]))
    assert rows.urls == {url}
    assert rows.images == {hashlib.sha256(body(url)).hexdigest()}
    assert purge.purge(store, lists.of(["ada lorne"])) == 2
    assert [path.stem for path in store.entries()] == [key(other)]


def harm(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-9:] = bytes(9)
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def become_a_folder(path: Path) -> None:
    path.unlink()
    (path / "inside").mkdir(parents=True)


def become_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize("damage", [harm, cut, empty, become_a_folder, become_a_loop])
def test_damaged_entries_stop_no_purge(store: Store, tmp_path: Path, damage: Any) -> None:
    for entry in list(store.entries()):
        if entry.stem == key("bo-tanaka"):
            damage(entry)
    lists.write(tmp_path / "list", lists.of(["Ada Lorne"]))
    purge.purge_if_changed(tmp_path / "list", store)
    assert {name for names in people_in(store).values() for name in names} <= {"bo-tanaka"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.integers(0, 4000))
def test_whatever_bytes_a_table_holds_the_purge_ends(
    tmp_path: Path, noise: bytes, place: int
) -> None:
    store = Store(tmp_path / "noise")
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row(schema.FACES.names, "bo-tanaka")], schema.FACES), file)
    content = file.getvalue()
    store.put("faces", key("x"), content[:place] + noise + content[place + len(noise) :])
    purge.purge(store, lists.of(["Ada Lorne"], ["http://x.test/1"], ["0" * 64]))
