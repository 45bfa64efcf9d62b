import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.core import label_schema, schema, tables
from stages.core.labels.known import labels_of
from stages.core.program import InputError
from stages.validate import __main__ as validate
from stages.validate import columns
from stages.validate.expectations import RuleResult
from stages.validate.params import Params

LABELS = ["age", "gender", "eyeglasses"]
SCHEMA = label_schema.labeled(labels_of(LABELS))
NULL, UNIQUE = "expect_column_values_to_not_be_null", "expect_column_values_to_be_unique"
CONFLICT = "expect_column_values_to_be_null(conflicting_labels)"
BETWEEN, IN_SET = "expect_column_values_to_be_between", "expect_column_values_to_be_in_set"
HOSTILE = "<script src='https://evil.example/x.js'>"


def params(**changed: Any) -> Params:
    given: dict[str, Any] = {
        "min_confidence": 0.9,
        "min_face_side": 20,
        "min_picture_side": 1,
        "ranges": {},
        "keep": {},
        "near_duplicate_bits": None,
        "min_faces_per_class": 2,
        "max_rejected": 1.0,
    }
    return Params(**given | changed)


def face(face_id: str | None, identity: str | None = "ada", **changed: Any) -> dict[str, Any]:
    row = {
        "image_id": f"image of {face_id}",
        "source": "demo",
        "identity": identity,
        "url": f"https://example.org/{face_id}",
        "width": 640,
        "height": 480,
        "face_id": face_id,
        "box": {"x": 0.0, "y": 0.0, "width": 20.0, "height": 20.0},
        "keypoints": [1.0] * 10,
        "confidence": 0.9,
        "faces_in_image": 1,
        "age": 116.0,
        "gender": "female",
        "eyeglasses": False,
    }
    return row | changed


def box(width: float, height: float) -> dict[str, float]:
    return {"x": 0.0, "y": 0.0, "width": width, "height": height}


GOOD = [
    face("at every bound"),
    face("nothing known", age=None, gender=None, eyeglasses=None),
    face("a stranger", None, fetched_at=None, licence=None, age=0.0),
    face("aligned, not detected", keypoints=None, confidence=None),
]
BAD: list[tuple[dict[str, Any], str]] = [
    (face(None), f"{NULL}(face_id)"),
    (face("no image", image_id=None), f"{NULL}(image_id)"),
    (face("no width", width=None), f"{NULL}(width)"),
    (face("no height", height=None), f"{NULL}(height)"),
    (face("no box", box=None), f"{NULL}(box_width)"),
    (face("half a box", box=box(20, None)), f"{NULL}(box_height)"),  # type: ignore[arg-type]
    (face("twice"), f"{UNIQUE}(face_id)"),
    (face("flat", height=0), f"{BETWEEN}(height)"),
    (face("thin", width=0), f"{BETWEEN}(width)"),
    (face("narrow", box=box(19.9, 20)), f"{BETWEEN}(box_width)"),
    (face("low", box=box(20, 19.9)), f"{BETWEEN}(box_height)"),
    (face("doubtful", confidence=0.89), f"{BETWEEN}(confidence)"),
    (face("too sure", confidence=1.1), f"{BETWEEN}(confidence)"),
    (face("nine", keypoints=[1.0] * 9), f"{IN_SET}(keypoints_length)"),
    (face("born 1815", age=205.0), f"{BETWEEN}(age)"),
    (face("unborn", age=-31.0), f"{BETWEEN}(age)"),
    (face("typo", gender="femal"), f"{IN_SET}(gender)"),
    (face("markup", gender=HOSTILE), f"{IN_SET}(gender)"),
    (face("old and typo", None, age=205.0, gender="femal"), f"{BETWEEN}(age)"),
    (face("twice", "bob"), f"{UNIQUE}(face_id)"),
    (face("alone", "cyd"), f"{BETWEEN}(faces_of_class)"),
    (face("left alone", "dan"), f"{BETWEEN}(faces_of_class)"),
    (face("its friend", "dan", gender="femal"), f"{IN_SET}(gender)"),
]


@dataclass(frozen=True)
class Run:
    valid: pa.Table
    rejects: list[dict[str, Any]]
    metrics: dict[str, Any]
    folder: Path

    @property
    def pages(self) -> dict[str, str]:
        docs = self.folder / "docs"
        return {str(page.relative_to(docs)): page.read_text() for page in docs.rglob("*.html")}


def stage(folder: Path, rows: list[dict[str, Any]], **changed: Any) -> Run:
    labeled = folder / "labeled.parquet"
    tables.write_rows(labeled, SCHEMA, rows)
    outputs = [folder / name for name in ("valid.parquet", "rejects.parquet", "v.json", "docs")]
    validate.main(labeled, *outputs, params(**changed))
    return read(folder)


def read(folder: Path) -> Run:
    return Run(
        pq.read_table(folder / "valid.parquet"),
        pq.read_table(folder / "rejects.parquet", schema=schema.REJECTS).to_pylist(),
        json.loads((folder / "v.json").read_text()),
        folder,
    )


ROWS = [GOOD[0], *(row for row, _ in BAD), *GOOD[1:]]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return stage(tmp_path_factory.mktemp("bad"), ROWS)


def test_every_bad_row_leaves_once_with_its_first_reason(bad: Run) -> None:
    assert [(row["face_id"], row["reason"]) for row in bad.rejects] == [
        (row["face_id"], reason) for row, reason in BAD
    ]
    assert bad.rejects[-1] == {
        "source": "demo",
        "identity": "dan",
        "image_id": "image of its friend",
        "face_id": "its friend",
        "url": "https://example.org/its friend",
        "reason": f"{IN_SET}(gender)",
    }


def test_good_rows_go_on_as_they_are(bad: Run) -> None:
    assert bad.valid.schema.equals(pq.read_schema(bad.folder / "labeled.parquet"))
    assert bad.valid.cast(SCHEMA).equals(pa.Table.from_pylist(GOOD, SCHEMA))


def test_metrics(bad: Run) -> None:
    figures = dict(bad.metrics)
    reasons = figures.pop("reasons")
    assert figures == {
        "rows": 27,
        "valid": 4,
        "rejected": 23,
        "share": 23 / 27,
        # 6 not null, 1 unique, 6 structural, 3 labels, 1 of classes; glasses alone hold.
        "expectations": {"total": 18, "failed": 16},
    }
    assert list(reasons.items())[:5] == [
        (f"{BETWEEN}(age)", 3),
        (f"{IN_SET}(gender)", 3),
        (f"{BETWEEN}(confidence)", 2),
        (f"{BETWEEN}(faces_of_class)", 2),
        (f"{UNIQUE}(face_id)", 2),
    ]
    assert reasons == Counter(reason for _, reason in BAD)


def test_docs_show_what_is_wrong_and_whose(bad: Run) -> None:
    page = bad.pages["validations/faces/faces/19700101T000000.000000Z/faces-faces.html"]
    cells = {re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page)}
    # A rule's failures: the value, how often, in which rows, of whom, which faces.
    assert {"femal", "3", "ada, -, dan", "typo, old and typo, its friend"} <= cells
    assert {"205.0", "-31.0", "0.89"} <= cells
    assert "EMPTY" not in page
    classes = bad.pages["validations/classes/classes/19700101T000000.000000Z/classes-classes.html"]
    assert "cyd" in classes
    assert sorted(bad.pages) == [
        "expectations/classes.html",
        "expectations/faces.html",
        "index.html",
        "validations/classes/classes/19700101T000000.000000Z/classes-classes.html",
        "validations/faces/faces/19700101T000000.000000Z/faces-faces.html",
    ]


def test_docs_load_nothing_from_elsewhere_and_link_only_to_themselves(bad: Run) -> None:
    docs = bad.folder / "docs"
    assert {path.suffix for path in docs.rglob("*") if path.is_file()} == {".html"}
    for name, page in bad.pages.items():
        assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(", page)
        for link in re.findall(r'\b(?:href|src)="([^"#]*)', page):
            assert not link or ((docs / name).parent / link).resolve().is_file(), (name, link)


def test_markup_in_a_label_stays_text(bad: Run) -> None:
    page = bad.pages["validations/faces/faces/19700101T000000.000000Z/faces-faces.html"]
    assert "&lt;script src=" in page
    assert "https://" not in page.replace("https://evil.example/x.js", "")


def test_the_same_bytes_twice(bad: Run, tmp_path: Path) -> None:
    again = stage(tmp_path, ROWS)
    files = sorted(path.relative_to(bad.folder) for path in bad.folder.rglob("*"))
    assert files == sorted(path.relative_to(again.folder) for path in again.folder.rglob("*"))
    for name in files:
        if (bad.folder / name).is_file():
            assert (bad.folder / name).read_bytes() == (again.folder / name).read_bytes(), name


def test_what_is_not_wanted_leaves_too(tmp_path: Path) -> None:
    rows = [
        face("old", None, age=66.0),
        face("kept", None, age=65.0),
        face("a man", None, gender="male", age=30.0),
        face("small", None, height=89, age=30.0),
    ]
    run = stage(
        tmp_path,
        rows,
        ranges={"age": (15, 65)},
        keep={"gender": ["female"]},
        min_picture_side=90,
    )
    assert [(row["face_id"], row["reason"]) for row in run.rejects] == [
        ("old", f"{BETWEEN}(age)"),
        ("a man", f"{IN_SET}(gender)"),
        ("small", f"{BETWEEN}(height)"),
    ]


def test_copies_that_disagree_leave_all(tmp_path: Path) -> None:
    rows = [
        face("a-0", None, image_id="a", age=20.0),
        face("a-0", None, image_id="a", age=30.0),
        face("near", None, phash="0123456789abcdef", gender="male"),
        face("nearly", None, phash="0123456789abcdee", gender="female"),
    ]
    (tmp_path / "equal").mkdir()
    (tmp_path / "near").mkdir()
    equal, near = (
        stage(tmp_path / "equal", rows),
        stage(tmp_path / "near", rows, near_duplicate_bits=1),
    )
    assert [(row["face_id"], row["reason"]) for row in equal.rejects] == [
        ("a-0", CONFLICT),
        ("a-0", CONFLICT),
    ]
    assert [row["reason"] for row in near.rejects] == [CONFLICT] * 4


def test_an_empty_table_passes_and_replaces_older_docs(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "old.html").write_text("old")
    run = stage(tmp_path, [], max_rejected=0.0)
    assert run.valid.column_names == SCHEMA.names
    assert (run.valid.num_rows, run.rejects) == (0, [])
    assert (run.metrics["rows"], run.metrics["share"], run.metrics["reasons"]) == (0, 0.0, {})
    assert "old.html" not in run.pages


def test_the_gate_fails_after_everything_is_written(tmp_path: Path) -> None:
    rows = [*GOOD[:3], face("typo", None, gender="femal")]
    with pytest.raises(InputError) as caught:
        stage(tmp_path, rows, max_rejected=0.2)
    assert str(caught.value) == (
        "25.0% of 4 faces were rejected, validate.max_rejected = 0.2 allows 20.0%; most often: "
        f"{IN_SET}(gender) 1; see {tmp_path / 'docs' / 'index.html'}"
    )
    run = read(tmp_path)
    assert (run.valid.num_rows, len(run.rejects), run.metrics["share"]) == (3, 1, 0.25)
    assert "femal" in "".join(run.pages.values())


@pytest.mark.parametrize(("share", "limit"), [(0.0, 0.0), (0.25, 0.25)])
def test_the_gate_lets_the_limit_itself_pass(share: float, limit: float) -> None:
    validate.gate({"share": share, "rows": 4, "reasons": {}}, limit, Path("docs"))


def test_the_gate_names_the_three_most_frequent_reasons() -> None:
    reasons = {"a": 9, "b": 8, "c": 7, "d": 6}
    with pytest.raises(InputError, match="most often: a 9, b 8, c 7; see"):
        validate.gate({"share": 1.0, "rows": 30, "reasons": reasons}, 0.5, Path("docs"))


def test_the_first_reason_wins() -> None:
    outcomes = [RuleResult("first", [2, 0]), RuleResult("second", [0, 1]), RuleResult("third", [])]
    assert validate.reasons_of(outcomes) == {2: "first", 0: "first", 1: "second"}


def test_classes_count_only_faces_that_stay() -> None:
    sizes = columns.class_sizes(["b", None, "a", "b", "c"], rejected=[0, 4])
    assert sizes.to_pydict() == {"identity": ["a", "b", "c"], "faces_of_class": [1, 1, 0]}


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "labeled.parquet"
    broken.write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match=r"labeled\.parquet: not a readable Parquet file"):
        validate.main(broken, broken, broken, broken, tmp_path / "docs", params())
