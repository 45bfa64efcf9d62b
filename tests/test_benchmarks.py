"""The README quotes what the benchmarks measured, and nothing else."""

from pathlib import Path

import pytest

from benchmarks import recipe_pages, table

ROOT = Path(__file__).parents[1]


def test_the_readme_holds_the_table_as_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table.table() in readme
    assert table.machine() in readme


@pytest.mark.parametrize(
    "page", sorted(recipe_pages.PAGES.glob("*.md")), ids=lambda page: page.stem
)
def test_a_recipes_page_holds_what_was_measured(page: Path) -> None:
    if recipe_pages.runs_of(page.stem):
        assert recipe_pages.table(page.stem) in page.read_text(encoding="utf-8")
