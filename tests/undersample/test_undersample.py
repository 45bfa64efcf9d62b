"""Crowded bins of train shrink to the cap; nothing else is touched."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stages.core import label_schema
from stages.core.labels.known import AGE, labels_of
from stages.core.program import InputError
from stages.core.schema import SPLITS
from stages.core.tables import read_table, write_rows
from stages.undersample.__main__ import histogram, main, undersample
from stages.undersample.bins import NO_BIN, bin_names, bins_of, cuts
from stages.undersample.params import Params
from stages.undersample.resampling import cap_rows, choose


def params(**given: Any) -> Params:
    defaults: dict[str, Any] = {"label": "age", "edges": [20, 40, 60], "cap": "median"}
    defaults |= {"floor": "none", "seed": 1}
    return Params(**(defaults | given))


def table(rows: list[tuple[float | None, str]]) -> pa.Table:
    values = [
        {"face_id": f"f{n}", "age": age, "split": split} for n, (age, split) in enumerate(rows)
    ]
    return pa.Table.from_pylist(values, label_schema.examples(labels_of(["age"])))


def kept(rows: list[tuple[float | None, str]], **given: Any) -> list[tuple[float | None, str]]:
    examples, chosen = table(rows), params(**given)
    bins = bins_of(examples["age"], cuts(AGE, chosen.edges))
    return [rows[index] for index in undersample(examples, bins, chosen).tolist()]


def test_bins_reach_from_the_lowest_to_the_highest_value() -> None:
    starts = cuts(AGE, [20, 40])
    assert bin_names(starts) == ["0-19", "20-39", "40-116"]
    ages = pa.chunked_array([pa.array([0, 19.5, 20, 116, None], pa.float32())])
    assert bins_of(ages, starts).tolist() == [0, 0, 1, 2, NO_BIN]


def test_edges_at_the_ends_make_no_empty_bins() -> None:
    assert bin_names(cuts(AGE, [0, 50, 117])) == ["0-49", "50-116"]


@pytest.mark.parametrize("edge", [-1, 118])
def test_an_edge_outside_the_label_is_named(edge: int) -> None:
    with pytest.raises(InputError, match=f"edges: {edge} must be from 0 to 117 for age"):
        cuts(AGE, [edge])


@pytest.mark.parametrize(
    ("cap", "most"), [("none", 90), ("median", 20), (7, 7), ("1x", 10), ("2.5x", 25)]
)
def test_what_a_cap_means(cap: int | str, most: int) -> None:
    assert cap_rows(cap, [10, 20, 90]) == most


def test_only_crowded_train_bins_shrink() -> None:
    rows: list[tuple[float | None, str]] = [(30, split) for split in SPLITS for _ in range(50)]
    rows += [(10, "train")] * 5 + [(70, "train")] * 9 + [(None, "train")] * 30
    left = kept(rows)
    counts = {pair: left.count(pair) for pair in set(rows)}
    assert counts == {
        (30, "train"): 9,
        (30, "validation"): 50,
        (30, "test"): 50,
        (10, "train"): 5,
        (70, "train"): 9,
        (None, "train"): 30,
    }


@given(
    st.lists(st.tuples(st.none() | st.integers(0, 116), st.sampled_from(SPLITS)), max_size=80),
    st.sampled_from(["none", "median", 1, 3, "1x", "2x"]),
    st.integers(0, 9),
)
def test_order_holds_and_every_bin_keeps_what_the_cap_allows(
    rows: list[tuple[float | None, str]], cap: int | str, seed: int
) -> None:
    examples, chosen = table(rows), params(cap=cap, seed=seed)
    starts = cuts(AGE, chosen.edges)
    bins = bins_of(examples["age"], starts)
    indices = undersample(examples, bins, chosen)
    assert indices.tolist() == sorted(set(indices.tolist()))
    names = bin_names(starts)
    splits = [split for _, split in rows]
    before = histogram(splits, bins, names)
    after = histogram([splits[i] for i in indices], bins[indices], names)
    assert {s: before[s] for s in SPLITS[1:]} == {s: after[s] for s in SPLITS[1:]}
    most = cap_rows(cap, [before["train"][n] for n in names if before["train"][n]])
    assert [after["train"][n] for n in names] == [min(before["train"][n], most) for n in names]
    assert after["train"]["null"] == before["train"]["null"]


def test_one_bin_alone_obeys_a_count() -> None:
    alone = np.zeros(50, dtype=np.int64)
    assert choose(alone, params(cap=10)).size == 10
    assert choose(alone, params(cap="median")).size == 50
    more = choose(alone, params(floor=120))
    assert (more.size, np.unique(more).size) == (120, 50)


def test_rare_train_bins_are_repeated_up_to_the_floor() -> None:
    rows: list[tuple[float | None, str]] = [(30, "train")] * 50 + [(10, "train")] * 5
    rows += [(70, "train")] * 9 + [(70, "test")] * 3
    left = kept(rows, cap="none", floor=20)
    assert {pair: left.count(pair) for pair in set(rows)} == {
        (30, "train"): 50,
        (10, "train"): 20,
        (70, "train"): 20,
        (70, "test"): 3,
    }
    examples, chosen = table(rows), params(cap="none", floor=20)
    bins = bins_of(examples["age"], cuts(AGE, chosen.edges))
    assert set(undersample(examples, bins, chosen).tolist()) == set(range(len(rows))), "none lost"


def test_cap_and_floor_together_level_the_bins() -> None:
    rows: list[tuple[float | None, str]] = [(30, "train")] * 50 + [(10, "train")] * 5
    left = kept([*rows, *[(70.0, "train")] * 9], cap="median", floor="median")
    assert [left.count((age, "train")) for age in (10, 30, 70)] == [9, 9, 9]


@pytest.mark.parametrize("floor", [0, 1.5, True, "2x", "most"])
def test_a_floor_without_a_meaning_is_refused(floor: Any) -> None:
    with pytest.raises(ValidationError, match="must be none, median or a count from 1"):
        params(floor=floor)


@pytest.mark.parametrize("rows", [[], [(None, "train")] * 4, [(30.0, "test")] * 4])
def test_nothing_to_balance_keeps_all(rows: list[tuple[float | None, str]]) -> None:
    assert kept(rows, cap=1) == rows


def test_the_seed_decides() -> None:
    bins = np.array([0] * 50 + [1] * 5)
    first, again, other = (choose(bins, params(cap="1x", seed=seed)) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("cap", [0, -1, True, 2.0, None, "0.5x", "x", "most", {"ratio": 2}])
def test_a_cap_without_a_meaning_is_refused(cap: Any) -> None:
    with pytest.raises(ValidationError, match="must be none, median, a count from 1"):
        params(cap=cap)


@pytest.mark.parametrize("edges", [[], [20, 20], [40, 20]])
def test_edges_must_increase(edges: list[int]) -> None:
    with pytest.raises(ValidationError):
        params(edges=edges)


def test_main_writes_examples_figures_and_histograms(tmp_path: Path) -> None:
    rows = table([(30, "train")] * 8 + [(50, "train")] * 2 + [(30, "test")] * 3)
    paths = [tmp_path / name for name in ("e.parquet", "b.parquet", "u.json", "u.csv")]
    write_rows(paths[0], label_schema.examples(labels_of(["age"])), rows.to_pylist())
    main(*paths, params(cap="1x"))
    assert read_table(paths[1]).num_rows == 7
    figures = json.loads(paths[2].read_text(encoding="utf-8"))
    assert figures["train"] == {"before": 10, "after": 4}
    assert figures["dropped"] == 6
    with paths[3].open(encoding="utf-8", newline="") as file:
        counts = {(r["bin"], r["split"], r["step"]): int(r["count"]) for r in csv.DictReader(file)}
    assert counts["20-39", "train", "before"] == 8
    assert counts["20-39", "train", "after"] == 2
    assert counts["20-39", "test", "after"] == 3
    assert counts["0-19", "train", "before"] == 0
    assert len(counts) == 2 * 3 * 5


def test_without_a_label_nothing_is_balanced(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("e.parquet", "b.parquet", "u.json", "u.csv")]
    write_rows(
        paths[0],
        label_schema.examples(labels_of(["gender"])),
        [{"face_id": "f", "split": "train"}] * 3,
    )
    main(*paths, params(label=None, cap=1))
    assert read_table(paths[1]).num_rows == 3
    assert json.loads(paths[2].read_text(encoding="utf-8"))["bins"] == {"null": 3}


@pytest.mark.parametrize(
    ("label", "values", "names"),
    [
        ("gender", ["male"] * 5 + ["female", None], ["male", "female"]),
        ("smiling", [False] * 5 + [True, None], ["false", "true"]),
    ],
)
def test_classes_are_bins_too(
    tmp_path: Path, label: str, values: list[Any], names: list[str]
) -> None:
    rows = [{"face_id": f"f{n}", label: x, "split": "train"} for n, x in enumerate(values)]
    paths = [tmp_path / name for name in ("e.parquet", "b.parquet", "u.json", "u.csv")]
    write_rows(paths[0], label_schema.examples(labels_of([label])), rows)
    main(*paths, params(label=label, cap="none", floor=3))
    assert read_table(paths[1])[label].to_pylist() == [*values[:5], *[values[5]] * 3, None]
    figures = json.loads(paths[2].read_text(encoding="utf-8"))
    assert figures["bins"] == dict(zip([*names, "null"], [5, 3, 1], strict=True))


def test_main_names_a_label_that_is_not_there(tmp_path: Path) -> None:
    write_rows(tmp_path / "e.parquet", label_schema.examples(labels_of(["age", "gender"])), [])
    with pytest.raises(InputError, match=r"label = 'height' must be one of \['age', 'gender'\]"):
        main(*[tmp_path / n for n in ("e.parquet", "b", "j", "c")], params(label="height"))
