"""All of params.yaml is checked before any stage begins, in one line and no time."""

import copy
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core import preflight
from stages.core.program import InputError, read_params
from tests.project import ROOT, Project

TEXT = (ROOT / "params.yaml").read_text()
PARAMS: dict[str, Any] = yaml.safe_load(TEXT)


def changed(section: str, **values: Any) -> dict[str, Any]:
    params = copy.deepcopy(PARAMS)
    params.setdefault(section, {}).update(values)
    return params


def test_what_is_committed_passes() -> None:
    preflight.check(PARAMS)


def test_every_section_has_a_model_and_every_model_a_section() -> None:
    assert set(preflight.sections()) == set(PARAMS) - {preflight.HELP}


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("train", {"epoch": 3}, "train.epoch is not a parameter of train; allowed: age_weights"),
        ("trian", {"epochs": 3}, "trian is not a section; allowed: crop, evaluate"),
        ("compare", {"gates": {}}, "compare.gates is not a parameter of compare; allowed: gate"),
        ("cluster", {"workers": 0}, "cluster.workers = 0"),
        ("scrape", {"sources": {"gogle": "x"}}, "scrape.sources: 'gogle' is unknown; allowed: bi"),
        ("crop", {"detector": "yolo"}, "crop.detector"),
        ("crop", {"precropped": {"utkfac": 0.0}}, "crop.precropped: 'utkfac' is unknown; allowed"),
        ("train", {"models": ["resnet9"]}, "train.models"),
        ("train", {"init_from": {"plane": "x"}}, "train.init_from: 'plane' is unknown; allowed"),
        ("label", {"labels": ["age"]}, "'gender' is not in label.labels; allowed: age"),
        ("validate", {"ranges": {"face_score": [0, 9]}}, "validate.ranges: 'face_score' is not in"),
        ("validate", {"keep": {"age_group": ["0-4"]}}, "validate.keep: 'age_group' is not in labe"),
        ("split", {"stratify": ["smiling"]}, "split.stratify: 'smiling' is not in label.labels"),
        ("undersample", {"label": "young"}, "undersample.label: 'young' is not in label.labels"),
        ("train", {"labels": ["smiling"]}, "train.labels: 'smiling' is not in label.labels"),
    ],
)
def test_a_mistake_anywhere_is_one_line(section: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        preflight.check(changed(section, **values))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("section", PARAMS)
def test_a_missing_section_is_named(section: str) -> None:
    params = {name: values for name, values in PARAMS.items() if name != section}
    if section != preflight.HELP:
        with pytest.raises(InputError, match=f"params.yaml: {section} is missing"):
            preflight.check(params)


def test_nothing_heavy_is_imported() -> None:
    program = """
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from stages.core import preflight
from stages.core.program import read_params
preflight.check(read_params(Path("params.yaml")))
print([name for name in ("tensorflow", "keras", "cv2", "great_expectations", "sklearn", "pandas",
                         "requests", "onnxruntime", "ray") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


NASTY = ["", "null", "~", "[]", "{}", "!!int abc", "2024-02-30", "9" * 400, ".nan", ".inf", "-1",
         "1e400", "*x", "&x", "[" * 50, "{" * 50, "- ", ": ", "? ", "'", '"', "|", ">", "#", "\t",
         "\0", "\x85", "\ud7ff", "%", "@", "`", "!!python/none", "<<: 1", "true",
         "0x", "0o9"]  # fmt: skip
cuts = st.tuples(st.integers(0, len(TEXT)), st.integers(0, 40), st.sampled_from(NASTY) | st.text())


@settings(max_examples=150)
@given(st.lists(cuts, min_size=1, max_size=3))
def test_however_the_file_is_changed_it_passes_or_is_refused(
    edits: list[tuple[int, int, str]],
) -> None:
    text = TEXT
    for place, length, replacement in edits:
        text = text[:place] + replacement + text[place + length :]
    passes_or_is_refused(text)


@settings(max_examples=150)
@given(st.sampled_from(TEXT.splitlines()), st.sampled_from(NASTY) | st.text(max_size=20))
def test_whatever_value_a_key_has_it_passes_or_is_refused(line: str, value: str) -> None:
    key = line.partition(":")[0]
    passes_or_is_refused(TEXT.replace(line, f"{key}: {value}", 1))


def passes_or_is_refused(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        with suppress(InputError):
            preflight.check(read_params(path))


def test_a_column_of_the_catalogue_that_is_no_label_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "celebrities.csv"
    preflight.check_catalogue(path)  # who needs it says that it is not there
    path.write_text("identity,query,gender,edition,birth_date\nabe,Abe,,,\n")
    preflight.check_catalogue(path)
    path.write_text("identity,query,gendre\nabe,Abe,male\n")
    with pytest.raises(InputError, match=r":1: column 'gendre' is no label; labels are: .*gender"):
        preflight.check_catalogue(path)


def test_every_stage_checks_the_catalogue_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(TEXT)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "celebrities.csv").write_text("identity,query,gendre\nabe,Abe,male\n")
    for stage, arguments in {"scrape": 7, "split": 3}.items():
        done = subprocess.run(
            [sys.executable, "-m", f"stages.{stage}", *["x"] * arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"{stage}: data/celebrities.csv:1: column 'gendre' is no la")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", b"\xb1\xe8/1.jpg", b"x/\xff"])
def test_a_name_that_dvc_cannot_hold_is_said(tmp_path: Path, name: bytes) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(yaml.safe_dump({"scrape": {"sources": {"folder": str(tmp_path / "in")}}}))
    file = tmp_path / "in" / os.fsdecode(name)
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(InputError, match=r"in/.*%[0-9A-F]{2}.*: a name that is not UTF-8"):
        preflight.check_names(params)


@pytest.mark.slow
@pytest.mark.parametrize("name", [b"caf\xe9", "é😀".encode(), b"a\nb\tc\\d", b"a" * 255])
def test_dvc_holds_the_names_that_pass_and_no_other(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(name)).touch()
    (tmp_path / "dvc.yaml").write_text("stages: {a: {cmd: echo > out, deps: [in], outs: [out]}}")
    (tmp_path / "params.yaml").write_text(f"scrape: {{sources: {{folder: {tmp_path}/in}}}}")
    project = Project(tmp_path)
    project.run("dvc", "init", "--no-scm", "--quiet")
    held = project.run("dvc", "repro", check=False).returncode == 0
    try:
        preflight.check_names(tmp_path / "params.yaml")
        passed = True
    except InputError:
        passed = False
    assert passed == held


def test_a_missing_file_or_folder_is_for_others_to_say(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    preflight.check_names(params)
    for text in ("{}", "scrape: 1", "scrape: {sources: []}", "scrape: {sources: {folder: x}}"):
        params.write_text(text)
        preflight.check_names(params)
