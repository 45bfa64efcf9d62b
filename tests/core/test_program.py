"""How a stage reads its arguments and parameters, and how it says what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from stages.core.program import InputError, Section, lookup, read_params, section


class Params(Section):
    margin: float = Field(ge=0, le=1)
    faces: list[str]


GOOD = {"margin": 0.5, "faces": ["a"]}


def test_a_section_is_typed() -> None:
    assert section(Params, {"crop": GOOD}, "crop") == Params(margin=0.5, faces=["a"])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "params.yaml: crop is missing"),
        ({"crop": {"margin": 1}}, "params.yaml: crop.faces is missing"),
        (
            {"crop": {"margn": 0.5, "faces": ["a"]}},
            "params.yaml: crop.margn is not a parameter of crop; allowed: faces, margin",
        ),
        (
            {"crop": GOOD | {"margn": 1}},
            "params.yaml: crop.margn is not a parameter of crop; allowed: faces, margin",
        ),
        ({"crop": GOOD | {"margin": 2}}, "params.yaml: crop.margin = 2: Input should be less"),
        ({"crop": GOOD | {"margin": "wide"}}, "crop.margin = 'wide': Input should be a valid num"),
        ({"crop": GOOD | {"faces": [1]}}, "crop.faces.0 = 1: Input should be a valid string"),
        ({"crop": 3}, "params.yaml: crop = 3: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_section_is_one_line(params: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        section(Params, params, "crop")
    assert str(error.value).startswith(message) or message in str(error.value)
    assert "\n" not in str(error.value)


def test_lookup_follows_dots() -> None:
    assert lookup({"scrape": {"sources": {"demo": "x"}}}, "scrape.sources") == {"demo": "x"}
    with pytest.raises(InputError, match=r"scrape\.source is missing"):
        lookup({"scrape": {}}, "scrape.source")


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"a: [", "not valid YAML"), (b"- a", "must be a mapping"), (b"\xff", "not valid YAML")],
)
def test_an_unreadable_params_file_is_one_line(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text)
    with pytest.raises(InputError) as error:
        read_params(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


NUMBER = "9" * 5000


@pytest.mark.parametrize(
    "value",
    [
        "!!int abc", "!!int ''", "!!float ''", "!!timestamp x", "!!bool maybe", "!!binary a",
        "!!binary aGVsbG8=", "!!set {a, b}", "!!python/object/apply:os.system [ls]", "2024-02-30",
        "2024-02-28", "2024-02-28 25:61:61", NUMBER, f"-{NUMBER}", f"1e{NUMBER}", f"0x{NUMBER}",
        "[" * 3000 + "]" * 3000, "{a: " * 9 + "1" + "}" * 9, "*nobody", "{[a]: 1}",
        "<<: 3", "12:30:45" * 900, '"\\0"', '"\\ud800"', '"\\x1b[2J"', "x" * 5000, "? [a, b]\n: c",
    ],
)  # fmt: skip
def test_a_value_that_no_parameter_has_is_one_line(tmp_path: Path, value: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"crop: {{margin: 0.5, faces: [a]}}\nlabel:\n  x: {value}\n")
    with pytest.raises(InputError) as error:
        read_params(path)
    line = str(error.value)
    assert line.isprintable()
    assert len(line) < 600


def test_aliases_that_multiply_are_shown_short(tmp_path: Path) -> None:
    """Eight lines that stand for a hundred million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 8):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]")
    path = tmp_path / "params.yaml"
    path.write_text("\n".join([*lines, "crop: {margin: *a6}"]))
    with pytest.raises(InputError) as error:
        section(Params, read_params(path), "crop")
    assert len(str(error.value)) < 600


def test_a_list_that_holds_itself_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("crop: {margin: &a [*a], faces: [a]}")
    with pytest.raises(InputError, match=r"crop\.margin = \[.*\]: Input should be a valid number"):
        section(Params, read_params(path), "crop")


def test_a_key_within_a_key_lists_its_own(tmp_path: Path) -> None:
    class Augment(Section):
        flip: bool

    class Train(Section):
        augment: Augment

    with pytest.raises(
        InputError, match=r"augment\.flop is not a parameter of train\.augment.*flip"
    ):
        section(Train, {"train": {"augment": {"flop": True, "flip": True}}}, "train")


@given(st.text())
def test_a_mistake_is_one_line_whatever_the_value_holds(value: str) -> None:
    assert str(InputError(value)).isprintable()
    assert str(InputError("plain")) == "plain"
