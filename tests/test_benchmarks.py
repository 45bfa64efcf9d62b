"""The README quotes what the benchmarks measured, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import full_size, page, portraits, recipe_pages, table, together
from tests.project import ROOT


def test_the_readme_holds_the_table_as_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table.table() in readme
    assert table.machine() in readme


RECIPES = [path for path in sorted(recipe_pages.PAGES.glob("*.md")) if path != together.PAGE]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipes_page_holds_what_was_measured(path: Path) -> None:
    if recipe_pages.runs_of(path.stem):
        assert recipe_pages.table(path.stem) in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "benchmark", [full_size, portraits, together], ids=["full_size", "portraits", "together"]
)
def test_its_page_holds_what_it_measured(benchmark: Any) -> None:
    result = json.loads(benchmark.RESULTS.read_text())
    assert benchmark.table(result) in benchmark.PAGE.read_text(encoding="utf-8")


def test_a_page_is_filled_between_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"a\n{page.mark('x')}\nold\n{page.END}\nb\n")
    for content in ("new", "newer"):
        page.fill(path, "x", content)
        assert path.read_text() == f"a\n{page.mark('x')}\n\n{content}\n\n{page.END}\nb\n"
    page.fill(path, "y", "nothing")
    assert "nothing" not in path.read_text()
