"""LABELS and the schemas that derive from it."""

import pyarrow as pa

from stages.core import schema
from stages.core.labels import CELEBA, LABELS


def test_every_label_is_complete() -> None:
    for name, label in LABELS.items():
        assert label.name == name
        assert (label.kind == "category") == bool(label.classes)
        assert len(set(label.classes)) == len(label.classes)
        assert label.low < label.high


def test_celebas_forty_attributes_are_binary() -> None:
    assert len(set(CELEBA)) == 40
    assert (CELEBA[0], CELEBA[20], CELEBA[-1]) == ("5_o_clock_shadow", "male", "young")
    assert {LABELS[name].kind for name in CELEBA} == {"binary"}


def test_labels_become_nullable_typed_columns() -> None:
    table = schema.labeled(["age", "gender", "eyeglasses"])
    assert table.field("age").type == pa.float32()
    assert table.field("gender").type == pa.string()
    assert table.field("eyeglasses").type == pa.bool_()
    assert all(field.nullable for field in table)


def test_tables_after_faces_carry_no_pixels_and_no_metadata() -> None:
    names = set(schema.examples(["age"]).names)
    assert not names & {"face", "image", "metadata"}
    assert set(schema.FACES.names) - names == {"face", "metadata"}
    assert "split" in names
