"""conf/: every recipe is whole and valid, and composing params.yaml keeps what was edited there."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import compose_and_dump

from stages.core import preflight
from tests.project import ROOT

RECIPES = sorted({path.stem for path in (ROOT / "conf/recipe").glob("*.yaml")} - {"current"})


def composed(folder: Path, *overrides: str) -> dict[str, Any]:
    """What `dvc exp run -S ...` makes of params.yaml in a folder that has conf/ beside it."""
    out = folder / "params.yaml"
    compose_and_dump(out, str(folder / "conf"), None, "config", "", list(overrides))
    params: dict[str, Any] = yaml.safe_load(out.read_text())
    return params


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf", symlinks=True)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_what_the_stages_take(project: Path, recipe: str) -> None:
    params = composed(project, f"recipe={recipe}")
    preflight.check(params)
    assert set(params["crop"]["precropped"]) <= set(params["scrape"]["sources"])


def test_the_demo_is_the_default(project: Path) -> None:
    committed = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert composed(project, "recipe=demo") == committed


def test_what_was_edited_by_hand_stays(project: Path) -> None:
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("margin: 0.25", "margin: 0.35"))
    params = composed(project, "train.epochs=3")
    assert params["crop"]["margin"] == 0.35
    assert params["train"]["epochs"] == 3


@pytest.mark.parametrize("overrides", [["train.epochs=3"], ["recipe=utkface"], ["recipe=demo"]])
def test_the_first_line_names_the_page_of_the_keys_whatever_was_set(
    project: Path, overrides: list[str]
) -> None:
    """DVC drops comments as it composes, so the line is a key."""
    composed(project, *overrides)
    first = (project / "params.yaml").read_text().splitlines()[0]
    assert first == "help: docs/params.md explains every key of this file"
    assert "#" not in (project / "params.yaml").read_text()


def test_defaults_are_said_once() -> None:
    """conf/base.yaml has the values and params.yaml the words."""
    assert "# " not in "".join((ROOT / "conf/base.yaml").read_text().splitlines(True)[1:])


def test_a_recipe_replaces_what_another_set(project: Path) -> None:
    composed(project, "recipe=utkface")
    assert composed(project, "recipe=demo")["crop"]["precropped"] == {}
