"""What a benchmark measured, put into its page of docs/."""

from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
END = "<!-- end -->"


def mark(command: str) -> str:
    """The line after which a page holds what the command measured, up to END."""
    return f"<!-- measured: {command} -->"


def fill(page: Path, command: str, content: str) -> None:
    """Put what was measured into a page; one without the mark stays as it is."""
    before, marked, rest = page.read_text(encoding="utf-8").partition(mark(command))
    if marked:
        after = rest.partition(END)[2]
        page.write_text(f"{before}{marked}\n\n{content}\n\n{END}{after}", encoding="utf-8")
