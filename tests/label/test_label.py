import datetime
import json
import math
import unicodedata
from pathlib import Path
from typing import Any, assert_never

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import label_schema, schema, tables
from stages.core.catalogue import Celebrity
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import AGE_GROUP, CATEGORIES, LABELS, labels_of
from stages.core.program import InputError, section
from stages.label import __main__ as label
from stages.label.params import Params
from stages.label.values import LabelValue, completed_years, official_split, parse, value_of

DAY = datetime.date
AGE, GENDER, GLASSES, LOOK = (
    LABELS[name] for name in ("age", "gender", "eyeglasses", "look_alike")
)
CATALOGUE = """identity,query,birth_date,gender,job,age
ada,Ada Example,1980-06-15,F,actor,
bob,Bob Example,,femal,,
cyd,Cyd Example,1815-12-10,male,,41
"""


def face(
    identity: str | None, source: str = "demo", rank: int = 0, picture: int = 0, **metadata: str
) -> Any:
    image_id = f"{source}-{identity}-{picture}"
    return {
        "image_id": image_id,
        "source": source,
        "identity": identity,
        "url": "https://example.org/a.png",
        "width": 640,
        "height": 480,
        "face_id": f"{image_id}-{rank}",
        "box": {"x": 1.0, "y": 2.0, "width": 90.0, "height": 110.0},
        "keypoints": [float(at) for at in range(10)],
        "confidence": 0.99,
        "faces_in_image": 1,
        "metadata": list(metadata.items()),
        "face": {"bytes": b"pixels", "path": None},
    }


FACES = {
    "demo/ada": [
        face("ada", picture=1, official_split="test"),
        face("ada", picture=2, official_split="exam"),
        face("ada", picture=2, taken="2020-06-14"),
    ],
    "demo/bob": [face("bob"), face("bob", gender="male")],
    "folder/00": [face(None, "folder", age="thirty", gender="Female"), face("zoe", "folder")],
    "gone/00": [face("cyd", "gone")],
}


def stage(folder: Path, labels: list[str], sources: dict[str, str] | None = None) -> Any:
    """Run the stage on three sources and return its table's rows and its metrics."""
    return stage_on(folder, labels, sources, FACES)


def stage_on(
    folder: Path, labels: list[str], sources: dict[str, str] | None, faces: dict[str, list[Any]]
) -> Any:
    (folder / "celebrities.csv").write_text(CATALOGUE)
    for name, rows in faces.items():
        tables.write_rows(folder / "faces" / f"{name}.parquet", schema.FACES, rows)
    label.main(
        folder / "celebrities.csv",
        folder / "faces",
        folder / "labeled.parquet",
        folder / "label.json",
        Params(labels=labels),
        {"folder": "x", "demo": "y"} if sources is None else sources,
    )
    table = pq.read_table(folder / "labeled.parquet")
    return table, json.loads((folder / "label.json").read_text())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("age", "31", 31.0),
        ("age", " 31.5 ", 31.5),
        ("age", "-31", -31.0),
        ("age", "thirty", None),
        ("age", "nan", None),
        ("age", "-inf", None),
        ("age", "1e39", None),
        ("gender", "M", "male"),
        ("gender", "ｆｅｍａｌｅ", "female"),
        ("gender", "f", "female"),
        ("gender", " Female ", "female"),
        ("gender", "femal", "femal"),
        ("gender", "1", "1"),
        ("look_alike", "Red  Panda", "red_panda"),
        ("race", "m", "m"),
        ("eyeglasses", "1", True),
        ("eyeglasses", "-1", False),
        ("eyeglasses", "0", False),
        ("eyeglasses", "Yes", True),
        ("eyeglasses", "TRUE", True),
        ("eyeglasses", "no", False),
        ("eyeglasses", "false", False),
        ("eyeglasses", "maybe", None),
    ],
)
def test_parse(name: str, text: str, value: object) -> None:
    assert parse(LABELS[name], text) == value


@given(st.sampled_from(list(LABELS.values())), st.text() | st.floats().map(str))
def test_parse_is_total(wanted: Any, text: str) -> None:
    value = parse(wanted, text)
    match wanted:
        case Number():
            assert value is None or type(value) is float
        case Category():
            assert value is None or type(value) is str
        case Binary():
            assert value is None or type(value) is bool
        case _:
            assert_never(wanted)
    assert not isinstance(value, float) or math.isfinite(value)


@given(
    st.sampled_from(list(CATEGORIES.values())),
    st.text() | st.sampled_from(["é", "김태희", "ｍａｌｅ"]),
)
def test_a_class_is_the_same_in_every_form_of_unicode(label: Category, text: str) -> None:
    values = {parse(label, unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC")}
    assert len(values) == 1


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_parse_reads_every_number_back(number: float) -> None:
    assert parse(AGE, repr(number)) == number


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [
        (DAY(1980, 6, 15), DAY(2020, 6, 14), 39),
        (DAY(1980, 6, 15), DAY(2020, 6, 15), 40),
        (DAY(2000, 2, 29), DAY(2001, 2, 28), 0),
        (DAY(2000, 2, 29), DAY(2001, 3, 1), 1),
        (DAY(2000, 1, 1), DAY(1999, 12, 31), -1),
    ],
)
def test_completed_years(birth: DAY, day: DAY, years: int) -> None:
    assert completed_years(birth, day) == years


@given(st.dates(), st.dates())
def test_a_year_is_completed_on_the_birthday(birth: DAY, day: DAY) -> None:
    years = int(completed_years(birth, day))
    born = (birth.month, birth.day)
    assert (birth.year + years, *born) <= (day.year, day.month, day.day)
    assert (birth.year + years + 1, *born) > (day.year, day.month, day.day)


def pair(answer: LabelValue) -> tuple[object, bool]:
    assert (answer.value is None) == (answer.origin is None)
    return answer.value, answer.unreadable


def test_the_picture_wins_over_the_person() -> None:
    ada = Celebrity("ada", "Ada", traits={"gender": "f", "age": "40"})
    assert pair(value_of(GENDER, {}, ada)) == ("female", False)
    assert pair(value_of(GENDER, {"gender": "male"}, ada)) == ("male", False)
    assert pair(value_of(GENDER, {"gender": " "}, ada)) == ("female", False)
    assert pair(value_of(AGE, {"age": "12"}, ada)) == (12.0, False)
    assert pair(value_of(AGE, {"age": "twelve"}, ada)) == (None, True)
    assert pair(value_of(LOOK, {}, ada)) == (None, False)
    assert pair(value_of(GLASSES, {}, None)) == (None, False)


def test_age_from_dates() -> None:
    ada = Celebrity("ada", "Ada", birth_date=DAY(1980, 6, 15))
    old = Celebrity("old", "Old", birth_date=DAY(1980, 6, 15), traits={"age": "70"})
    assert pair(value_of(AGE, {"taken": "2020-06-14"}, ada)) == (39.0, False)
    assert pair(value_of(AGE, {"taken": "2020-06-15T10:00:00+00:00"}, ada)) == (40.0, False)
    assert pair(value_of(AGE, {"taken": "2020-06-15", "birth_date": "2000-01-01"}, ada)) == (
        20.0,
        False,
    )
    assert pair(value_of(AGE, {"taken": "2020-06-15", "birth_date": "2000-01-01"}, None)) == (
        20.0,
        False,
    )
    assert pair(value_of(AGE, {"taken": "2020-06-14"}, old)) == (70.0, False)
    assert pair(value_of(AGE, {"taken": "summer"}, ada)) == (None, True)
    assert pair(value_of(AGE, {"taken": "2020-06-14"}, None)) == (None, False)
    assert pair(value_of(AGE, {}, ada)) == (None, False)


@pytest.mark.parametrize(
    ("told", "group"),
    [
        ({"age": "0"}, "0-4"),
        ({"age": "24.9"}, "20-24"),
        ({"age": "25"}, "25-29"),
        ({"age": "116"}, "115-119"),
        ({"birth_date": "1980-06-15", "taken": "2020-06-14"}, "35-39"),
        ({}, None),
    ],
)
def test_an_age_group_follows_from_the_age(told: dict[str, str], group: str | None) -> None:
    assert pair(value_of(AGE_GROUP, told, None)) == (group, False)
    assert group is None or group in AGE_GROUP.classes


@pytest.mark.parametrize("age", ["-3", "120", "1e30"])
def test_an_age_out_of_range_is_in_no_group(age: str) -> None:
    assert (
        value_of(AGE_GROUP, {"age": age}, None).value not in AGE_GROUP.classes
    )  # which `validate` says


def test_an_unreadable_age_has_no_group() -> None:
    assert pair(value_of(AGE_GROUP, {"age": "thirty"}, None)) == (None, True)


def test_rows_keep_their_order_and_gain_labels(tmp_path: Path) -> None:
    labels = ["gender", "age", "eyeglasses"]
    table, _ = stage(tmp_path, labels)
    assert table.cast(label_schema.labeled(labels_of(labels))).column_names == table.column_names
    assert table.select(["source", "identity", *labels]).to_pydict() == {
        "source": ["demo"] * 5 + ["folder"] * 2,
        "identity": ["ada", "ada", "ada", "bob", "bob", None, "zoe"],
        "gender": ["female"] * 3 + ["femal", "male", "female", None],
        "age": [None, None, 39.0, None, None, None, None],
        "eyeglasses": [None] * 7,
    }
    assert table["keypoints"][0].as_py() == list(range(10))
    assert [row["gender"] for row in table["label_source"].to_pylist()] == [
        "person", "person", "person", "person", "annotation", "annotation", None,
    ]  # fmt: skip
    assert [row["age"] for row in table["label_source"].to_pylist()] == [
        None, None, "dates", None, None, None, None,
    ]  # fmt: skip
    assert table["official_split"].to_pylist() == ["test", *[None] * 6]


def test_metrics_count_known_null_and_unreadable(tmp_path: Path) -> None:
    _, metrics = stage(tmp_path, ["gender", "age"])
    assert metrics == {
        "rows": 7,
        "bystanders": 0,
        "unreadable": 1,
        "unmatched": {"people_without_face": 1, "identities_without_row": 1},  # cyd; zoe
        "labels": {
            "gender": {
                "known": 6,
                "null": 1,
                "unreadable": 0,
                "from": {"annotation": 2, "person": 4},
            },
            "age": {"known": 1, "null": 6, "unreadable": 1, "from": {"dates": 1}},
        },
        # Rows of one picture are neighbours; folder/None and folder/zoe are two pictures.
        "pictures": {"demo": 3, "folder": 2},
    }


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        stage(tmp_path / name, ["age", "gender"])
    for name in ("labeled.parquet", "label.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_no_faces_make_an_empty_table(tmp_path: Path) -> None:
    table, metrics = stage(tmp_path, ["age"], {"empty": "x"})
    assert table.num_rows == 0
    assert table.column_names == label_schema.labeled(labels_of(["age"])).names
    assert metrics["rows"] == 0
    assert metrics["pictures"] == {"empty": 0}


@pytest.mark.parametrize(
    ("labels", "wrong"), [(["age", "hat"], "'hat' is no label"), (["age", "age"], "listed twice")]
)
def test_labels_that_are_unknown_or_double_are_refused(labels: list[str], wrong: str) -> None:
    with pytest.raises(InputError, match=wrong) as caught:
        section(Params, {"label": {"labels": labels}}, "label")
    assert "look_alike" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_said_of_the_picture_counts_more_than_its_file_and_that_more_than_the_person() -> (
    None
):
    ada = Celebrity("ada", "Ada", traits={"gender": "f"})
    said = {"gender": "male", "faceline:gender": "other", "person:gender": "third"}
    for origin, value in [
        ("annotation", "male"), ("picture", "other"), ("person", "third"), ("person", "female"),
    ]:  # fmt: skip
        answer = value_of(GENDER, said, ada)
        assert (answer.origin, answer.value) == (origin, value)
        said.pop(next(iter(said), ""), None)


def test_a_keyword_dates_no_age_and_splits_nothing() -> None:
    keywords = {"faceline:taken": "2020-06-15", "faceline:birth_date": "2000-01-01"}
    assert value_of(AGE, keywords, None) == LabelValue()
    assert official_split({"faceline:official_split": "test"}) is None


def test_faces_of_one_picture_are_nobody_s_and_have_no_label(tmp_path: Path) -> None:
    """Nobody says which of them is the person: a bystander must not get her name."""
    faces = {
        "demo/ada": [
            face("ada", picture=0, gender="male"),
            *(
                face("ada", rank=rank, picture=1, gender="male", official_split="test")
                for rank in (0, 1)
            ),
            face("ada", picture=2),
        ]
    }
    table, metrics = stage_on(tmp_path, ["gender", "age_group"], {"demo": "x"}, faces)
    assert table["identity"].to_pylist() == ["ada", None, None, "ada"]
    assert table["gender"].to_pylist() == ["male", None, None, "female"]
    assert table["label_source"][1].as_py() == {"gender": None, "age_group": None}
    assert table["official_split"].to_pylist() == [None, "test", "test", None]
    assert metrics["bystanders"] == 2
    assert metrics["labels"]["gender"]["unreadable"] == 0


def test_names_that_meet_nothing_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    faces = {
        "demo/bob": [face("bob")],
        "folder/00": [face(None, "folder"), face("ad a", "folder")],
        "strangers/00": [face(None, "strangers")],
    }
    sources = dict.fromkeys(("folder", "strangers"), "x")
    sources["demo"] = str(tmp_path / "celebrities.csv")
    with caplog.at_level("WARNING"):
        _, metrics = stage_on(tmp_path, ["gender", "eyeglasses"], sources, faces)
    told = [record.getMessage().replace(f"{tmp_path}/", "") for record in caplog.records]
    assert told == [
        "2 of 3 people of celebrities.csv have no face: ada, cyd",
        "folder: none of 2 faces has a label; 1 of 1 identities are not in celebrities.csv: ad a",
        "strangers: none of 1 faces has a label; none has an identity",
        "no face has a value of eyeglasses; label.labels asks for it",
    ]
    assert metrics["unmatched"] == {"people_without_face": 2, "identities_without_row": 1}


def test_where_all_is_known_nothing_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faces = {"demo/x": [face(who, gender="f") for who in ("ada", "bob", "cyd")]}
    with caplog.at_level("WARNING"):
        stage_on(tmp_path, ["gender"], {"demo": str(tmp_path / "celebrities.csv")}, faces)
    assert caplog.messages == []


TEXTS = st.text(max_size=20) | st.sampled_from(
    ["2024-02-30", "2024-W01-1", "0001-01-01T00:00:00+23:59", "9" * 5000, "1e308", "nan", "[" * 99]
)


@given(
    st.sampled_from(list(LABELS.values())),
    st.dictionaries(
        st.sampled_from(["age", "taken", "birth_date", "gender", "faceline:age", "person:age"]),
        TEXTS,
    ),
)
def test_any_text_gives_a_value_or_none(label: Label, metadata: dict[str, str]) -> None:
    found = value_of(label, metadata, None)
    assert (found.value is None) == (found.origin is None)
    assert not (found.unreadable and found.value is not None)


def test_a_new_label_has_values_from_what_was_fetched_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = {
        "demo/ada": [
            face("ada", picture=0, **{"faceline:shoe_size": "44"}),
            face("ada", picture=1),
        ],
        "folder/00": [face("bo", "folder", **{"person:shoe_size": "4.2e1"})],
        "urls/bo": [face("bo", "urls", shoe_size="tall")],
    }
    monkeypatch.setitem(LABELS, "shoe_size", Number("shoe_size", 15, 60, "sizes"))
    sources = dict.fromkeys(("demo", "folder", "urls"), "x")
    table, metrics = stage_on(tmp_path, ["shoe_size"], sources, faces)
    assert table["shoe_size"].to_pylist() == [44.0, None, 42.0, None]
    assert metrics["labels"]["shoe_size"] == {
        "known": 2, "null": 2, "unreadable": 1, "from": {"person": 1, "picture": 1},
    }  # fmt: skip
