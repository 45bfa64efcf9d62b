"""How a stage reads its arguments and parameters, and how it says what is wrong."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.program import InputError
from stages.core.stage import explain, filled
from tests.project import ROOT

# A program named after a section, so that it has parameters.
STAGE = '''
"""Say what was passed."""
from pathlib import Path
from stages.core.program import InputError
from stages.core.stage import run
from stages.shard.params import Params

def main(name: str, target: Path, params: Params, labels: list[str]) -> None:
    if name == "bad":
        raise InputError("name = 'bad': anything else is allowed")
    if name == "full":
        raise OSError(28, "No space left on device", str(target))
    if name == "bug":
        raise ValueError("a bug")
    target.write_text(f"{name} {params.seed} {labels[0]}")

run(main, labels="label.labels")
'''


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    (tmp_path / "shard.py").write_text(STAGE)
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    return tmp_path


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "shard.py", *arguments],
        cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_run_fills_arguments_its_section_and_keys_of_others(stage: Path) -> None:
    done = call(stage, "demo", "out.txt")
    assert done.returncode == 0, done.stderr
    assert (stage / "out.txt").read_text() == "demo 1 age"


def test_a_member_is_filled_in(stage: Path) -> None:
    done = call(stage, "--for", "shard@demo", "{scrape.sources}", "{}.txt")
    assert done.returncode == 0, done.stderr
    assert (stage / "demo.txt").read_text() == "data/celebrities.csv 1 age"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["bad", "out.txt"], "shard: name = 'bad': anything else is allowed\n"),
        (["full", "out.txt"], "shard: out.txt: no space left on the disk\n"),
        (["demo", "no/out.txt"], "shard: no/out.txt: no such file; `dvc pull` gets"),
    ],
)
def test_the_users_mistake_is_one_line_and_no_traceback(
    stage: Path, arguments: list[str], line: str
) -> None:
    done = call(stage, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_a_bug_is_a_traceback(stage: Path) -> None:
    assert "ValueError: a bug" in call(stage, "bug", "out.txt").stderr


def test_a_mistake_in_another_section_is_said_before_anything_is_done(stage: Path) -> None:
    path = stage / "params.yaml"
    path.write_text(path.read_text().replace("  epochs: 40", "  epoch: 3\n  epochs: 40"))
    done = call(stage, "demo", "out.txt")
    assert done.stderr.startswith("shard: params.yaml: train.epoch is not a parameter of train")
    assert not (stage / "out.txt").exists()


def test_help_tells_what_the_stage_does(stage: Path) -> None:
    done = call(stage, "--help")
    assert done.returncode == 0
    assert "Say what was passed." in done.stdout
    assert "target" in done.stdout


PARAMS: dict[str, Any] = {"scrape": {"sources": {"demo": "~/a b", "$(x)": "y"}}}


@pytest.mark.parametrize(
    ("text", "member", "value"),
    [
        ("data/{}.json", "scrape@demo", "data/demo.json"),
        ("data/{}.json", "../dvc.yaml:scrape@demo", "data/demo.json"),
        ("{}", "compact", "compact"),
        ("plain", "compact", "plain"),
        ("{scrape.sources}", "scrape@demo", f"{Path.home()}/a b"),
    ],
)
def test_what_is_filled_in(text: str, member: str, value: str) -> None:
    assert filled(text, member, PARAMS) == value


@given(st.text())
def test_a_name_that_could_be_more_than_a_name_is_refused(name: str) -> None:
    member = name.rpartition("@")[2]
    plain = member.isascii() and member.islower() and member.isidentifier() and len(member) < 65
    if plain and member[0] != "_":
        assert filled("{}", name, PARAMS) == member
    else:
        with pytest.raises(InputError, match="names no source or model"):
            filled("{}", name, PARAMS)


def test_a_member_without_a_value_is_named() -> None:
    with pytest.raises(InputError, match=r"scrape\.sources\.other is missing"):
        filled("{scrape.sources}", "other", PARAMS)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "out: the disk is read-only"),
        (errno.EACCES, "out: permission denied"),
        (errno.ENOENT, "out: no such file; `dvc pull` gets"),
        (errno.EDQUOT, "out: the disk quota is used up"),
        (errno.EIO, "out: input/output error"),
    ],
)
def test_what_the_system_refuses_is_named(number: int, words: str) -> None:
    assert explain(OSError(number, os.strerror(number), "out")).startswith(words)
    assert explain(OSError(number, os.strerror(number))).startswith("writing outputs: ")
