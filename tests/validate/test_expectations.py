import datetime
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stages.core.labels.kinds import Category, Number
from stages.core.labels.known import LABELS
from stages.core.program import InputError, section
from stages.validate import expectations
from stages.validate.expectations import ALWAYS_KNOWN, RuleResult
from stages.validate.params import Params

GIVEN = {
    "min_confidence": 0.9,
    "min_face_side": 20,
    "min_picture_side": 90,
    "ranges": {},
    "keep": {},
    "near_duplicate_bits": None,
    "min_faces_per_class": 2,
    "max_rejected": 0.25,
}
PARAMS = Params(**GIVEN)


def described(rules: Any) -> list[tuple[str, str, Any]]:
    """Every rule as its type, its column and what it allows."""
    found = []
    for rule in rules:
        kwargs = rule.configuration.kwargs
        allowed = kwargs.get("value_set") or (kwargs.get("min_value"), kwargs.get("max_value"))
        found.append((rule.expectation_type, kwargs["column"], allowed))
    return found


def test_every_label_has_the_rule_of_its_kind() -> None:
    rules = described(expectations.faces(LABELS, PARAMS))[-len(LABELS) :]
    for label, (kind, column, allowed) in zip(LABELS.values(), rules, strict=True):
        assert column == label.name
        if isinstance(label, Number):
            assert kind == "expect_column_values_to_be_between"
            assert allowed == (label.low, label.high)
        else:
            assert kind == "expect_column_values_to_be_in_set"
            assert allowed == (
                list(label.classes) if isinstance(label, Category) else [True, False]
            )


def test_structural_rules_follow_the_parameters() -> None:
    rules = described(expectations.faces([], PARAMS))
    assert rules[0] == ("expect_column_values_to_be_null", "conflicting_labels", (None, None))
    known = [column for kind, column, _ in rules if kind.endswith("not_be_null")]
    assert known == [*ALWAYS_KNOWN]
    assert rules[1 + len(ALWAYS_KNOWN) :] == [
        ("expect_column_values_to_be_unique", "face_id", (None, None)),
        ("expect_column_values_to_be_between", "width", (90, None)),
        ("expect_column_values_to_be_between", "height", (90, None)),
        ("expect_column_values_to_be_between", "box_width", (20, None)),
        ("expect_column_values_to_be_between", "box_height", (20, None)),
        ("expect_column_values_to_be_between", "confidence", (0.9, 1)),
        ("expect_column_values_to_be_in_set", "keypoints_length", [10]),
    ]
    assert described(expectations.classes(PARAMS)) == [
        ("expect_column_values_to_be_between", "faces_of_class", (2, None))
    ]


def test_a_filter_narrows_the_rule_of_its_label() -> None:
    chosen = Params(**GIVEN | {"ranges": {"age": [15, 65]}, "keep": {"race": ["white", "asian"]}})
    rules = described(expectations.faces(["age", "gender", "race"], chosen))[-3:]
    assert [allowed for _, _, allowed in rules] == [
        (15, 65),
        ["male", "female"],
        ["white", "asian"],
    ]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("ranges", {"age": [15, 117]}, r"age: \[15, 117\] must be \[low, high\], 0 <= low"),
        ("ranges", {"age": [65, 15]}, r"0 <= low <= high <= 116"),
        ("ranges", {"age": [float("nan"), 15]}, "should be a finite number"),
        ("ranges", {"gender": [0, 1]}, "'gender' is no number; allowed: age"),
        ("keep", {"race": ["white", "green"]}, "some of white, black, asian, indian, other"),
        ("keep", {"race": []}, "some of white"),
        ("keep", {"age": ["old"]}, "'age' is no category; allowed: gender"),
        ("near_duplicate_bits", 17, "less than or equal to 16"),
    ],
)
def test_filters_that_make_no_sense_are_refused(key: str, value: Any, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        section(Params, {"validate": GIVEN | {key: value}}, "validate")
    assert str(caught.value).startswith(f"params.yaml: validate.{key}")
    assert "\n" not in str(caught.value)


def test_a_filter_by_a_label_that_no_face_has_is_refused() -> None:
    chosen = Params(**GIVEN | {"keep": {"race": ["white"]}})
    with pytest.raises(InputError, match=r"validate\.keep names 'race'.*label\.labels gives age"):
        expectations.faces(["age"], chosen)


def test_outcomes_name_rows_in_the_order_of_the_rules(tmp_path: Path) -> None:
    table = pa.table(
        {
            "who": ["a", None, "c"],
            "age": pa.array([200.0, None, -1.0], pa.float64()),
            "gender": ["male", "femal", None],
            "eyeglasses": [True, None, False],
        }
    )
    rules = expectations.faces(["age", "gender", "eyeglasses"], PARAMS)[-3:]
    project = expectations.context(tmp_path)
    assert expectations.check(project, "faces", table, rules, ["who"]) == [
        RuleResult("expect_column_values_to_be_between(age)", [0, 2]),
        RuleResult("expect_column_values_to_be_in_set(gender)", [1]),
        RuleResult("expect_column_values_to_be_in_set(eyeglasses)", []),
    ]
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert (tmp_path / "index.html").is_file()


def test_a_rule_that_breaks_is_no_rows_fault(tmp_path: Path) -> None:
    rules = expectations.faces(["gender"], PARAMS)[-1:]
    table = pa.table({"who": ["a"]})
    project = expectations.context(tmp_path)
    with pytest.raises(RuntimeError, match=r"in_set\(gender\).*does not exist"):
        expectations.check(project, "faces", table, rules, ["who"])


def test_runs_have_no_time_of_their_own(tmp_path: Path) -> None:
    project = expectations.context(tmp_path)
    table = pa.table({"identity": ["a"], "faces_of_class": [3]})
    expectations.check(project, "classes", table, expectations.classes(PARAMS), ["identity"])
    year = str(datetime.datetime.now(datetime.UTC).year)
    for page in tmp_path.rglob("*.html"):
        assert f"{year}-" not in page.read_text()
        assert f"/{year}" not in str(page.relative_to(tmp_path))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("min_confidence", 1.1),
        ("min_face_side", 0),
        ("min_faces_per_class", 0),
        ("max_rejected", -0.1),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(key: str, value: float) -> None:
    with pytest.raises(InputError, match=rf"validate\.{key} = {value}"):
        section(Params, {"validate": GIVEN | {key: value}}, "validate")
