"""The README quotes what the benchmarks measured, and nothing else."""

from pathlib import Path

from benchmarks import table

ROOT = Path(__file__).parents[1]


def test_the_readme_holds_the_table_as_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table.table() in readme
    assert table.machine() in readme
