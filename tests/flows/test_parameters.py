"""Overrides set what `dvc exp run -S` sets, of params.yaml alone, and only to plain values."""

from pathlib import Path

import pytest

from flows import parameters
from stages.core.program import InputError
from tests.flows.small import ROOT, Workspace

WRONG = [
    "wrod=x",  # no such key
    "word",
    "word=[",
    "",
    "=x",
    "a b=c",
    # Values that are more than a value.
    "word=${oc.env:HOME}",
    "word='${oc.env:HOME}'",
    "word=[a,'${word}']",
    "word=${word}",
    "left={a: '${oc.env:HOME}'}",
    r"word=\\${oc.env:HOME}",
    "word=a,b",
    "word=choice(a,b)",
    "word=range(1,3)",
    "word=glob(*)",
    # Other files, and settings of Hydra.
    "nowhere.yaml:word=x",
    "../other/params.yaml:word=x",
    "params.yaml:word=x",
    "prefect.yaml:name=x",
    "word@package=x",
    "/word=x",
    "hydra.run.dir=/tmp/x",
    "+hydra.searchpath=[file:///tmp]",
    "~wrod",
    "+word=x",  # is there already
]


def test_overrides_change_parameters_and_keep_comments(small: Workspace) -> None:
    parameters.override(["word=other", "+added.key=[1,2]", "~left.b"])
    text = small.read("params.yaml")
    assert "word: other  # what the first stages write" in text
    assert "added:\n  key:\n  - 1\n  - 2\n" in text
    assert "other.txt" not in text


def test_no_overrides_leave_the_file_alone(small: Workspace) -> None:
    before = small.read("params.yaml")
    parameters.override([])
    assert small.read("params.yaml") == before


def test_with_hydra_the_parameters_are_composed_as_dvc_does(small: Workspace) -> None:
    small.run("dvc", "config", "hydra.enabled", "true")
    small.write("conf/config.yaml", "defaults:\n  - recipe: small\n  - _self_\nword: plain\n")
    small.write("conf/recipe/small.yaml", "# @package _global_\nsize: 1\n")
    small.write("conf/recipe/large.yaml", "# @package _global_\nsize: 9\n")
    parameters.override(["recipe=large", "word=x"])
    assert small.read("params.yaml") == "size: 9\nword: x\n"
    for wrong in ("recipe=huge", "wrod=x", "word"):
        with pytest.raises(InputError, match=f"overrides: .?{wrong}"):
            parameters.override([wrong])


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_override_is_one_line(small: Workspace, wrong: str) -> None:
    with pytest.raises(InputError, match="overrides: ") as told:
        parameters.override([wrong])
    assert "\n" not in str(told.value)


def test_a_wrong_override_changes_no_file(small: Workspace, tmp_path: Path) -> None:
    before = files(tmp_path)
    for wrong in WRONG:
        with pytest.raises(InputError):
            parameters.override(["word=good", wrong])
        assert files(tmp_path) == before, wrong


def files(folder: Path) -> dict[Path, bytes]:
    """All but what DVC and our own scratch keep for themselves."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {".dvc", ".git", ".store"} & set(path.parts)
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "recipe=../../../etc/x", "recipe=/etc/x", "recipe=[small]", "recipe=large,small",
        "+recipe=../x", "recipe", "hydra.searchpath=[/tmp]", "recipe@a=large",
    ],
)  # fmt: skip
def test_a_recipe_is_one_of_ours(small: Workspace, wrong: str) -> None:
    small.run("dvc", "config", "hydra.enabled", "true")
    small.write("conf/config.yaml", "defaults:\n  - recipe: small\n  - _self_\nword: plain\n")
    small.write("conf/recipe/small.yaml", "# @package _global_\nsize: 1\n")
    before = small.read("params.yaml")
    with pytest.raises(InputError, match="overrides: "):
        parameters.override([wrong])
    assert small.read("params.yaml") == before


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.epoch=3", "train.epoch"),
        ("+train.epoch=3", "train.epoch is not a parameter of train"),
        ("+trian.epochs=3", "trian is not a section"),
        ("train.epochs=many", "train.epochs = 'many'"),
        ("train.models=plain", "train.models = 'plain'"),
        ("~train.epochs", "train.epochs is missing"),
    ],
)
def test_the_projects_own_parameters_are_checked_whole(
    small: Workspace, override: str, words: str
) -> None:
    text = (ROOT / "params.yaml").read_text()
    small.write("params.yaml", text)
    with pytest.raises(InputError, match=words) as error:
        parameters.override([override])
    assert "\n" not in str(error.value)
    assert small.read("params.yaml") == text


def test_a_source_can_be_added_and_removed(small: Workspace) -> None:
    small.write("params.yaml", (ROOT / "params.yaml").read_text())
    parameters.override(["+scrape.sources.folder=data/raw", "~scrape.sources.demo"])
    assert "folder: data/raw" in small.read("params.yaml")
