"""The report: the funnel adds up, faces are those of the table, everything is on the page."""

import csv
from pathlib import Path
from typing import get_args

import pytest
import yaml

from stages.core import label_schema, schema
from stages.core.labels.kinds import Number
from stages.core.labels.known import LABELS, NUMBERS, labels_of
from stages.core.tables import write_rows
from stages.label.values import Origin
from stages.report import provenance
from stages.report.contact_sheets import ContactSheet, contact_sheets
from stages.report.figures import ORIGINS, histogram, label_origins, scores
from stages.report.funnel import funnel
from stages.report.page import data_uri, render
from stages.report.params import Params
from tests.project import ROOT

FIGURES = {
    "scrape": {
        "a": {"tried": 10, "kept": 6, "left_out": {"not_found": 3, "duplicate": 1}},
        "b": {"tried": 5, "kept": 4, "left_out": {"duplicate": 1}},
    },
    "crop": {
        "a": {"faces": 5, "left_out": {"no_face": 1}},
        "b": {"faces": 4, "left_out": {}},
    },
    "validate": {"rows": 9, "valid": 8, "reasons": {"expect_x(age)": 1}},
    "undersample": {"dropped": 2},
}


def test_the_funnel_adds_sources_and_reasons_up() -> None:
    steps = funnel(FIGURES, ["a", "b"])
    assert [(step.entered, step.left) for step in steps] == [(15, 10), (10, 9), (9, 8), (8, 6)]
    assert steps[0].reasons == {"not_found": 3, "duplicate": 2}
    assert sum(steps[0].reasons.values()) == steps[0].entered - steps[0].left


def test_faces_on_the_sheets_are_those_of_the_table(tmp_path: Path) -> None:
    blank = dict.fromkeys(schema.FACES.names)
    names = [("abe", n) for n in range(4)] + [("zoe", n) for n in range(4)]
    faces = [
        blank | {"face_id": f"{who}-{n}", "face": {"bytes": f"{who}{n}".encode(), "path": ""}}
        for who, n in names
    ]
    write_rows(tmp_path / "faces.parquet", schema.FACES, faces)
    labels = ["age", "gender", "eyeglasses", "wearing_hat"]
    empty = dict.fromkeys(label_schema.examples(labels_of(labels)).names)
    known = {"age": 31.0, "gender": "female", "eyeglasses": True, "wearing_hat": False}
    rows = [
        empty | known | {"face_id": f"{who}-{n}", "identity": who, "split": "train"}
        for who, n in names
        if n != 1  # one face that did not reach the table
    ]
    write_rows(tmp_path / "examples.parquet", label_schema.examples(labels_of(labels)), rows)
    sheets = contact_sheets(
        [tmp_path / "faces.parquet"], tmp_path / "examples.parquet", labels,
        Params(people=1, faces_per_person=2),
    )  # fmt: skip
    assert [(sheet.identity, sheet.rows) for sheet in sheets] == [("abe", 3)]
    shown = [data_uri(name, "jpeg") for name in (b"abe0", b"abe2")]
    assert sheets[0].faces == [(each, "train · 31 · female · eyeglasses") for each in shown]


def test_the_histogram_pairs_before_and_after_of_one_side(tmp_path: Path) -> None:
    with (tmp_path / "h.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["bin", "split", "step", "count"])
        writer.writerow(["0-24", "train", "before", 9])
        writer.writerow(["0-24", "test", "before", 7])
        writer.writerow(["null", "train", "before", 3])
        writer.writerow(["0-24", "train", "after", 4])
    assert histogram(tmp_path / "h.csv") == [{"bin": "0-24", "before": 9, "after": 4}]


def test_scores_stand_beside_the_trivial_answers() -> None:
    def figures(mae: float) -> dict[str, object]:
        return {"n": 9, "age": {"n": 8, "mae": mae, "cs_5": 0.5, "baseline": {"mae": 11.0}}}

    rows = scores({"compact": figures(6.0), "plain": {"n": 9}})
    assert rows[0] == {
        "label": "age", "figure": "MAE, years", "values": ["6.00", "–"], "trivial": "11.00",
        "count": 8,
    }  # fmt: skip


def test_a_second_number_is_reported_in_its_own_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LABELS, "height", Number("height", 40, 250, "cm", tolerance=10))
    figures = {"n": 8, "mae": 7.5, "rmse": 9.0, "cs_10": 0.75, "baseline": {"mae": 11.0}}
    rows = scores({"compact": {"n": 9, "height": figures}})
    assert [row["figure"] for row in rows] == ["MAE, cm", "RMSE, cm", "CS@10"]
    assert [row["values"] for row in rows] == [["7.50"], ["9.00"], ["0.750"]]


def test_the_page_counts_where_labels_are_from() -> None:
    labeled = {
        "labels": {
            "age": {"known": 5, "null": 2, "from": {"annotation": 1, "dates": 4}},
            "gender": {"known": 0, "null": 7, "from": {}},
        }
    }
    assert label_origins(labeled) == [
        {"label": "age", "counts": [1, 0, 0, 4], "null": 2},
        {"label": "gender", "counts": [0, 0, 0, 0], "null": 7},
    ]
    assert set(ORIGINS) == set(get_args(Origin))


def test_a_label_that_only_one_model_answers_is_scored_in_its_own_unit() -> None:
    plain = {"n": 9, "age": {"n": 8, "mae": 6.0, "baseline": {"mae": 11.0}}}
    other = {"n": 9, "face_score": {"n": 9, "mae": 2.0, "baseline": {"mae": 3.0}}}
    rows = scores({"plain": plain, "other": other})
    assert [(row["label"], row["values"]) for row in rows] == [
        ("age", ["6.00", "–"]), ("face_score", ["–", "2.00"])
    ]  # fmt: skip
    assert [row["figure"] for row in rows] == [
        f"MAE, {NUMBERS[name].unit}" for name in ("age", "face_score")
    ]


def rendered(split_by: str) -> str:
    return render(
        steps=funnel(FIGURES, ["a", "b"]), top=15, models=["compact"],
        splits={side: {"rows": 2, "identities": 1} for side in schema.SPLITS},
        sheets=[ContactSheet("x", "<script>alert(1)</script>", 1, [("data:,", "train")])],
        ages=[{"bin": "0-24", "before": 9, "after": 4}], tallest=9,
        scores=[], mistakes={}, provenance={"data": "abc"}, params="crop: {margin: 1}",
        split_by=split_by, origins=["dates"],
        label_origins=[{"label": "age", "counts": [41], "null": 0}],
    )  # fmt: skip


@pytest.fixture
def page() -> str:
    return rendered("identity")


def test_no_person_is_in_two_splits_only_where_the_split_is_by_identity() -> None:
    assert "No person and no near-duplicate picture is in two splits" in rendered("identity")
    assert "of people that no model saw" in rendered("identity")
    by_picture = rendered("picture")
    assert "No person" not in by_picture
    assert "a person may be" in by_picture
    assert "of people that no model saw" not in by_picture


def test_the_page_shows_where_labels_are_from(page: str) -> None:
    row = page.split("Where the labels come from")[1].split("</table>", maxsplit=1)[0]
    assert '<td>age</td><td class="n">41</td>' in row


def test_names_from_outside_are_escaped(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_loads_nothing(page: str) -> None:
    assert "http://" not in page
    assert "https://" not in page
    assert "src=" in page
    assert 'src="/' not in page


def test_the_page_tells_the_parameters_that_made_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no others: it is not made anew when they, or a comment, change."""
    monkeypatch.chdir(tmp_path)
    given = (ROOT / "params.yaml").read_text()

    def told(old: str, new: str) -> str:
        assert old in given
        Path("params.yaml").write_text(given.replace(old, new))
        return provenance.parameters()

    same = told("", "")
    assert yaml.safe_load(same)["crop"]["margin"] == 0.25
    assert told("  address: null", "  address: host:6379 # of ours") == same
    assert told("# Rotate the face", "# Turn the face") == same
    assert told("margin: 0.25", "margin: 0.3") != same


def test_every_stage_before_the_report_made_its_numbers() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert list(provenance.SECTIONS) == [stage for stage in stages if stage != "report"]
