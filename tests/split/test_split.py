"""No person and no picture is in two splits; what is reported is true."""

import datetime
import json
import random
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stages.core import label_schema
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.core.tables import read_table, write_rows
from stages.split.__main__ import main, split
from stages.split.params import Params

HASH = 0x0F0F0F0F_33335555  # 32 bits set, as in every photograph
LABELS = ["age", "gender"]


def params(**given: Any) -> Params:
    defaults: dict[str, Any] = {
        "by": "identity",
        "validation": 0.2,
        "test": 0.2,
        "near_duplicate_bits": 4,
        "keep_official_split": False,
        "stratify": [],
        "seed": 1,
    }
    return Params(**(defaults | given))


def row(
    image: str, identity: str | None, phash: int | None = None, **labels: Any
) -> dict[str, Any]:
    return {
        "image_id": image,
        "source": "demo",
        "identity": identity,
        "fetched_at": datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC),
        "phash": None if phash is None else f"{phash:016x}",
        "face_id": f"{image}-0",
        **labels,
    }


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, label_schema.labeled(labels_of(LABELS)))


def splits_of(rows: list[dict[str, Any]], **given: Any) -> dict[str, str]:
    chosen, _ = split(table(rows), params(**given))
    return {row["face_id"]: split_name for row, split_name in zip(rows, chosen, strict=True)}


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = st.sampled_from([None, "ann", "bob", "cy", "dee", "eve", "fay"])
    flips = st.sets(st.integers(0, 63), max_size=3)
    rows = draw(st.lists(st.tuples(names, st.integers(0, 9), flips), min_size=1, max_size=30))
    chance = random.Random(7)
    seeds = [sum(1 << b for b in chance.sample(range(64), 32)) for _ in range(10)]
    return [
        row(f"i{n}", who, seeds[k] ^ sum(1 << b for b in flip), age=float(n), gender="male")
        for n, (who, k, flip) in enumerate(rows)
    ]


@given(people(), st.integers(0, 8), st.sampled_from(["identity", "picture"]))
def test_no_person_and_no_picture_is_in_two_splits(
    rows: list[dict[str, Any]], bits: int, by: str
) -> None:
    chosen = splits_of(rows, near_duplicate_bits=bits, by=by)
    for a, b in combinations(rows, 2):
        same = by == "identity" and a["identity"] is not None and a["identity"] == b["identity"]
        if same or (int(a["phash"], 16) ^ int(b["phash"], 16)).bit_count() <= bits:
            assert chosen[a["face_id"]] == chosen[b["face_id"]]


def crowd(count: int, each: int = 4) -> list[dict[str, Any]]:
    chance = random.Random(3)
    return [
        row(f"p{i}-{k}", f"p{i}", sum(1 << b for b in chance.sample(range(64), 32)),
            age=float(20 + i % 40), gender=("male", "female")[i % 2])
        for i in range(count)
        for k in range(each)
    ]  # fmt: skip


def test_an_identity_that_joins_moves_few_others() -> None:
    before, after = splits_of(crowd(100)), splits_of(crowd(101))
    moved_people = {face.split("-")[0] for face in before if before[face] != after[face]}
    assert len(moved_people) <= 3


def test_stratifying_balances_a_label() -> None:
    _, figures = split(table(crowd(60)), params(stratify=["gender", "age"]))
    for split_name in ("train", "validation", "test"):
        counts = figures[split_name]["labels"]["gender"]
        assert counts["male"] == pytest.approx(counts["female"], abs=8)


def test_the_figures_count_near_duplicates() -> None:
    rows = [row("a", "ann", HASH), row("b", "bob", HASH ^ 3), row("c", "cy", 1 << 63)]
    _, figures = split(table(rows), params())
    assert figures["near_duplicates"] == {"groups": 1, "pictures": 2, "identities": 2}
    assert (figures["rows"], figures["groups"], figures["flat_pictures"]) == (3, 2, 1)


def test_by_picture_an_identity_may_be_in_two_splits() -> None:
    chosen = splits_of(crowd(1, each=20), by="picture")
    assert set(chosen.values()) == {"train", "validation", "test"}


def test_two_faces_of_one_picture_stay_together() -> None:
    rows = [row(f"i{n // 2}", None) | {"face_id": f"i{n // 2}-{n % 2}"} for n in range(40)]
    by_picture: dict[str, set[str]] = defaultdict(set)
    for face, split_name in splits_of(rows).items():
        by_picture[face.split("-")[0]].add(split_name)
    assert all(len(found) == 1 for found in by_picture.values())


def test_official_splits_are_kept_except_by_copies_of_held_out_pictures() -> None:
    chance = random.Random(5)
    official = ["train"] * 6 + ["validation"] * 3 + ["test"] * 3 + [None] * 20
    rows = [
        row(f"i{n}", None, sum(1 << b for b in chance.sample(range(64), 32)))
        | {"official_split": s}
        for n, s in enumerate(official)
    ]
    rows[0]["phash"] = rows[10]["phash"]  # in train, a copy of one in test
    chosen, figures = split(table(rows), params(keep_official_split=True))
    assert chosen[0] == "test"
    assert chosen[1:12] == official[1:12]
    assert chosen[12:].count("test") == chosen[12:].count("validation") == 4
    assert figures["official"] == {"rows": 12, "moved": 1}
    ours, figures = split(table(rows), params())
    assert ours[1:12] != official[1:12]
    assert "official" not in figures


def test_no_rows_split_into_nothing() -> None:
    chosen, figures = split(table([]), params())
    assert chosen == []
    assert figures["groups"] == 0


def test_main_writes_examples_in_order_and_the_figures(tmp_path: Path) -> None:
    rows = crowd(10)
    valid, examples, results = tmp_path / "v.parquet", tmp_path / "e.parquet", tmp_path / "s.json"
    write_rows(valid, label_schema.labeled(labels_of(LABELS)), rows)
    main(valid, examples, results, params())
    written = read_table(examples)
    assert written.column_names == label_schema.examples(labels_of(LABELS)).names
    assert written["face_id"].to_pylist() == [row["face_id"] for row in rows]
    figures = json.loads(results.read_text(encoding="utf-8"))
    assert figures["train"]["rows"] == written["split"].to_pylist().count("train") == 24
    assert figures["test"]["identities"] == 2


def test_stratify_names_the_label_that_is_missing() -> None:
    with pytest.raises(InputError, match=r"split.stratify: 'height' must be one of \['age', 'gen"):
        splits_of(crowd(3), stratify=["height"])


@pytest.mark.parametrize(
    "wrong",
    [{"validation": 0.5, "test": 0.5}, {"near_duplicate_bits": 17}, {"by": "face"}, {"test": -0.1}],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params(**wrong)
