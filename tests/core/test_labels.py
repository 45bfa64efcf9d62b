"""LABELS and the schemas that derive from it."""

from pathlib import Path
from typing import assert_never

import pyarrow as pa
import pytest

from stages.core import catalogue, code, label_schema, schema
from stages.core.labels.kinds import Binary, Category, Label, Number
from stages.core.labels.known import CELEBA, LABELS, labels_of
from stages.core.texts import NAME


@pytest.mark.parametrize("label", LABELS.values(), ids=lambda label: label.name)
def test_every_label_is_complete(label: Label) -> None:
    assert LABELS[label.name] is label
    match label:
        case Number():
            assert label.low < label.high
            assert label.unit
            assert 0 < label.tolerance <= label.high - label.low
        case Category() | Binary():
            assert len(label.classes) == len(set(label.classes)) > 1
        case _:
            assert_never(label)
    assert label.leading in label.figures
    assert NAME.fullmatch(label.name)
    assert label_schema.examples([label]).names.count(label.name) == 1, "a column has this name"
    assert label.name not in (*catalogue.REQUIRED, *catalogue.OPTIONAL, "face", "metadata")


def test_celebas_forty_attributes_are_binary() -> None:
    assert len(set(CELEBA)) == 40
    assert (CELEBA[0], CELEBA[20], CELEBA[-1]) == ("5_o_clock_shadow", "male", "young")
    assert all(isinstance(LABELS[name], Binary) for name in CELEBA)


def test_a_number_is_reported_in_its_own_unit() -> None:
    height = Number("height", 40, 250, "cm", tolerance=10)
    assert height.figures == {"mae": "MAE, cm", "rmse": "RMSE, cm", "cs_10": "CS@10"}
    assert height.bins == 211


@pytest.mark.parametrize("module", ["stages/core/schema.py", "stages/pictures/face.py"])
def test_the_tables_before_the_labels_know_none(module: str) -> None:
    loaded = [str(path.relative_to(code.ROOT)) for path in code.closure([Path(module)])]
    assert not [path for path in loaded if path.startswith("stages/core/labels")]


def test_labels_become_nullable_typed_columns() -> None:
    table = label_schema.labeled(labels_of(["age", "gender", "eyeglasses"]))
    assert table.field("age").type == pa.float32()
    assert table.field("gender").type == pa.string()
    assert table.field("eyeglasses").type == pa.bool_()
    assert all(field.nullable for field in table)


def test_tables_after_faces_carry_no_pixels_and_no_metadata() -> None:
    names = set(label_schema.examples(labels_of(["age"])).names)
    assert not names & {"face", "image", "metadata"}
    assert set(schema.FACES.names) - names == {"face", "metadata"}
    assert "split" in names
