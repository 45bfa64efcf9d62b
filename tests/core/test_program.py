"""How a stage reads its arguments and parameters, and how it says what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import Field

from stages.core.program import InputError, Section, lookup, read_params, section
from tests.project import ROOT


class Params(Section):
    margin: float = Field(ge=0, le=1)
    faces: list[str]


GOOD = {"margin": 0.5, "faces": ["a"]}


def test_a_section_is_typed() -> None:
    assert section(Params, {"crop": GOOD}, "crop") == Params(margin=0.5, faces=["a"])


@pytest.mark.parametrize(
    ("given", "message"),
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
def test_a_wrong_section_is_one_line(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        section(Params, given, "crop")
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


STAGE = '''
"""Say what was given."""
from pathlib import Path
from stages.core.program import InputError, Section, run

class Params(Section):
    word: str

def main(name: str, target: Path, params: Params, others: list[str]) -> None:
    if name == "bad":
        raise InputError("name = 'bad': anything else is allowed")
    if name == "full":
        raise OSError(28, "No space left on device", str(target))
    target.write_text(f"{name} {params.word} {others}")

run(main, others="other.list")
'''


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    (tmp_path / "toy.py").write_text(STAGE)
    (tmp_path / "params.yaml").write_text("toy: {word: hello}\nother: {list: [x, y]}\n")
    return tmp_path


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "toy.py", *arguments],
        cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_run_fills_arguments_params_and_borrowed_keys(stage: Path) -> None:
    assert call(stage, "one", "out.txt").returncode == 0
    assert (stage / "out.txt").read_text() == "one hello ['x', 'y']"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["bad", "out.txt"], "toy: name = 'bad': anything else is allowed\n"),
        (["full", "out.txt"], "toy: no space left on the disk (out.txt)\n"),
    ],
)
def test_the_users_mistake_is_one_line_and_no_traceback(
    stage: Path, arguments: list[str], line: str
) -> None:
    done = call(stage, *arguments)
    assert done.returncode == 1
    assert done.stderr == line


def test_help_tells_what_the_stage_does(stage: Path) -> None:
    done = call(stage, "--help")
    assert done.returncode == 0
    assert "Say what was given." in done.stdout
    assert "target" in done.stdout
