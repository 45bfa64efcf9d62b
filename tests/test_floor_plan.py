"""docs/design.md's floor plan: no arrow runs backwards, and nothing goes round in a circle."""

import ast
from pathlib import Path

import networkx
import pytest

from stages.core import code
from tests.project import ROOT

# From the ground up; those of one line stand side by side and do not import each other.
FLOORS = (
    ("core",),
    ("pictures", "network"),
    ("formats",),
    ("forget",),
    ("scrape", "crop", "label", "validate", "split", "undersample", "shard", "train", "evaluate",
     "report"),
    ("tools",),
    ("flows",),
)  # fmt: skip
LEVEL = {name: level for level, floor in enumerate(FLOORS) for name in floor}
FILES = sorted(path for folder in ("stages", "flows") for path in (ROOT / folder).rglob("*.py"))


def imported(file: Path) -> set[Path]:
    """The project's modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    places = [ROOT / name.replace(".", "/") for name in names]
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return {file for file in files & set(FILES) if not code.is_docstring(file)}


def room(file: Path) -> str:
    """The floor plan's folder that a file is in."""
    first, second, *_ = file.relative_to(ROOT).parts
    return first if first == "flows" else second


ARROWS = [(file, other) for file in FILES for other in sorted(imported(file)) if other != file]


def test_every_folder_has_its_floor() -> None:
    rooms = {room(file) for file in FILES if file.parent != ROOT / "stages"}
    assert rooms == set(LEVEL)


def test_the_root_of_stages_holds_only_folders() -> None:
    assert [path.name for path in (ROOT / "stages").iterdir() if path.is_file()] == ["__init__.py"]


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_arrows_go_down(name: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)} -> {other.relative_to(ROOT)}"
        for file, other in ARROWS
        if room(file) == name and room(other) != name and LEVEL[room(other)] >= LEVEL[name]
    ]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    circles = networkx.strongly_connected_components(networkx.DiGraph(ARROWS))
    assert [sorted(map(str, circle)) for circle in circles if len(circle) > 1] == []


def test_no_folders_import_each_other_in_a_circle() -> None:
    folders = networkx.DiGraph(
        (file.parent, other.parent) for file, other in ARROWS if file.parent != other.parent
    )
    circles = networkx.strongly_connected_components(folders)
    assert [sorted(map(str, circle)) for circle in circles if len(circle) > 1] == []
