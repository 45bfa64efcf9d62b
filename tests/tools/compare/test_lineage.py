"""Which parameters, inputs and packages changed."""

from stages.tools.compare import lineage
from stages.tools.compare.revision import Recorded, flat

CROP = Recorded(
    "crop", {}, {"data/images": "1", "stages/crop/__main__.py": "a"}, ["data/faces/demo"]
)
LABEL = Recorded(
    "label", {}, {"data/faces": "2", "stages/core/tables.py": "a"}, ["data/labeled.parquet"]
)


TABLES, CROPPING = "stages/core/tables.py", "stages/crop/__main__.py"


def changed(stage: Recorded, path: str, content: str) -> Recorded:
    inputs = stage.inputs | {path: content}
    return Recorded(stage.command, stage.params, inputs, stage.outputs)


def test_changed_new_and_gone_values() -> None:
    before, after = {"a": 1, "b": 2, "c": None}, {"a": 1, "b": 3, "d": [4]}
    assert lineage.changes(before, after) == [
        ("b", "2", "3"),
        ("c", "None", "–"),
        ("d", "–", "[4]"),
    ]


def test_nested_parameters_by_dotted_key() -> None:
    nested = {"train": {"augment": {"flip": True}, "labels": ["age"], "extra": {}}}
    assert flat(nested) == {"train.augment.flip": True, "train.labels": ["age"], "train.extra": {}}


def test_changed_code_and_who_reads_it() -> None:
    before = {"crop": CROP, "label": LABEL}
    after = {"crop": changed(CROP, CROPPING, "b"), "label": LABEL}
    assert lineage.inputs(before, after) == [("stages/crop/__main__.py", "crop")]


def test_what_stages_make_is_no_input() -> None:
    """`data/faces` is the folder of an output: it changes as a consequence."""
    before = {"crop": CROP, "label": LABEL}
    assert lineage.inputs(before, {"crop": CROP, "label": changed(LABEL, "data/faces", "9")}) == []


def test_what_every_stage_reads_names_none() -> None:
    before = {"crop": changed(CROP, TABLES, "a"), "label": LABEL}
    after = {name: changed(stage, TABLES, "b") for name, stage in before.items()}
    assert lineage.inputs(before, after) == [("stages/core/tables.py", "every stage")]


def test_new_and_gone_stages_and_other_commands() -> None:
    other = Recorded("crop --fast", {}, CROP.inputs, CROP.outputs)
    assert lineage.inputs({"crop": CROP, "label": LABEL}, {"crop": other, "x": LABEL}) == [
        ("its command", "every stage"),
        ("stage label", "is gone"),
        ("stage x", "is new"),
    ]
